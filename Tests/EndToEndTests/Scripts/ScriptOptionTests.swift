import Foundation
import MartletCore
import Testing

/// Keys of the task file that the replaced service did not have.
@Suite(.few) struct ScriptOptionTests {
    @Test func `command gives the words one by one`() async throws {
        let server = try await ScriptServer(
            """
            - name: words
              cluster_type: test
              command: ["args", "a b", "$HOME", ""]
              collected: true
              args: [fixed]
            - name: spaced
              cluster_type: test
              command: ["with space/show me", "x"]
              collected: true

            """)
        try FileManager.default.createDirectory(
            atPath: server.site.collect + "/with space", withIntermediateDirectories: true)
        try server.site.script("with space/show me", "#!/bin/sh\necho \"$#:$1:$2\"\n")
        #expect(try await server.run("words", ["p q"]).data.parsed == ["a b", "$HOME", "", "fixed", "p q"])
        #expect(try await server.run("spaced", ["y"]).data == "2:x:y")
    }

    @Test func `declared parameters are posted by name, checked, and data`() async throws {
        let server = try await ScriptServer(
            """
            - name: backup
              cluster_type: test
              command: ["args", "--days=${params.days}", "${params.table}"]
              collected: true
              params:
                table: {type: string, required: true, pattern: "[a-z$;() -]+"}
                days: {type: integer, default: 7, minimum: 1}
            - name: tell
              cluster_type: test
              language: sh
              executable: echo "$MARTLET_PARAM_TABLE"
              collected: false
              params:
                table: {type: string}

            """)
        #expect(
            try await server.post("/sync/test/backup", #"{"table":"$(id);a b","days":3}"#).data.parsed == [
                "--days=3", "$(id);a b",
            ])
        #expect(try await server.post("/sync/test/backup", #"{"table":"a"}"#).data.parsed == ["--days=7", "a"])
        #expect(try await server.post("/sync/test/tell", #"{"table":"$(id -u) *"}"#).data == "$(id -u) *")
        for (body, word) in [
            ("{}", "table"), (#"{"table":"A"}"#, "table"), (#"{"table":"a","days":0}"#, "days"),
            (#"{"table":"a","days":"x"}"#, "days"), (#"{"table":"a","more":1}"#, "more"),
        ] {
            let answer = try await server.post("/sync/test/backup", body)
            #expect(answer.code == 1, "\(body)")
            #expect(answer.data == "", "\(body)")
            #expect(answer.msg.contains(word), "\(body): \(answer.msg)")
            #expect(try await server.post("/async/test/backup", body).code == 1, "\(body)")
        }
        #expect(try await server.recorded().count == 3)
    }

    @Test func `a secret parameter is masked, stored sealed and shown to nobody`() async throws {
        let server = try await ScriptServer(
            """
            - name: login
              cluster_type: test
              language: sh
              executable: echo "got $MARTLET_PARAM_PASSWORD"
              collected: false
              params:
                password: {type: string, secret: true, required: true}

            """)
        let canary = "canary-\(UUID().uuidString)"
        #expect(try await server.post("/sync/test/login", "{\"password\":\"\(canary)\"}").data == "got •••")
        let id = try await server.post("/async/test/login", "{\"password\":\"\(canary)\"}").data.string ?? ""
        _ = try await server.done(id)
        #expect(try await !server.query("").text.contains(canary))
        #expect(try await !"\(server.recorded())".contains(canary))
    }

    @Test func `a failing task is tried again as often as it says`() async throws {
        let site = try Site(
            Fixtures.task("flaky", "binary", executable: "flaky", collected: true, "retries: 3", "retry_delay: 10ms"))
        try site.script(
            "flaky", "#!/bin/sh\necho x >> \"$1\"; n=$(wc -l < \"$1\"); echo \"try $n\"; test \"$n\" -ge \"$2\"\n")
        let server = try await ScriptServer(site)
        #expect(try await server.run("flaky", [site.path("a"), "3"]).data == "try 3")
        #expect(site.lines(of: site.path("a")).count == 3)
        let never = try await server.run("flaky", [site.path("b"), "9"])
        #expect(never.msg == "exec error: exit status 1 ()")
        #expect(never.data == "try 4")
        let id = try await server.start("flaky", [site.path("c"), "2"])
        #expect(try await server.done(id)["attempt"] == 2)
    }

    @Test func `a disabled task is listed as such and refused`() async throws {
        // contract §2 row 29
        let server = try await ScriptServer(Fixtures.task("off", executable: "echo on", "enabled: false"))
        let told = try await server.get("/discovery").data.array?.first { $0["name"] == "off" }
        #expect(told?["enable"] == false)
        for path in ["/sync/test/off", "/async/test/off", "/test/off"] {
            let answer = try await server.post(path, "[]")
            #expect(answer.status == 403, "\(path)")
            #expect(answer.code == 1, "\(path)")
            #expect(answer.msg.contains("off"), "\(answer.msg)")
        }
        #expect(try await server.recorded().isEmpty)
    }

    @Test func `a task's crontab goes out with its description`() async throws {
        // contract §4, §1.20: the Django caller understands it
        let server = try await ScriptServer(
            Fixtures.task("nightly", executable: "echo", #"crontab: {minute: "5", hour: "*/2"}"#))
        let told = try await server.get("/discovery").data.array?.first { $0["name"] == "nightly" }
        #expect(told?["crontab"] == ["minute": "5", "hour": "*/2"])
    }

    @Test func `a task knows its own names and its run`() async throws {
        // contract §4: environment of each run
        let server = try await ScriptServer(Fixtures.task("Who_Am1", "binary", executable: "env", in: "TendbHA"))
        let answer = try await server.run("tendb-ha/who-am-1")
        let log = try await server.server.log(answer.run)
        #expect(log.contains("MARTLET_RUN_ID=\(answer.run)\n"))
        #expect(log.contains("MARTLET_ATTEMPT=1\n"))
    }
}
