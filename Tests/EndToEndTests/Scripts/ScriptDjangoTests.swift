import Foundation
import MartletCore
import Testing

/// The calls of the Django scheduler, in its order and with its quirks.
@Suite(.few) struct ScriptDjangoTests {
    /// As its client reads an answer: HTTP 200, JSON, code 0.
    private func data(_ answer: ScriptServer.Answer) throws -> JSONValue {
        guard answer.status == 200, answer.code == 0 else { throw ScriptServer.NotStarted(answer: answer.text) }
        return answer.data
    }

    @Test func `every discovered task is started with its empty parameter and polled to its end`() async throws {
        // contract §5 case 74, §1.20
        let server = try await ScriptServer(
            Fixtures.task("good", executable: "echo fine", in: "TendbHA")
                + Fixtures.task("bad", executable: "echo no; echo boom >&2; exit 3 #", in: "TendbCluster")
                + Fixtures.task("off", executable: "echo never", in: "redis", "enabled: false"))
        let tasks = try data(await server.get("/discovery")).array ?? []
        #expect(tasks.count == 4)
        var results: [String: JSONValue] = [:]
        for task in tasks where task["enable"] == true {
            let (type, name) = (task["cluster_type"].string ?? "", task["name"].string ?? "")
            #expect(task["empty_param"] == [])
            // Its file splitter turns the empty list into an empty object.
            let id = try data(await server.post("/async/\(task["url"].string ?? "")", "{}")).string ?? ""
            let ended: JSONValue = try await eventually("\(name) is done") {
                let session = try data(await server.post("/async/query", "{\"session_id\": \"\(id)\"}"))[0]
                return session["done"] == true ? session : nil
            }
            results["\(type):\(name)"] = ended
        }
        #expect(results.keys.sorted() == ["TendbCluster:bad", "TendbHA:good"])
        #expect(results["TendbHA:good"]?["error"] == "")
        #expect(results["TendbHA:good"]?["message"] == "fine")
        #expect(results["TendbCluster:bad"]?["error"] == "exec error: exit status 3 (boom)")
    }

    @Test func `a disabled built-in task is advertised so, and can be called all the same`() async throws {
        // contract §1.19, §5 case 4
        let server = try await ScriptServer("[]")
        let tasks = try data(await server.get("/discovery")).array ?? []
        #expect(tasks.map { $0["enable"] } == [false])
        let id = try data(await server.post("/async/tendb-ha/counter", #"{"counter": 1}"#)).string ?? ""
        #expect(try await server.done(id)["message"] == "hello world")
    }

    @Test func `a call that is sent again with its key after a time-out is the same work`() async throws {
        // contract §1.20, §2 row 25: the client sends a POST again after 30 s
        let server = try await ScriptServer()
        let gate = try Gate(server.site)
        let key = ["Idempotency-Key": "20260101-good"]
        let first = try Caller(server, "/sync/test/f-gate", "[\"\(gate.path)\",\"text\"]", headers: key)
        try await eventually("it works") { gate.arrivals.isEmpty ? nil : true }
        first.hangUp()
        async let again = server.run("f-gate", [gate.path, "text"], headers: key)
        gate.open()
        #expect(try await again.data == "text")
        #expect(gate.arrivals == ["text"])
    }
}
