import Foundation
import MartletCore
import Testing

/// What a task finds around it.
@Suite(.few) struct ScriptEnvironmentTests {
    static let show =
        Fixtures.task("env", "binary", executable: "env") + Fixtures.task("pwd", "binary", executable: "pwd")

    /// The task's whole environment, from its log.
    private func environment(_ server: ScriptServer, _ task: String = "env") async throws -> [String: String] {
        let answer = try await server.run(task)
        #expect(answer.code == 0, "\(answer.msg)")
        let lines = try await server.server.log(answer.run, "?stream=stdout").split(separator: "\n")
        return Dictionary(
            lines.compactMap { line in
                line.firstIndex(of: "=").map { (String(line[..<$0]), String(line[line.index(after: $0)...])) }
            }
        ) { $1 }
    }

    @Test func `a task has the server's environment without what is the server's alone`() async throws {
        // contract §5 case 37
        let server = try await ScriptServer(
            Self.show,
            environment: [
                "CS_DB_NAME": "results", "PLAIN": "yes", "OPS_DINGTALK_ALERT_TOKEN": "t", "NOTIFY_SOCKET": "/n",
                "LISTEN_FDS": "1", "CREDENTIALS_DIRECTORY": "/c", "HIDE_ONE": "1", "SECRETS_A": "1", "SECRETS_B": "2",
                "MARTLET_SCRIPTS_HIDE_ENV": "HIDE_ONE,SECRETS_*",
            ])
        let found = try await environment(server)
        #expect(found["CS_DB_NAME"] == "results")
        #expect(found["PLAIN"] == "yes")
        #expect(found["PATH"] == server.site.environment["PATH"])
        for name in [
            "OPS_DINGTALK_ALERT_TOKEN", "NOTIFY_SOCKET", "LISTEN_FDS", "CREDENTIALS_DIRECTORY", "HIDE_ONE", "SECRETS_A",
            "SECRETS_B", "MARTLET_SCRIPTS_TASKS", "MARTLET_SCRIPTS_HIDE_ENV", "MARTLET_DATA_DIR",
        ] {
            #expect(found[name] == nil, "\(name)")
        }
    }

    @Test func `a task runs in the server's directory, without input`() async throws {
        // contract §5 case 37, §1.11
        let server = try await ScriptServer(
            Self.show + Fixtures.task("stdin", "binary", executable: "cat")
                + Fixtures.task("elsewhere", "binary", executable: "pwd", "cwd: /usr/bin"))
        #expect(try await server.run("pwd").data.string == FileManager.default.currentDirectoryPath)
        #expect(try await server.run("elsewhere").data == "/usr/bin")
        #expect(try await server.run("stdin").text == #"{"code":0,"data":"","msg":""}"#)
    }

    @Test func `flags that name the result database reach the tasks`() async throws {
        // rulings: CS_DB_* given as flags are passed on, too
        let site = try Site(Self.show)
        let server = try await ScriptServer(
            site,
            arguments: [
                "--db-address", "10.0.0.5:3306", "--db-user", "ada", "--db-password", "flag-password", "--db-name",
                "results",
            ], environment: ["CS_DB_USER": "from-environment"])
        let log = try await server.server.log(try await server.run("env").run)
        #expect(log.contains("CS_DB_ADDRESS=10.0.0.5:3306\n"))
        #expect(log.contains("CS_DB_USER=ada\n"))
        #expect(log.contains("CS_DB_NAME=results\n"))
        #expect(log.contains("CS_DB_PASSWORD=•••\n"))
        #expect(!log.contains("flag-password"))
    }

    @Test func `configured values reach every task, and secrets are masked wherever they come out`() async throws {
        // scripts.environment
        let canary = "canary-\(UUID().uuidString)"
        let site = try Site(
            Self.show
                + Fixtures.task(
                    "tell", executable: "echo out $TOKEN ${#TOKEN}; echo err $TOKEN >&2; exit", "shell_args: raw"))
        try Data("\(canary)\n".utf8).write(to: URL(filePath: site.path("token")))
        let config = """
            scripts:
              tasks: \(site.tasks)
              collectDir: \(site.collect)
              environment:
                REGION: eu-1
                NUMBER: 5
                TOKEN: {file: \(site.path("token"))}

            """
        try Data(config.utf8).write(to: URL(filePath: site.path("martlet.yaml")))
        let server = try await ScriptServer(
            site,
            environment: [
                "MARTLET_CONFIG": site.path("martlet.yaml"), "MARTLET_SCRIPTS_TASKS": "",
                "MARTLET_SCRIPTS_COLLECT_DIR": "",
            ])
        let found = try await environment(server)
        #expect(found["REGION"] == "eu-1")
        #expect(found["NUMBER"] == "5")
        #expect(found["TOKEN"] == "•••")
        let told = try await server.run("tell", ["0"])
        #expect(told.text == #"{"code":0,"data":"out ••• \#(canary.utf8.count)","msg":"err •••"}"#)
        #expect(try await server.run("tell", ["1"]).msg == "exec error: exit status 1 (err •••)")
        let id = try await server.start("tell", ["0"])
        #expect(try await server.done(id)["message"].string == "out ••• \(canary.utf8.count)")
        server.server.child.signal(SIGTERM)
        #expect(try await server.server.child.ended() == 0)
        var looked = 0
        let files = FileManager.default.enumerator(atPath: site.data)
        while let file = files?.nextObject() as? String {
            guard let bytes = FileManager.default.contents(atPath: site.data + "/" + file) else { continue }
            looked += 1
            #expect(bytes.range(of: Data(canary.utf8)) == nil, "\(file)")
        }
        #expect(looked > 3)
    }

    @Test func `a task's own variables win over the configured ones`() async throws {
        let server = try await ScriptServer(
            Self.show
                + Fixtures.task("own", "binary", executable: "env", "env: {REGION: here, FLAG: yes, NUMBER: 0x10}"),
            environment: ["MARTLET_SCRIPTS_ENVIRONMENT": "REGION=everywhere\nSHARED=1", "REGION": "server"])
        #expect(try await environment(server)["REGION"] == "everywhere")
        let own = try await environment(server, "own")
        #expect(own["REGION"] == "here")
        #expect(own["SHARED"] == "1")
        #expect(own["FLAG"] == "yes")
        #expect(own["NUMBER"] == "0x10")
    }

    @Test(.enabled(if: getuid() == 0, "only root may change to another user"))
    func `a task runs as the user that it or the configuration names`() async throws {
        let tasks =
            Fixtures.task("default", "binary", executable: "id -un")
            + Fixtures.task("nobody", "binary", executable: "id -un", "user: nobody")
            + Fixtures.task("groups", "binary", executable: "id -G", "user: nobody")
            + Fixtures.task("boss", "binary", executable: "id -un", "user: root")
        let server = try await ScriptServer(tasks)
        #expect(try await server.run("default").data == "root")
        #expect(try await server.run("nobody").data == "nobody")
        #expect(try await server.run("groups").data == "65534")
        let configured = try await ScriptServer(tasks, environment: ["MARTLET_SCRIPTS_USER": "nobody"])
        #expect(try await configured.run("default").data == "nobody")
        #expect(try await configured.run("boss").data == "root")
    }
}
