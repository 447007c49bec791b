import Foundation
import MartletCore
import Testing

/// The program under the name of the replaced service, as its users start it.
@Suite(.few) struct CeleryServiceTests {
    private let celery: CeleryService

    init() throws { celery = try CeleryService() }

    @Test func `run serves what the flags say, and flags win over the environment`() async throws {
        // contract §1.1
        try Data(Fixtures.task("other", executable: "echo").utf8).write(
            to: URL(filePath: celery.site.path("other.yaml")))
        try await celery.serving(
            "--external-task-config", celery.site.tasks, "--address", "127.0.0.1:0", "--db-user", "flag",
            environment: [
                "CS_EXTERNAL_TASK": celery.site.path("other.yaml"), "CS_ADDRESS": "127.0.0.1:1", "CS_DB_USER": "env",
            ]
        ) { _, url in
            #expect(try await celery.ask(url + "/ping") == "pong")
            #expect(try await !celery.ask(url + "/list").contains("test/other"))
            let answer = try await celery.ask(url + "/tendb-cluster/shell-echo", #"["123"]"#)
            #expect(answer == #"{"code":0,"data":"hello flag aaa bbb 123","msg":""}"#)
        }
    }

    @Test func `run takes its settings from the environment`() async throws {
        // contract §1.1
        try await celery.serving(
            environment: ["CS_EXTERNAL_TASK": celery.site.tasks, "CS_ADDRESS": "127.0.0.1:0", "CS_DB_USER": "env"]
        ) { _, url in
            let answer = try await celery.ask(url + "/sync/tendb-cluster/shell-echo", "[]")
            #expect(answer == #"{"code":0,"data":"hello env aaa bbb","msg":""}"#)
            #expect(try await celery.ask(url + "/sync/tendb-ha/counter", #"{"counter":0}"#).contains("hello world"))
        }
    }

    @Test func `an address for everybody becomes loopback, and a line says so`() async throws {
        // rulings: loopback until somebody opens it
        try await celery.serving(
            environment: ["CS_EXTERNAL_TASK": celery.site.tasks, "CS_ADDRESS": "0.0.0.0:0"]
        ) { child, url in
            #expect(url.hasPrefix("http://127.0.0.1:"))
            let said = CeleryService.err(child)
            #expect(said.hasPrefix("celery-service: 0.0.0.0:0 "), "\(said)")
            #expect(said.contains("127.0.0.1:0"))
            #expect(said.contains("MARTLET_LISTEN="), "the one setting that opens it")
        }
        // Port 80 may be taken or forbidden here; what is tried is said either way.
        let standard = try celery.child(["run", "--external-task-config", celery.site.tasks], [:], in: "/")
        defer { standard.end() }
        let line = try await eventually("it says where it would listen") {
            CeleryService.err(standard).split(separator: "\n").first { $0.contains("0.0.0.0:80") }
        }
        #expect(line.contains("127.0.0.1:80"))
    }

    @Test func `its own log is a file beside the tasks' logs, and with --log-console on stdout, too`() async throws {
        // contract §1.17
        for (flag, isOnConsole) in [("--log-console", true), ("--no-log-console", false)] {
            try await celery.serving(
                flag,
                environment: [
                    "CS_EXTERNAL_TASK": celery.site.tasks, "CS_ADDRESS": "127.0.0.1:0", "CS_LOG_CONSOLE": "1",
                ]
            ) { child, _ in
                let file = celery.site.data + "/logs/celery-service.log"
                try await eventually("its log is there") {
                    let log = try? String(contentsOfFile: file, encoding: .utf8)
                    let isSaid = CeleryService.out(child).contains("server starting")
                    return log?.contains("server starting") == true && isSaid == isOnConsole ? true : nil
                }
            }
        }
    }

    @Test func `the task file is external-tasks.yaml in the working directory`() async throws {
        // contract §1.22
        try FileManager.default.copyItem(atPath: celery.site.tasks, toPath: celery.site.path("external-tasks.yaml"))
        let list = try await celery.end("list", in: celery.site.scratch.url.path)
        #expect(list.code == 0, "\(list.err)")
        #expect(list.out.contains("POST /sync/tendb-cluster/demo-1\n"))
        #expect(list.out.contains("POST /async/kill\n"))
        #expect(list.out.contains("GET /discovery\n"))
        let nowhere = try await celery.end("run", in: "/")
        #expect(nowhere.code == 1)
        #expect(CeleryService.isOneLine(nowhere.err, about: "external-tasks.yaml"), "\(nowhere.err)")
    }
}
