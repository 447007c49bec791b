import Foundation
import MartletCore
import Testing

/// jobs-replication contract §B.1 and F, case 8.
@Suite(.alone) struct BlockingTests {
    private typealias Waited = (answer: ScriptServer.Answer, at: ContinuousClock.Instant)

    private static func wait(_ nomad: JobServer, _ path: String) async throws -> Waited {
        let answer = try await ScriptServer.send(
            .GET, to: nomad.server.url + "/v1" + path, nil, headers: ["X-Nomad-Token": nomad.server.token], within: 600)
        return (answer, .now)
    }

    /// Once more with the new index, until the answer has what is waited for.
    private static func wait(
        _ nomad: JobServer, _ path: String, after index: Int, until holds: @Sendable (String) -> Bool
    ) async throws -> Waited {
        var index = index
        while true {
            let waited = try await wait(nomad, "\(path)?index=\(index)&wait=300s")
            if holds(waited.answer.text) || waited.answer.status != 200 { return waited }
            index = waited.answer.header("X-Nomad-Index").flatMap { Int($0) } ?? index
        }
    }

    /// How many callers the server keeps waiting, as its metrics tell.
    private static func waiting(_ nomad: JobServer) async throws -> Int {
        let text = try await nomad.server.call(.GET, "/metrics").text
        let line = text.split(separator: "\n").first { $0.hasPrefix("martlet_waiters ") }
        return line.flatMap { Double($0.split(separator: " ")[1]) }.map { Int($0) } ?? -1
    }

    private static func index(_ nomad: JobServer, _ path: String) async throws -> Int {
        let index = try await nomad.send(.GET, path).index
        return max(index, 1)
    }

    @Test func `what is not there yet can be waited for`() async throws {
        let nomad = try await JobServer()
        try await nomad.register(JobServer.job("first", "true"))
        _ = try await nomad.get("/job/first") { $0["Status"] == "dead" }
        for path in ["/job/late", "/job/late/summary", "/job/late/versions"] {
            // 100 ms where nothing else runs; here tests do, and the best of five counts.
            var times: [Duration] = []
            while times.count < 5, times.allSatisfy({ $0 >= .seconds(2) }) {
                let index = try await Self.index(nomad, path)
                async let waited = Self.wait(nomad, "\(path)?index=\(index)&wait=300s")
                try await eventually("somebody waits") { try await Self.waiting(nomad) == 1 }
                let asked = ContinuousClock.now
                try await nomad.register(JobServer.job("late", "true"))
                let (answer, at) = try await waited
                #expect(answer.status == 200, "\(path)")
                #expect(answer.header("X-Nomad-Index").flatMap { Int($0) } ?? 0 > index, "\(path)")
                times.append(at - asked)
                _ = try await nomad.get("/job/late") { $0["Status"] == "dead" }
                _ = try await nomad.send(.DELETE, "/job/late?purge=true")
                _ = try await nomad.get("/evaluations") { $0.array?.allSatisfy { $0["Status"] == "complete" } == true }
            }
            #expect(times.contains { $0 < .seconds(2) }, "\(path): \(times)")
        }
        let gone = try await Self.wait(nomad, "/job/late?index=999999&wait=200ms").answer
        #expect(gone.status == 404 && gone.text == "job not found")
        let none = "00000000-0000-0000-0000-000000000000"
        for path in ["/allocation/\(none)", "/evaluation/\(none)", "/deployment/\(none)"] {
            let start = ContinuousClock.now
            let answer = try await Self.wait(nomad, "\(path)?index=999999&wait=300ms")
            #expect(answer.answer.status == 404 && answer.at - start >= .milliseconds(300), "\(path)")
        }
    }

    @Test func `what goes away while it is waited for is told`() async throws {
        let nomad = try await JobServer()
        try await nomad.register(JobServer.job("svc", "exec sleep 600", type: "service"))
        _ = try await nomad.allocations(of: "svc") { $0.first?["ClientStatus"] == "running" }
        let index = try await Self.index(nomad, "/job/svc")
        async let waited = Self.wait(nomad, "/job/svc", after: index) { $0 == "job not found" }
        try await eventually("somebody waits") { try await Self.waiting(nomad) == 1 }
        _ = try await nomad.send(.DELETE, "/job/svc?purge=true")
        #expect(try await waited.answer.status == 404)
    }

    @Test func `five hundred who wait slow no write, and are all woken by a change`() async throws {
        let nomad = try await JobServer()
        try await nomad.register(JobServer.job("first", "true"))
        _ = try await nomad.get("/job/first") { $0["Status"] == "dead" }
        let threads = Self.threads(nomad.server.child.pid)
        // The best of three counts: other tests take their time as well.
        var times: [Times] = []
        while times.count < 3, !times.contains(where: \.isQuick) {
            times.append(try await wakeHalf(nomad, by: "second-\(times.count)", threads: threads))
        }
        print("500 wait: \(times)")
        #expect(times.contains { $0.isQuick }, "\(times)")
    }

    /// How long a write took, and how long until the last of those who waited for it was woken.
    private struct Times: Sendable {
        let written: Duration
        let woken: Duration
        var isQuick: Bool { written < .seconds(1) && woken < .seconds(5) }
    }

    /// Has five hundred wait, half of them for this job.
    private func wakeHalf(_ nomad: JobServer, by job: String, threads: Int) async throws -> Times {
        let (jobs, nodes) = (try await Self.index(nomad, "/jobs"), try await Self.index(nomad, "/nodes"))
        let times: Times = try await withThrowingTaskGroup(of: Waited.self) { group in
            for number in 0..<500 {
                // Half of them for what does not come.
                let isWoken = number % 2 == 0
                group.addTask { [jobs] in
                    guard isWoken else { return try await Self.wait(nomad, "/nodes?index=\(nodes)&wait=300s") }
                    return try await Self.wait(nomad, "/jobs", after: jobs) { $0.contains(job) }
                }
            }
            try await eventually("all wait") { try await Self.waiting(nomad) == 500 }
            // Waiting takes no thread and no connection to the store.
            #expect(Self.threads(nomad.server.child.pid) <= threads + 4)
            let asked = ContinuousClock.now
            try await nomad.register(JobServer.job(job, "true"))
            let written = ContinuousClock.now - asked
            var last = asked
            for _ in 0..<250 {
                guard let (answer, at) = try await group.next() else { break }
                #expect(answer.status == 200 && answer.header("X-Nomad-Index").flatMap { Int($0) } ?? 0 > jobs)
                last = max(last, at)
            }
            #expect(try await Self.waiting(nomad) == 250)
            // The others have gone: they are forgotten.
            group.cancelAll()
            while await group.nextResult() != nil {}
            return Times(written: written, woken: last - asked)
        }
        try await eventually("nobody waits") { try await Self.waiting(nomad) == 0 }
        _ = try await nomad.get("/job/\(job)") { $0["Status"] == "dead" }
        return times
    }

    private static func threads(_ pid: pid_t) -> Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task"))?.count ?? 0
    }
}
