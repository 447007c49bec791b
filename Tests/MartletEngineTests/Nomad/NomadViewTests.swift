import Foundation
import MartletCore
import MartletEngine
import MartletStore
import MartletTesting
import Testing

/// Runs that do what the recorded tasks did look as those were recorded: jobs-replication contract §B.2 and §F cases 2 and 16.
/// Compared is everything but instants, and what a jitter of the original makes of a delay.
@Suite struct NomadViewTests {
    private func recorded(_ name: String, events: Int? = nil) throws -> JSONValue {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Recordings/task-states.json")
        let all = try JSONDecoder().decode([String: JSONValue].self, from: try Data(contentsOf: file))
        let found = try #require(all[name]?.object)
        return shaped(found["State"] ?? .null, found["ClientStatus"], found["ClientDescription"], events: events)
    }

    private func shown(_ view: NomadAllocationView, events: Int? = nil) -> JSONValue {
        shaped(
            view.tasks["t"]?.json ?? .null, .string(view.clientStatus.rawValue), .string(view.clientDescription),
            events: events)
    }

    /// Without instants: of those is kept whether there is one.
    private func shaped(
        _ state: JSONValue, _ status: JSONValue?, _ description: JSONValue?, events: Int?
    ) -> JSONValue {
        var state = state.object ?? [:]
        for key in ["StartedAt", "FinishedAt", "LastRestart"] where state[key] != .null { state[key] = "an instant" }
        let list = state["Events"]?.array ?? []
        state["Events"] = .array(list.prefix(events ?? list.count).map(shaped))
        return ["status": status ?? .null, "description": description ?? .null, "state": .object(state)]
    }

    private func shaped(_ event: JSONValue) -> JSONValue {
        var event = event.object ?? [:]
        if case .int(let time) = event["Time"], time > 0 { event["Time"] = "an instant" }
        if case .int(let delay) = event["StartDelay"], delay > 0, var details = event["Details"]?.object {
            details["start_delay"] = "a delay"
            event["Details"] = .object(details)
            event["StartDelay"] = "a delay"
            event["DisplayMessage"] = "Task restarting in a delay"
        }
        return .object(event)
    }

    @Test func `a good end`() async throws {
        let bench = try NomadBench()
        try await bench.register()
        let run = try await bench.allocations()[0].run
        try await bench.begin(run)
        try await bench.end(run)
        #expect(shown(try await bench.view()[0]) == (try recorded("074 complete")))
        #expect(try await bench.view()[0].tasks["t"]?.events[0].json.object?.count == 24)
    }

    @Test func `a configuration that is refused`() async throws {
        let bench = try NomadBench()
        let why =
            "3 errors occurred:\n\t* failed to parse config: \n\t* Missing required argument: The argument \"command\" is required, but no definition was found.\n\t* Invalid label: No argument or block type is named \"cmd\".\n\n"
        try await bench.register(SampleJob(refusal: why))
        #expect(shown(try await bench.view()[0]) == (try recorded("103 validation")))
    }

    @Test func `a restart within policy, and the words of an error`() async throws {
        let bench = try NomadBench()
        try await bench.register(SampleJob(type: .service, restarts: 2))
        let run = try await bench.allocations()[0].run
        try await bench.begin(run)
        try await bench.end(
            run, code: 2, saying: "Error 1045: Access denied for user 'repl'@'localhost' (using password: YES)")
        #expect(shown(try await bench.view()[0]) == (try recorded("175 restarting")))
    }

    @Test func `stages, and a stop`() async throws {
        let bench = try NomadBench()
        try await bench.register(SampleJob(type: .service))
        let run = try await bench.allocations()[0].run
        try await bench.begin(run)
        try await bench.tell(run, "job_stage_full")
        try await bench.tell(run, "job_stage_incr")
        _ = try await bench.nomad.deregister("j", purge: false)
        try await bench.work()
        try await bench.end(run, code: 0, saying: nil, stopped: true)
        #expect(shown(try await bench.view()[0]) == (try recorded("198 stopped")))
    }

    @Test func `a deployment that cannot trust its allocation`() async throws {
        let bench = try NomadBench()
        var job = SampleJob(type: .service, restarts: 2, maxParallel: 1)
        job.refusal = "x"
        try await bench.register(job)
        try await bench.work(after: 1)
        // What follows in the recording is the job's end, and the error is a driver's there.
        let shown = try #require(try await bench.view()[0].tasks["t"])
        #expect(shown.events.map(\.kind.rawValue).suffix(2) == ["Not Restarting", "Alloc Unhealthy"])
        let events = try recorded("173 unhealthy", events: 5).object?["state"]?.object?["Events"]?.array
        #expect(shown.events.suffix(2).map { shaped($0.json) } == events.map { Array($0.suffix(2)) })
        #expect(try await bench.allocations()[0].record.health?.isHealthy == false)
    }

    @Test func `a restart that somebody asked for`() async throws {
        let bench = try NomadBench()
        try await bench.register(SampleJob(type: .service, restarts: 2))
        let allocation = try #require(try await bench.allocations().first)
        try await bench.begin(allocation.run)
        _ = try await bench.nomad.ask(.restart(allocation: allocation.record.id, task: nil))
        try await bench.work()
        try await bench.obey(allocation.run)
        try await bench.work()
        let events = try recorded("135 restarted", events: 6).object?["state"]?.object?["Events"]?.array
        let shown = try #require(try await bench.view()[0].tasks["t"])
        #expect(shown.events.map { shaped($0.json) } == events)
    }

    @Test func `restarts that are used up, and only the newest ten events`() async throws {
        let bench = try NomadBench()
        try await bench.register(SampleJob(restarts: 4))
        let run = try await bench.allocations()[0].run
        for _ in 0..<5 {
            try await bench.begin(run)
            try await bench.end(run, code: 1)
        }
        let state = try #require(try await bench.view()[0].tasks["t"])
        #expect(state.events.count == 10 && state.restarts == 4 && state.isFailed)
        #expect(
            state.events.last?.displayMessage
                == "Exceeded allowed attempts 4 in interval 24h0m0s and mode is \"fail\"")
    }

    @Test(arguments: [
        (0, "0s"), (5_000_000_000, "5s"), (90_000_000_000, "1m30s"), (86_400_000_000_000, "24h0m0s"),
        (17_046_872_245, "17.046872245s"), (1_500_000, "1.5ms"), (250_000, "250µs"), (7, "7ns"),
        (-1_000_000_000, "-1s"),
    ])
    func `spans look as Go prints them`(nanoseconds: Int64, text: String) {
        #expect(GoText.duration(nanoseconds) == text)
    }
}
