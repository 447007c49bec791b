import MartletCore
import Testing

@Suite struct TraceTests {
    private let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    private let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private let show: JSONValue = ["command": ["sh", "-c", "echo \"[$TRACEPARENT|$TRACESTATE]\""]]

    private func log(_ server: Server, _ body: JSONValue, _ headers: [String: String]) async throws -> (
        String, JSONValue
    ) {
        let reply = try await server.call(.POST, "/api/runs", body: body, headers: headers)
        let id = try #require(reply.json["id"].string, "\(reply.text)")
        let run = try await server.ended(id)
        return (try await server.log(id), run)
    }

    @Test func `a run is a span of the request that started it`() async throws {
        let server = try await Server(Scratch())
        let (text, run) = try await log(server, show, ["traceparent": header, "tracestate": "a=1"])
        let match = try #require(text.firstMatch(of: #/\[00-([0-9a-f]{32})-([0-9a-f]{16})-01\|a=1\]/#), "\(text)")
        #expect(match.1 == trace && match.2 != "00f067aa0ba902b7" && run["traceId"].string == trace)
    }

    @Test func `each attempt is a span of its own`() async throws {
        let server = try await Server(Scratch())
        var body = try #require(show.object)
        body["command"] = ["sh", "-c", "echo $TRACEPARENT; exit 1"]
        body["retry"] = ["limit": 2, "delay": "1ms"]
        let (text, _) = try await log(server, .object(body), ["traceparent": header])
        let lines = text.split(separator: "\n")
        #expect(lines.count == 3 && Set(lines).count == 3, "\(text)")
        #expect(lines.allSatisfy { $0.hasPrefix("00-\(trace)-") })
    }

    @Test func `without a proper header a run has no trace, not even the server's own`() async throws {
        let server = try await Server(Scratch(), environment: ["TRACEPARENT": header, "TRACESTATE": "a=1"])
        for headers in [[:], ["traceparent": "00-\(trace)-0000000000000000-01", "tracestate": "a=1"]] {
            let (text, run) = try await log(server, show, headers)
            #expect(text == "[|]\n" && run["traceId"] == .null)
        }
    }

    @Test func `problems and script tasks carry the trace, too`() async throws {
        let scripts = try await ScriptServer(
            Fixtures.task("show", executable: "echo \"$TRACEPARENT\""))
        let answer = try await scripts.run("show", headers: ["traceparent": header])
        #expect(answer.data.string?.hasPrefix("00-\(trace)-") == true, "\(answer.text)")
        let run = try await scripts.server.run(answer.run)
        #expect(run["traceId"].string == trace)
        let problem = try await scripts.server.call(.GET, "/api/runs/x", headers: ["traceparent": header])
        #expect(problem.json["traceId"].string == trace)
        #expect(try await scripts.server.call(.GET, "/api/runs/x").json.object?["traceId"] == nil)
    }
}
