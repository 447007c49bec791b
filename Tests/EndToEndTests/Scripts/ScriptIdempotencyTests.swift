import Foundation
import MartletCore
import Testing

/// A call that is made again with its key.
@Suite(.few) struct ScriptIdempotencyTests {
    @Test func `one idempotency key is one process and one session`() async throws {
        // contract §5 case 61
        let server = try await ScriptServer()
        let gate = try Gate(server.site)
        let key = ["Idempotency-Key": "nightly-7"]
        let ids = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<10 {
                group.addTask { try await server.start("f-gate", [gate.path, "text"], headers: key) }
            }
            var ids: Set<String> = []
            for try await id in group { ids.insert(id) }
            return ids
        }
        #expect(ids.count == 1)
        gate.open()
        let id = try #require(ids.first)
        let session = try await server.done(id)
        #expect(session["message"] == "text")
        #expect(try await server.start("f-gate", [gate.path, "text"], headers: key) == id)
        let quoted = ["Idempotency-Key": "\"nightly-7\""]
        #expect(try await server.start("f-gate", [gate.path, "text"], headers: quoted) == id, "the structured form")
        #expect(gate.arrivals == ["text"])
        let other = try await server.post("/async/test/f-gate", "[\"\(gate.path)\",\"other\"]", headers: key)
        #expect(other.code == 1, "the same key with another body is an error")
        #expect(try await server.start("f-args", headers: key) != id, "keys count per task")
        let waited = ["Idempotency-Key": "waited"]
        async let one = server.run("f-slow", ["text", "0.3"], headers: waited)
        async let two = server.run("f-slow", ["text", "0.3"], headers: waited)
        let answers = try await [one, two]
        #expect(answers.map(\.text) == Array(repeating: #"{"code":0,"data":"text","msg":""}"#, count: 2))
        #expect(answers[0].run == answers[1].run)
    }
}
