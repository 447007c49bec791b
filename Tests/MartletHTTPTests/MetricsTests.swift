import MartletCore
import NIOHTTP1
import Testing

@testable import MartletHTTP

@Suite struct MetricsTests {
    /// The samples by name and labels, as they stand on the page.
    private func samples(_ api: LiveAPI) async throws -> [String: Double] {
        let reply = try await api.call("GET", "/metrics")
        #expect(reply.headers["Content-Type"] == [OpenMetricsPage.contentType])
        #expect(reply.text.hasSuffix("# EOF\n"))
        let lines = reply.text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        return try Dictionary(
            lines.map { line in
                let end = try #require(line.lastIndex(of: " "))
                return (String(line[..<end]), try #require(Double(line[line.index(after: end)...])))
            },
            uniquingKeysWith: { first, _ in
                Issue.record("a sample stands twice")
                return first
            })
    }

    @Test func `times of schedules are counted by what was decided`() async throws {
        let api = try await LiveAPI()
        let body = #"{"command":["hang"],"every":"1h","overlap":"queue"}"#
        #expect(try await api.call("PUT", "/api/schedules/x", body: body).status == 201)
        for _ in 0..<2 { #expect(try await api.call("POST", "/api/schedules/x/run").status == 202) }
        let page = try await samples(api)
        #expect(page[#"martlet_schedule_fires_total{outcome="running"}"#] == 1)
        #expect(page[#"martlet_schedule_fires_total{outcome="queued"}"#] == 1)
        #expect(page[#"martlet_schedule_fires_total{outcome="missed"}"#] == 0)
        #expect(page["martlet_schedules_overdue_total"] == 0)
        // Only of their own times: nobody is late with what was asked for now.
        #expect(page["martlet_schedule_lateness_seconds_count"] == 0)
        #expect(page[#"martlet_schedule_lateness_seconds_bucket{le="0.25"}"#] == 0)
    }

    @Test func `runs are counted as they start and end`() async throws {
        let api = try await LiveAPI(runs: 1)
        for command in ["true", "true", "fail"] { _ = try await api.ended(api.submit(#"{"command":["\#(command)"]}"#)) }
        let hanging = try await api.submit(#"{"command":["hang"]}"#)
        let waiting = try await api.submit(#"{"command":["true"]}"#)
        let end = ContinuousClock.now + .seconds(300)
        while try await samples(api)[#"martlet_runs{state="running"}"#] != 1, ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(5))
        }
        let busy = try await samples(api)
        #expect(busy[#"martlet_runs_started_total{driver="command"}"#] == 4)
        #expect(busy[#"martlet_runs_ended_total{driver="command",state="succeeded"}"#] == 2)
        #expect(busy[#"martlet_runs_ended_total{driver="command",state="failed"}"#] == 1)
        #expect(busy[#"martlet_runs{state="running"}"#] == 1 && busy["martlet_queue_depth"] == 1)
        #expect(busy[#"martlet_run_seconds_count{driver="command"}"#] == 3)
        #expect(busy["martlet_store_commit_seconds_count"] ?? 0 >= 5 && busy["martlet_http_connections"] ?? 0 >= 1)
        try await api.call("POST", "/api/runs/\(waiting)/stop")
        try await api.call("POST", "/api/runs/\(hanging)/stop")
        _ = try await api.ended(hanging)
        let idle = try await samples(api)
        #expect(idle[#"martlet_runs_ended_total{driver="command",state="cancelled"}"#] == 2)
        #expect(idle[#"martlet_runs_started_total{driver="command"}"#] == 4, "one never started")
        #expect(idle[#"martlet_run_seconds_count{driver="command"}"#] == 4)
        for state in RunState.allCases where !state.isEnd {
            #expect(idle["martlet_runs{state=\"\(state.rawValue)\"}"] == 0, "\(state)")
        }
    }

    @Test func `labels come from closed sets, whatever clients send`() async throws {
        let api = try await LiveAPI()
        for path in ["/api/runs/x", "/nowhere", "/api/jobs/a", "/api/jobs/b"] { try await api.call("GET", path) }
        for method in ["OPTIONS", "PROPFIND", "TRACE"] { try await api.call(method, "/api/jobs") }
        let found = try await samples(api)
        let requests = found.filter { $0.key.hasPrefix("martlet_http_requests_total") }
        #expect(requests.values.reduce(0, +) == 7, "\(requests)")
        #expect(requests[#"martlet_http_requests_total{facade="native",method="other",status="4xx"}"#] == 3)
        #expect(found[#"martlet_http_request_seconds_count{facade="native"}"#] == 7)
    }

    @Test func `the page is for tokens that are not bound to some jobs`() async throws {
        let api = try await LiveAPI()
        #expect(try await api.call("GET", "/metrics", headers: ["Authorization": ""]).status == 401)
        for (jobs, status) in [([], 200), (["x-*"], 403)] as [([JSONValue], Int)] {
            let token = try await api.call(
                "POST", "/api/tokens",
                body: #"{"name":"m\#(status)","role":"read","jobs":\#(jobs.isEmpty ? "[]" : #"["x-*"]"#)}"#)
            let headers = ["Authorization": "Bearer \(token.json["token"].string ?? "")"]
            #expect(try await api.call("GET", "/metrics", headers: headers).status == status)
        }
    }
}
