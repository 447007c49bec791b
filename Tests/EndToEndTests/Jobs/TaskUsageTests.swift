import Foundation
import MartletCore
import Testing

/// jobs-replication contract §B.2, client alloc.
@Suite struct TaskUsageTests {
    private static func started(_ script: String, _ nomad: JobServer) async throws -> String {
        try await nomad.register(JobServer.job("svc", script, type: "service"))
        let all = try await nomad.allocations(of: "svc") { $0.first?["ClientStatus"] == "running" }
        return try #require(all[0]["ID"].string)
    }

    private static func output(_ id: String, _ nomad: JobServer) async throws -> String {
        try await nomad.send(.GET, "/client/fs/logs/\(id)?task=t&type=stdout&plain=true").text
    }

    @Test func `what a task uses is told, process by process`() async throws {
        let nomad = try await JobServer()
        let id = try await Self.started("sleep 600 & while :; do :; done", nomad)
        let stats = try await nomad.get("/client/allocation/\(id)/stats") {
            let all = $0["Tasks"]["t"]["Pids"].object?.count ?? 0
            guard case .double(let percent) = $0["ResourceUsage"]["CpuStats"]["Percent"] else { return false }
            return all == 2 && percent > 1
        }
        guard case .int(let memory) = stats["ResourceUsage"]["MemoryStats"]["RSS"] else {
            return #expect(Bool(false), "\(stats)")
        }
        #expect(memory > 100_000)
        #expect(stats["Tasks"]["t"]["ResourceUsage"]["MemoryStats"]["Measured"] == ["RSS", "Swap"])
        let unknown = try await nomad.send(.GET, "/client/allocation/\(id)/stats?task=zz")
        #expect(unknown.status == 500 && unknown.text == #"allocation "\#(id)" has no task "zz""#)
        _ = try await nomad.send(.DELETE, "/job/svc")
        _ = try await nomad.allocations(of: "svc") { $0.first?["ClientStatus"] == "complete" }
        let over = try await nomad.get("/client/allocation/\(id)/stats")
        #expect(over["Tasks"]["t"]["Pids"] == [:])
        #expect(over["ResourceUsage"]["MemoryStats"]["RSS"] == 0)
        #expect(over["ResourceUsage"]["CpuStats"]["Measured"] == [])
    }

    @Test func `a signal reaches the task and is in its story`() async throws {
        let nomad = try await JobServer()
        let script = "trap 'echo reloaded' HUP; echo ready; while :; do sleep 0.05; done"
        let id = try await Self.started(script, nomad)
        try await eventually("it is ready") { try await Self.output(id, nomad) == "ready\n" ? true : nil }
        let path = "/client/allocation/\(id)/signal"
        var output = "ready\n"
        for body: JSONValue in [["Signal": "SIGHUP", "Task": "t"], ["Signal": "hup"]] {
            let answer = try await nomad.send(.PUT, path, body)
            #expect(answer.status == 200 && answer.json == ["Index": 0], "\(answer.text)")
            // One after the other: of two that wait for a process the kernel keeps one.
            output += "reloaded\n"
            try await eventually("it got it") { [output] in try await Self.output(id, nomad) == output ? true : nil }
        }
        let events = try await nomad.get("/allocation/\(id)")["TaskStates"]["t"]["Events"].array ?? []
        #expect(
            events.compactMap { $0["Type"].string } == ["Received", "Task Setup", "Started", "Signaling", "Signaling"])
        #expect(events.last?["DisplayMessage"] == "Task being sent a signal")
        #expect(events.last?["Details"] == ["signal": "SIGHUP"])
        // Nobody asked it to stop: its policy starts it anew.
        #expect(try await nomad.send(.POST, path, ["Signal": "SIGKILL"]).status == 200)
        let all = try await nomad.allocations(of: "svc") {
            $0.first.map(JobServer.events)?.contains("Terminated") == true
        }
        let end = all[0]["TaskStates"]["t"]["Events"].array?.first { $0["Type"] == "Terminated" }
        #expect(end?["Signal"] == 9 && all[0]["DesiredStatus"] == "run")
    }

    @Test func `what cannot be signalled is told`() async throws {
        let nomad = try await JobServer()
        try await nomad.register(JobServer.job("done", "true"))
        let id = try #require(
            try await nomad.allocations(of: "done") { $0.first?["ClientStatus"] == "complete" }[0]["ID"].string)
        func refusal(_ body: JSONValue, of allocation: String) async throws -> String {
            let answer = try await nomad.send(.PUT, "/client/allocation/\(allocation)/signal", body)
            return "\(answer.status) \(answer.text)"
        }
        let signal: JSONValue = ["Signal": "SIGUSR1"]
        #expect(
            try await refusal(signal, of: id)
                == "500 1 error occurred:\n\t* Failed to signal task: t, err: Task not running\n\n")
        #expect(try await refusal(["Signal": "SIGUSR1", "Task": "t"], of: id) == "500 Task not running")
        #expect(try await refusal(["Signal": "SIGUSR1", "Task": "zz"], of: id) == "500 Task not found")
        for wrong in ["", "SIGSEGV", "9", "SIGSIGHUP", "HUP\n"] {
            let text = try await refusal(["Signal": .string(wrong)], of: id)
            #expect(text.hasPrefix("400 Signal ") && text.contains("is not one of SIGHUP, "), "\(text)")
        }
        let nowhere = "00000000-0000-0000-0000-000000000000"
        #expect(try await refusal(signal, of: nowhere) == "404 Unknown allocation \"\(nowhere)\"")
        #expect(try await nomad.send(.GET, "/client/allocation/\(nowhere)/stats").status == 404)
        let empty = try await nomad.raw(.PUT, "/client/allocation/\(id)/signal", nil)
        #expect(empty.status == 400 && empty.text == "Failed to decode body: EOF")
        #expect(try await nomad.send(.GET, "/client/allocation/\(id)/signal").status == 405)
    }
}
