import Foundation
import MartletCore
import Testing

/// The facade on a listener that wants a token with every call.
@Suite(.few) struct ScriptTokenTests {
    private static let listen =
        #"[{"address":"127.0.0.1:0","auth":"token"}]"#

    private func server() async throws -> ScriptServer {
        let tasks = Fixtures.task("own", executable: "echo own") + Fixtures.task("other", executable: "sleep 300")
        return try await ScriptServer(Site(tasks), listen: Self.listen)
    }

    private func token(_ server: ScriptServer, _ body: JSONValue) async throws -> [String: String] {
        let reply = try await server.server.call(.POST, "/api/tokens", body: body)
        return ["Authorization": "Bearer \(try #require(reply.json["token"].string))"]
    }

    @Test func `no token, a wrong one, one that reads, and one for another task`() async throws {
        // contract §5 case 73
        let server = try await server()
        let reader = try await token(server, ["name": "reader", "role": "read"])
        let own = try await token(
            server, ["name": "own", "role": "run", "labels": ["scripts/task": "own"], "expiresIn": "1h"])
        let admin = ["Authorization": "Bearer \(server.server.token)"]
        let session = try await server.start("other", headers: admin)
        let kill = "{\"session_id\":\"\(session)\"}"
        for headers in [[:], ["Authorization": "Bearer wrong"]] {
            #expect(try await server.post("/sync/test/own", headers: headers).status == 401)
            #expect(try await server.post("/async/kill", kill, headers: headers).status == 401)
            #expect(try await server.send(.GET, "/list", headers: headers).status == 401)
        }
        #expect(try await server.post("/sync/test/own", headers: reader).status == 403)
        #expect(try await server.post("/async/test/own", headers: reader).status == 403)
        #expect(try await server.post("/async/kill", kill, headers: reader).status == 403)
        #expect(try await server.post("/async/query", kill, headers: reader).data[0]["id"].string == session)
        #expect(try await server.post("/sync/test/other", headers: own).status == 403)
        #expect(try await server.post("/async/test/other", headers: own).status == 403)
        #expect(try await server.post("/async/kill", kill, headers: own).status == 403)
        #expect(try await server.post("/async/query", kill, headers: own).code == 1)
        #expect(try await server.post("/async/query", headers: own).data == [])
        #expect(try await server.post("/sync/test/own", headers: own).data == "own")
        #expect(try await server.send(.GET, "/discovery", headers: own).data.array?.count == 1)
        #expect(try await server.get("/ping").text == "pong")
        #expect(try await server.post("/async/kill", kill, headers: admin).code == 0)

        let trail = try await server.server.call(.GET, "/api/audit?limit=100").json["items"].array ?? []
        let found = trail.reversed().map { record in
            ["caller", "action", "outcome"].map { record[$0].string ?? "-" }
        }.filter { !$0[1].hasPrefix("POST /api/") }
        func calls(_ caller: String, _ outcome: String, _ paths: String...) -> [[String]] {
            paths.map { [caller, "POST \($0)", outcome] }
        }
        let strangers = calls("anonymous", "unauthorised", "/sync/test/own", "/async/kill")
        #expect(
            found == calls("admin", "done", "/async/test/other") + strangers + strangers
                + calls("reader", "forbidden", "/sync/test/own", "/async/test/own", "/async/kill")
                + calls("own", "403", "/sync/test/other", "/async/test/other", "/async/kill")
                + calls("own", "done", "/sync/test/own") + calls("admin", "done", "/async/kill"))
    }

    @Test func `a replaced run has a record of its own`() async throws {
        let server = try await ScriptServer(
            Fixtures.task("one", executable: "sleep 300", "concurrency: 1", "when_busy: replace"))
        let first = try await server.start("one")
        let old = try #require(try await server.recorded()[0]["id"].string)
        _ = try await server.start("one")
        _ = try await server.done(first)
        let trail = try await server.server.call(.GET, "/api/audit?target=run%20\(old)").json["items"].array ?? []
        #expect(trail.map { $0["action"].string } == ["POST /async/test/one", "POST /async/test/one"])
    }

    @Test func `a bound token learns nothing of other tasks`() async throws {
        let tasks =
            Fixtures.task("own", executable: "echo own")
            + Fixtures.task("foreign", executable: "echo $W", "secrets: {W: nowhere}")
        let server = try await ScriptServer(tasks)
        #expect(try await server.server.call(.GET, "/api/scripts").text.contains("nowhere"))
        let own = try await token(server, ["name": "own", "role": "read", "labels": ["scripts/task": "own"]])
        let reply = try await server.server.call(.GET, "/api/scripts", headers: own)
        #expect(reply.text.contains("test/own") && !reply.text.contains("foreign") && !reply.text.contains("nowhere"))
    }

    @Test func `on an open listener a token still binds its holder`() async throws {
        let tasks = Fixtures.task("own", executable: "echo own")
        let server = try await ScriptServer(tasks)
        let reader = try await token(server, ["name": "reader", "role": "read"])
        #expect(try await server.post("/sync/test/own").data == "own")
        #expect(try await server.post("/sync/test/own", headers: reader).status == 403)
    }
}
