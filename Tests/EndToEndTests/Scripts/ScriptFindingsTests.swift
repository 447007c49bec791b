import Foundation
import MartletCore
import Testing

/// Cases that the code does not meet yet.
@Suite(.few) struct ScriptFindingsTests {
    @Test(arguments: ["/sync/test/f-args", "/test/f-args"])
    func `a caller of sync that sends without end is answered 413 early, and holds no place`(_ path: String)
        async throws
    {
        // contract §5 case 20
        let server = try await ScriptServer(environment: ["MARTLET_LIMITS_WAITERS": "2"])
        for encoding in ["Content-Length: 100000000", "Transfer-Encoding: chunked"] {
            var callers: [Caller] = []
            for _ in 0..<3 {
                let caller = try Caller(server, "POST", path, [encoding])
                callers.append(caller)
                let answer = try await eventually("an answer to \(encoding)", within: 10) {
                    for _ in 0..<100 {
                        if encoding.contains("chunked") {
                            caller.sendChunk()
                        } else {
                            caller.send([UInt8](repeating: 120, count: 65_536))
                        }
                    }
                    return caller.received()
                }
                #expect(answer.hasPrefix("HTTP/1.1 413 "), "\(encoding): \(answer)")
            }
            #expect(try await server.run("f-args", ["a"]).code == 0)
            withExtendedLifetime(callers) {}
        }
        #expect(try await server.recorded().count == 2)
    }

    @Test func `a link that is put there while the server runs is not started`() async throws {
        // contract §5 case 67
        let site = try Site(Fixtures.task("later", "binary", executable: "later", collected: true))
        let server = try await ScriptServer(site)
        symlink("/bin/echo", site.collect + "/later")
        let answer = try await server.run("later", ["escaped"])
        #expect(answer.code == 1, "\(answer.text)")
        #expect(answer.data != "escaped")
    }

    @Test func `a flag's value that is the name of a command is a value`() async throws {
        // contract §1.1
        let site = try Site()
        let program = site.path("bin/celery-service")
        try FileManager.default.createSymbolicLink(atPath: program, withDestinationPath: Server.binaries + "/martlet")
        let child = try Child(
            [program, "--db-name", "run", "--external-task-config", site.tasks, "list"],
            environment: Server.environment.merging(["MARTLET_DATA_DIR": site.data]) { $1 },
            directory: site.scratch.url,
            name: "celery")
        defer { child.end() }
        #expect(try await child.ended(within: 30) == 0)
        let list = try String(contentsOf: child.output, encoding: .utf8)
        #expect(list.contains("POST /sync/tendb-cluster/demo-1\n"))
    }
}
