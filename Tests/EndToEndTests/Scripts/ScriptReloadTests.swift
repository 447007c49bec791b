import Foundation
import MartletCore
import Testing

/// The task file may change while the server runs.
@Suite(.few) struct ScriptReloadTests {
    private static func echo(_ name: String, _ text: String) -> String {
        Fixtures.task(name, executable: "echo \(text)")
    }

    private func serves(_ server: ScriptServer, _ path: String) async throws {
        try await eventually("\(path) is served") {
            try await server.get("/list").text.contains("\"/sync/\(path)\"") ? true : nil
        }
    }

    private func serverLog(_ server: ScriptServer) -> String {
        let file = server.server.child.output.deletingPathExtension().appendingPathExtension("err")
        return (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    }

    @Test func `an edit, a file renamed over it and HUP change the routes and stop nothing`() async throws {
        // contract §5 case 68
        let gated = Fixtures.task("gated", "binary", executable: "gate", collected: true)
        let server = try await ScriptServer(gated + Self.echo("one", "1"))
        let gate = try Gate(server.site)
        let running = try await server.start("gated", [gate.path, "text"])
        async let waiting = server.run("gated", [gate.path, "waiting"])
        try await eventually("both work") { gate.arrivals.count == 2 ? true : nil }

        try server.site.edit(gated + Self.echo("two", "2"))
        try await serves(server, "test/two")
        #expect(try await server.post("/sync/test/one", "[]").status == 404)
        #expect(try await server.run("two").data == "2")

        try server.site.write(Self.echo("three", "3") + Self.echo("two", "changed"))
        try await serves(server, "test/three")
        #expect(try await server.run("two").data == "changed")
        #expect(try await server.session(running)["status"] == "running")

        try server.site.write(Self.echo("four", "4"))
        server.server.child.signal(SIGHUP)
        try await serves(server, "test/four")
        gate.open()
        #expect(try await server.done(running)["message"] == "text")
        #expect(try await waiting.data == "waiting")
    }

    @Test func `a file that is no longer valid changes nothing and is seen in log and status`() async throws {
        // contract §5 case 68
        let server = try await ScriptServer(Self.echo("one", "1"))
        try server.site.write(Self.echo("two", "2") + Fixtures.task("bad", "cobol", executable: "x"))
        let told = try await eventually("the problem is told") {
            let status = try await server.server.call(.GET, "/api/scripts").json
            return status["problems"].array?.isEmpty == false ? status : nil
        }
        let problem = told["problems"][0]
        #expect(problem["line"] == 8)
        #expect(problem["task"] == "test/bad")
        #expect(problem["field"] == "language")
        try await eventually("the log tells it") { serverLog(server).contains("test/bad: language") ? true : nil }
        #expect(try await server.run("one").data == "1")
        #expect(try await server.post("/sync/test/two", "[]").status == 404)
        let reply = try await server.server.call(.POST, "/api/scripts/reload")
        #expect(reply.status == 400)
        #expect(reply.text.contains("language"))
        try FileManager.default.removeItem(atPath: server.site.tasks)
        server.server.child.signal(SIGHUP)
        #expect(try await server.run("one").data == "1")
        try server.site.write(Self.echo("three", "3"))
        try await serves(server, "test/three")
        try await eventually("no problem is left") {
            try await server.server.call(.GET, "/api/scripts").json["problems"] == [] ? true : nil
        }
    }

    @Test func `reload by the API answers when the new set is in force`() async throws {
        let server = try await ScriptServer(Self.echo("one", "1"))
        for number in 0..<5 {
            try server.site.write(Self.echo("task\(String(repeating: "x", count: number))", "\(number)"))
            #expect(try await server.server.call(.POST, "/api/scripts/reload").status == 200)
            #expect(try await server.run("task\(String(repeating: "x", count: number))").data.string == "\(number)")
        }
    }

    @Test func `a link to another file counts as a change, as mounted configuration does it`() async throws {
        let site = try Site("[]")
        for (name, text) in [("a", "1"), ("b", "2")] {
            try Data(Self.echo("linked-\(name)", text).utf8).write(to: URL(filePath: site.path(name)))
        }
        unlink(site.tasks)
        symlink(site.path("a"), site.tasks)
        let server = try await ScriptServer(site)
        #expect(try await server.run("linked-a").data == "1")
        symlink(site.path("b"), site.tasks + ".new")
        rename(site.tasks + ".new", site.tasks)
        try await serves(server, "test/linked-b")
        #expect(try await server.run("linked-b").data == "2")
    }
}
