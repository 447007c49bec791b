import Foundation
import MartletCore
import Testing

@testable import martlet

@Suite struct CommandTests {
    @Test func `run waits and exits as the run did`() async throws {
        let server = try await CommandLineServer()
        #expect(try await server.run("run", "--wait", "--", "true").code == 0)
        #expect(try await server.run("run", "--wait", "--", "sh", "-c", "exit 7").code == 7)
        #expect(try await server.run("run", "--wait", "--", "sh", "-c", "kill -KILL $$").code == 137)
        #expect(try await server.run("run", "--wait", "--timeout", "200ms", "--", "sleep", "20").code == 124)
        #expect(try await server.run("run", "--wait", "--", "/does/not/exist").code == 125)
    }

    @Test func `a log can be followed, and stdout is the run's alone`() async throws {
        let server = try await CommandLineServer()
        let result = try await server.run("run", "--follow", "--", "sh", "-c", "echo one; echo two")
        #expect(result.out == "one\ntwo\n" && result.code == 0)
        let id = try await server.run("run", "--", "sh", "-c", "echo three").out.trimmingCharacters(in: .newlines)
        #expect(try await server.run("logs", "-f", id).out == "three\n")
        #expect(try await server.run("logs", "--tail", "0", id).out == "")
        #expect(try await server.run("logs", "--json", id).out == "{\"line\":\"three\"}\n")
    }

    @Test func `every command gives JSON`() async throws {
        let server = try await CommandLineServer()
        let id = try await server.run("run", "--", "true").out.trimmingCharacters(in: .newlines)
        let calls = [
            ["runs"], ["show", id], ["jobs", "list"], ["config"], ["doctor"], ["version"], ["rerun", id],
            ["token", "list"], ["audit", "list"], ["audit", "verify"], ["token", "create", "x"],
            ["token", "revoke", "x"],
            ["run", "--wait", "--", "true"],
        ]
        for call in calls {
            let result = try await CommandLineServer.run(
                call.first == "run" ? ["run", "--json"] + call.dropFirst() : call + ["--json"],
                CommandLineServer.environment(server.data))
            #expect(throws: Never.self, "\(call): \(result.out) \(result.err)") {
                try JSONParser.parse(Array(result.out.utf8))
            }
        }
    }

    @Test func `tokens are made, used and revoked`() async throws {
        let server = try await CommandLineServer()
        let made = try await server.run("token", "create", "ci", "--role", "run", "--job", "a-*", "--label", "team=db")
        let secret = made.out.trimmingCharacters(in: .newlines)
        #expect(made.code == 0 && secret.hasPrefix("mlt_") && made.err.contains("shown once"))
        let list = try await server.run("token", "list").out
        #expect(list.contains("a-* team=db") && list.contains("active") && !list.contains(secret))
        let holder = ["MARTLET_TOKEN": secret]
        #expect(try await server.run("runs", environment: holder).code == 0)
        let refused = try await server.run("run", "--", "true", environment: holder)
        #expect(refused.code == 1 && refused.err.contains("admin"))
        #expect(try await server.run("token", "list", environment: holder).code == 1)
        #expect(try await server.run("token", "revoke", "ci").out == "revoked ci\n")
        #expect(try await server.run("runs", environment: holder).code == 1)
        #expect(try await server.run("token", "create", "ci", "--label", "team").code == 64)
    }

    @Test func `the audit trail is shown and checked`() async throws {
        let server = try await CommandLineServer()
        #expect(try await server.run("audit", "verify").code == 0)
        #expect(try await server.run("run", "--wait", "--", "true").code == 0)
        #expect(try await server.run("audit", "list").out.contains("POST /api/runs"))
        let mark = try await server.run("audit", "verify").out.trimmingCharacters(in: .newlines)
        #expect(mark.hasPrefix("1:") && mark.utf8.count == 66)
        #expect(try await server.run("audit", "verify", "--expect", mark).code == 0)
        let other = try await server.run("audit", "verify", "--expect", "1:" + String(repeating: "0", count: 64))
        #expect(other.code == 1 && other.err.contains("another hash"))
    }

    @Test func `errors name the field and end with 1, wrong usage with 64`() async throws {
        let server = try await CommandLineServer()
        let unknown = try await server.run("run", "nosuchjob")
        #expect(unknown.code == 1 && unknown.err.contains("nosuchjob"))
        let field = try await server.run("run", "--timeout", "soon", "--", "true")
        #expect(field.code == 1 && field.err.contains("timeout"))
        #expect(try await server.run("run", "--frob").code == 64)
        #expect(try await server.run("run").code == 64)
        #expect(try await server.run("run", "job", "--", "true").code == 64)
        #expect(try await server.run("run", "--secret", "A=b", "--", "true").code == 64)
        let away = try await server.run("runs", "--server", "http://127.0.0.1:1")
        #expect(away.code == 1 && away.err.contains("martlet serve"))
    }

    @Test func `a secret comes from the environment and is masked`() async throws {
        let server = try await CommandLineServer()
        let result = try await server.run(
            "run", "--follow", "--secret", "PASS", "--", "sh", "-c", "echo [$PASS]",
            environment: ["PASS": "correct-horse"])
        #expect(result.code == 0 && result.out == "[•••]\n")
        #expect(try await server.run("run", "--secret", "NOPE", "--", "true").code == 1)
    }

    @Test func `a second server names the first and ends`() async throws {
        let server = try await CommandLineServer()
        let second = try await server.run("serve", "--listen", "127.0.0.1:0")
        #expect(second.code == 1 && second.err.contains("in use by process"))
        let open = try await server.run("serve", "--listen", "0.0.0.0:0")
        #expect(open.code == 1 && open.err.contains("listen"))
    }

    @Test func `doctor finds what is wrong`() async throws {
        let server = try await CommandLineServer()
        #expect(try await server.run("doctor").code == 0)
        chmod(server.data + "/admin.token", 0o644)
        let result = try await server.run("doctor")
        #expect(result.code == 1 && result.out.contains("chmod 600"))
    }

    @Test func `jobs are stored from YAML and run with parameters`() async throws {
        let server = try await CommandLineServer()
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).yaml")
        try Data("params: {name: {type: string, required: true}}\ncommand: [sh, -c, 'echo $MARTLET_PARAM_NAME']\n".utf8)
            .write(to: file)
        #expect(try await server.run("jobs", "put", "greet", file.path).code == 0)
        #expect(try await server.run("run", "--follow", "greet", "name=Ada").out == "Ada\n")
        #expect(try await server.run("run", "greet").code == 1)
        #expect(try await server.run("jobs", "show", "greet").out.contains("MARTLET_PARAM_NAME"))
        #expect(try await server.run("jobs", "delete", "greet").code == 0)
        #expect(try await server.run("jobs", "show", "greet").code == 1)
    }
}
