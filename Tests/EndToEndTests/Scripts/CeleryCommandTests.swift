import Foundation
import MartletCore
import Testing

/// Commands of the replaced service that serve nothing, and what is said about wrong ones.
@Suite(.few) struct CeleryCommandTests {
    private let celery: CeleryService

    init() throws { celery = try CeleryService() }

    @Test func `version and help need no task file`() async throws {
        // contract §2 row 33
        let version = try await celery.end("version")
        #expect(version.code == 0)
        #expect(version.out.contains { $0.isNumber })
        for arguments in [[], ["help"], ["--help"], ["run", "--help"], ["help", "run"]] {
            let child = try celery.child(arguments, [:], in: "/")
            defer { child.end() }
            #expect(try await child.ended() == 0, "\(arguments)")
            #expect(
                CeleryService.out(child).lowercased().contains("usage: celery-service"),
                "\(arguments): \(CeleryService.out(child))")
            #expect(CeleryService.err(child).isEmpty, "\(arguments)")
            if arguments.contains("run") {
                for flag in ["--external-task-config", "--log-console", "--address", "--db-address", "--db-password"] {
                    #expect(CeleryService.out(child).contains(flag), "\(flag)")
                }
            }
        }
    }

    @Test func `whatever is wrong is one line and exit code 1`() async throws {
        // contract §1.1
        let wrong: [(arguments: [String], environment: [String: String], word: String)] = [
            (["run", "--nonsense"], [:], "nonsense"), (["list", "--address"], [:], "address"), (["sing"], [:], "sing"),
            (["run"], ["CS_LOG_CONSOLE": "maybe"], "maybe"), (["run", "--address", "nonsense"], [:], "nonsense"),
            (["run"], ["CS_ADDRESS": "127.0.0.1:99999"], "99999"),
            (["run", "--db-address", "no-port"], [:], "db-address"), (["run"], ["CS_DB_ADDRESS": "x:0"], "db-address"),
            (["run", "--external-task-config", "/no/such/file"], [:], "/no/such/file"),
            (["run", "--external-task-config", "/tmp"], [:], "/tmp"),
        ]
        for (arguments, more, word) in wrong {
            let child = try celery.child(
                arguments, ["CS_EXTERNAL_TASK": celery.site.tasks, "CS_ADDRESS": "127.0.0.1:0"].merging(more) { $1 },
                in: "/")
            defer { child.end() }
            #expect(try await child.ended() == 1, "\(arguments) \(more)")
            #expect(CeleryService.isOneLine(CeleryService.err(child), about: word), "\(CeleryService.err(child))")
            #expect(CeleryService.out(child).isEmpty, "\(arguments) \(more)")
        }
    }

    @Test func `flags may stand before the command`() async throws {
        let list = try await celery.end("--external-task-config", celery.site.tasks, "list")
        #expect(list.code == 0, "\(list.err)")
        #expect(list.out.contains("POST /sync/tendb-cluster/demo-1\n"))
    }

    @Test func `a flag's value that is the name of a command is a value`() async throws {
        let list = try await celery.end("--db-name", "run", "--external-task-config", celery.site.tasks, "list")
        #expect(list.code == 0, "\(list.err)")
        #expect(list.out.contains("POST /sync/tendb-cluster/demo-1\n"))
    }

    @Test func `list says what is wrong with a task file`() async throws {
        try celery.site.write(Fixtures.task("bad", "cobol", executable: "x"))
        let list = try await celery.end("list", "--external-task-config", celery.site.tasks)
        #expect(list.code == 1)
        #expect(CeleryService.isOneLine(list.err, about: "test/bad"), "\(list.err)")
        let run = try await celery.end("run", "--external-task-config", celery.site.tasks, "--address", "127.0.0.1:0")
        #expect(run.code == 1)
        #expect(CeleryService.isOneLine(run.err, about: "test/bad"), "\(run.err)")
    }
}
