import Foundation
import MartletCore
import Testing

@Suite struct RestartTests {
    @Test func `SIGTERM ends the server with 0 and its runs are adopted with their log unbroken`() async throws {
        let scratch = try Scratch()
        let server = try await Server(scratch)
        let flag = scratch.path("go")
        let id = try await server.submit([
            "command": ["sh", "-c", "echo before; while [ ! -e \"$FLAG\" ]; do sleep 0.05; done; echo after; exit 7"],
            "environment": ["FLAG": .string(flag)],
        ])
        _ = try await eventually("the first line") { try await server.log(id) == "before\n" ? true : nil }
        server.child.signal(SIGTERM)
        #expect(try await server.child.ended() == 0)

        let next = try await Server(scratch)
        #expect(try await next.run(id)["state"].string == "running")
        try Data().write(to: URL(filePath: flag))
        let run = try await next.ended(id)
        #expect(run["exitCode"] == 7)
        #expect(run["attempt"] == 1)
        #expect(try await next.log(id) == "before\nafter\n")
    }

    @Test func `a run that ends while no server is there gets its true exit`() async throws {
        let scratch = try Scratch()
        let server = try await Server(scratch)
        let flag = scratch.path("go")
        let done = scratch.path("done")
        let id = try await server.submit([
            "command": [
                "sh", "-c",
                "echo ready; while [ ! -e \"$FLAG\" ]; do sleep 0.05; done; echo bye; touch \"$DONE\"; exit 5",
            ],
            "environment": ["FLAG": .string(flag), "DONE": .string(done)],
        ])
        // A run that is running was claimed; its process may be still to come.
        _ = try await eventually("the task runs") { try await server.log(id) == "ready\n" ? true : nil }
        server.child.signal(SIGKILL)
        _ = try await server.child.ended()
        try Data().write(to: URL(filePath: flag))
        _ = try await eventually("the task ends alone") { FileManager.default.fileExists(atPath: done) ? true : nil }
        let next = try await Server(scratch)
        #expect(try await next.ended(id)["exitCode"] == 5)
        #expect(try await next.log(id) == "ready\nbye\n")
    }

    @Test func `a restart on the same port adopts fifty live keepers`() async throws {
        let scratch = try Scratch()
        let server = try await Server(scratch)
        var ids: [String] = []
        for _ in 0..<50 { ids.append(try await server.submit(["command": ["sleep", "600"]])) }
        for id in ids { _ = try await server.reaches(.running, id) }
        let address = String(server.url.dropFirst("http://".count))
        server.child.signal(SIGKILL)
        _ = try await server.child.ended()
        // Some other test's connection may have the port meanwhile.
        let next = try await eventually("the port is served again") { try? await Server(scratch, listen: address) }
        for id in ids { #expect(try await next.run(id)["state"].string == "running") }
        for id in ids { #expect(try await next.call(.POST, "/api/runs/\(id)/stop").status < 300) }
        for id in ids { #expect(try await next.ended(id)["state"].string == "cancelled") }
    }

    @Test func `a second server on the same directory exits 1 and names the first`() async throws {
        let scratch = try Scratch()
        let server = try await Server(scratch)
        let second = try Child(
            [Server.binaries + "/martlet", "serve", "--data-dir", server.data, "--listen", "127.0.0.1:0"],
            environment: Server.environment, directory: scratch.url, name: "second")
        #expect(try await second.ended() == 1)
        let said = try String(contentsOf: scratch.url.appending(path: "second.err"), encoding: .utf8)
        #expect(said.contains("\(server.child.pid)"), "\(said)")
    }

    @Test func `with --stop-runs the server ends its runs too`() async throws {
        let scratch = try Scratch()
        let server = try await Server(scratch, arguments: ["--stop-runs"])
        let id = try await server.submit(["command": ["sleep", "600"]])
        _ = try await server.reaches(.running, id)
        server.child.signal(SIGTERM)
        #expect(try await server.child.ended() == 0)
        let next = try await Server(scratch)
        #expect(try await next.run(id)["state"].string == "cancelled")
    }
}
