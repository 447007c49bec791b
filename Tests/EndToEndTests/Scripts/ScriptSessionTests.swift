import Foundation
import MartletCore
import Testing

/// Asynchronous calls and what is told about them.
@Suite(.few) struct ScriptSessionTests {
    @Test func `a started task answers a UUID whose session is there at once`() async throws {
        // contract §5 cases 38 and 40
        let server = try await ScriptServer()
        let gate = try Gate(server.site)
        let answer = try await server.post("/async/tendb-cluster/shell-counter", "[\"2\",\"\(gate.path)\"]")
        #expect(answer.text.hasPrefix(#"{"code":0,"data":""#))
        #expect(answer.text.hasSuffix(#"","msg":""}"#))
        let id = answer.data.string ?? ""
        #expect(
            id.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil, "\(id)")
        let found = try await server.query("{\"session_id\":\"\(id)\"}")
        #expect(found.data.array?.count == 1)
        #expect(
            found.text.hasPrefix(
                "{\"code\":0,\"data\":[{\"id\":\"\(id)\",\"message\":\"\",\"error\":\"\",\"done\":false,\"start_at\":\""
            ))
        let start = found.data[0]["start_at"].string ?? ""
        #expect(start.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d*[1-9])?(Z|[+-]\d\d:\d\d)/) != nil, "\(start)")
        #expect(try #require(Times.date(start)).timeIntervalSinceNow > -600)
        try await eventually("it counts") { gate.arrivals.isEmpty ? nil : true }
        #expect(try await server.session(id)["message"] == "", "a line that is not the last one is no result")
        gate.open()
        let done = try await server.done(id)
        #expect(done["message"].string?.hasPrefix("2: ") == true)
        #expect(done["error"] == "")
        #expect(done["start_at"].string == start)
    }

    @Test func `a failed session has its error, and its last line`() async throws {
        // contract §5 case 41
        let server = try await ScriptServer()
        let session = try await server.done(try await server.start("f-fail", ["7"]))
        #expect(session["error"] == "exec error: exit status 7 (boom)")
        #expect(session["message"] == "out")
        #expect(session["status"] == "failed")
        #expect(session["exit_code"] == 7)
        let unstarted = try await ScriptServer(Fixtures.task("gone", "binary", executable: "no-such-program"))
        let gone = try await unstarted.done(try await unstarted.start("gone"))
        #expect(gone["error"] == #"exec start failed: exec: "no-such-program": executable file not found in $PATH"#)
        #expect(gone["message"] == "")
    }

    @Test func `a session tells task, state, times, arguments and caller`() async throws {
        // contract §4
        let server = try await ScriptServer()
        let id = try await server.start("f-slow", ["text", "0.2"])
        let session = try await server.done(id)
        #expect(session["task"] == "f_slow")
        #expect(session["cluster_type"] == "test")
        #expect(session["status"] == "succeeded")
        #expect(session["exit_code"] == 0)
        #expect(session["signal"] == .null)
        #expect(session["attempt"] == 1)
        #expect(session["args"] == ["text", "0.2"])
        #expect(session["by"].string?.contains("127.0.0.1") == true)
        #expect(session["stdout_bytes"] == 5)
        #expect(session["stderr_bytes"] == 0)
        #expect(session["truncated"] == false)
        guard case .int(let milliseconds) = session["duration_ms"] else { throw TimedOut(what: "a duration") }
        #expect((200..<300_000).contains(milliseconds))
        let start = try #require(Times.date(session["start_at"].string ?? ""))
        let end = try #require(Times.date(session["end_at"].string ?? ""))
        #expect(end > start)
        let run = try await server.server.run(session["run"].string ?? "")
        #expect(run["state"] == "succeeded")
        let hidden = try await server.done(try await server.start("f-args", ["--password", "x1", "token=x2", "plain"]))
        #expect(hidden["args"] == ["--password", "•••", "token=•••", "plain"])
    }

    @Test func `a done session goes when its age is over, counted from its end`() async throws {
        // contract §2 row 9, scripts.sessionAge
        let server = try await ScriptServer(environment: ["MARTLET_SCRIPTS_SESSION_AGE": "20s"])
        let gate = try Gate(server.site)
        let running = try await server.start("f-gate", [gate.path, "text"])
        let ended = try await server.start("f-args")
        let end = try #require(Times.date(try await server.done(ended)["end_at"].string ?? ""))
        try await eventually("the ended one is gone") {
            try await server.query("{\"session_id\":\"\(ended)\"}").msg == "session \(ended) not found" ? true : nil
        }
        #expect(-end.timeIntervalSinceNow >= 20)
        let left = try await server.query("")
        #expect((left.data.array ?? []).compactMap { $0["id"].string } == [running])
        gate.open()
        // Older than twenty seconds by its start, and still there.
        #expect(try await server.done(running)["message"] == "text")
    }
}
