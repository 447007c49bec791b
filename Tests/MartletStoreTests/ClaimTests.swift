import Foundation
import MartletCore
import Testing

@testable import MartletStore

@Suite struct Claims {
    let fixture: StoreFixture
    var store: SQLiteStore { fixture.store }
    let start = StoreFixture.start
    init() throws { fixture = try StoreFixture() }

    @Test func `runs are claimed by due time and not before it`() async throws {
        var ids: [RunID] = []
        for offset in [30, 10, 20, 40] {
            ids.append(try await fixture.insert(fixture.run(due: start.adding(.seconds(Int64(offset))))))
        }
        #expect(try await store.nextDue() == start.adding(.seconds(10)))
        #expect(try await fixture.claim().isEmpty)
        let claimed = try await fixture.claim(at: start.adding(.seconds(30)))
        #expect(claimed.map(\.id) == [ids[1], ids[2], ids[0]])
        #expect(claimed.allSatisfy { $0.state == .running && $0.attempt == 1 })
        #expect(try await store.nextDue() == start.adding(.seconds(40)))
        #expect(try await store.liveRuns().map(\.id).sorted() == claimed.map(\.id).sorted())
        #expect(fixture.seenEvents.suffix(3).map(\.run) == claimed.map(\.id))
    }

    @Test func `a job with many runs leaves places to others`() async throws {
        for _ in 0..<50 { try await fixture.insert(fixture.run(job: "bulk")) }
        let late = start.adding(.seconds(1))
        let small = try await fixture.insert(fixture.run(job: "small", due: late))
        let inline = try await fixture.insert(fixture.run(due: late))
        let first = try await fixture.claim(4, at: late)
        #expect(first.map(\.job.name) == ["bulk", "small", nil, "bulk"])
        #expect(first[1].id == small && first[2].id == inline)
    }

    @Test func `a job that has live runs yields to one that has none`() async throws {
        for _ in 0..<9 { try await fixture.insert(fixture.run(job: "bulk")) }
        #expect(try await fixture.claim(1).map(\.job.name) == ["bulk"])
        let late = start.adding(.seconds(1))
        try await fixture.insert(fixture.run(job: "small", due: late))
        #expect(try await fixture.claim(1, at: late).map(\.job.name) == ["small"])
    }

    @Test func `global, driver and job limits hold`() async throws {
        for _ in 0..<9 {
            try await fixture.insert(fixture.run(job: "a", concurrency: 2))
            try await fixture.insert(fixture.run(job: "b", driver: "load"))
            try await fixture.insert(fixture.run())
        }
        #expect(try await fixture.claim(runs: 0).isEmpty)
        #expect(try await fixture.claim(0).isEmpty)
        #expect(try await fixture.claim(runs: 12, drivers: ["load": 3]).count == 12)
        let counts = try await store.liveCounts()
        #expect(counts == LiveCounts(runs: 12, drivers: ["command": 9, "load": 3], jobs: ["a": 2, "b": 3, "": 7]))
        #expect(try await fixture.claim(runs: 12).isEmpty)
        #expect(try await fixture.claim(runs: 100, drivers: ["load": 3]).map(\.job.name) == [nil, nil])
    }

    @Test func `a paused or cancelled run is not claimed`() async throws {
        let (paused, cancelled) = (fixture.run(), fixture.run())
        try await fixture.insert(paused)
        try await fixture.insert(cancelled)
        try await fixture.apply(.stop(.pause), to: paused.id)
        try await fixture.apply(.stop(.user), to: cancelled.id)
        #expect(try await store.nextDue() == nil)
        #expect(try await fixture.claim().isEmpty)
        try await fixture.apply(.resume, to: paused.id)
        #expect(try await fixture.claim().map(\.id) == [paused.id])
    }

    @Test func `concurrent claims never take a run twice`() async throws {
        let fixture = fixture
        let runs = (0..<300).map { fixture.run(job: $0 % 3 == 0 ? "j\($0 % 7)" : nil) }
        _ = try await store.insert(runs.map { NewRun(run: $0) }, idempotency: nil)
        let claimed = try await withThrowingTaskGroup(of: [RunID].self) { group in
            for number in 0..<64 {
                group.addTask { try await fixture.claim(1 + number % 9, runs: 250).map(\.id) }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(claimed.count == 250)
        #expect(Set(claimed).count == 250)
        #expect(try await store.liveCounts().runs == 250)
    }

    /// Claims against a plain model of the rules, on random queues with random ends in between.
    @Test(arguments: 0..<20) func `a claim is fair and within its limits`(seed: Int) async throws {
        var random = Seeded(UInt64(seed))
        var waiting: [RunID: Run] = [:]
        var live: [RunID: Run] = [:]
        for round in 0..<8 {
            let now = start.adding(.seconds(Int64(round)))
            for _ in 0..<Int.random(in: 0...12, using: &random) {
                let run = randomRun(at: now, &random)
                try await fixture.insert(run)
                waiting[run.id] = run
            }
            let limits = DispatchLimits(
                runs: Int.random(in: 1...20, using: &random),
                drivers: ["load": Int.random(in: 0...4, using: &random)])
            let limit = Int.random(in: 1...10, using: &random)
            let claimed = try await store.claim(limit: limit, within: limits, at: now)
            check(claimed, limit, limits, waiting: waiting, live: live, now)
            for run in claimed {
                waiting[run.id] = nil
                live[run.id] = run
            }
            for id in live.keys.sorted() where Bool.random(using: &random) {
                let exit = TaskExit(ending: .exited(code: 0), endedAt: now)
                try await fixture.apply(.taskFinished(exit, Verdict(.ok)), to: id, at: now)
                live[id] = nil
            }
            #expect(try await store.nextDue() == waiting.values.map(\.dueAt).min())
        }
    }

    private func randomRun(at now: Date, _ random: inout Seeded) -> Run {
        let name = [nil, "a", "b", "c", "d"].randomElement(using: &random) ?? nil
        return fixture.run(
            job: name, driver: name == "d" ? "load" : "command", concurrency: name == "a" ? 2 : nil, at: now,
            due: now.adding(.seconds(Int64.random(in: -2...2, using: &random))))
    }

    private func check(
        _ claimed: [Run], _ limit: Int, _ limits: DispatchLimits, waiting: [RunID: Run], live: [RunID: Run],
        _ now: Date
    ) {
        let all = Array(live.values) + claimed
        #expect(claimed.count <= limit)
        #expect(all.count <= max(limits.runs, live.count))
        let isOpen = { (run: Run) in
            let sameDriver = all.filter { $0.driver == run.driver }.count
            let sameJob = all.filter { $0.job.name == run.job.name }.count
            return sameDriver < limits.drivers[run.driver] ?? .max
                && (run.job.name == nil || sameJob < run.job.concurrency ?? .max)
        }
        for (driver, most) in limits.drivers where claimed.contains(where: { $0.driver == driver }) {
            #expect(all.filter { $0.driver == driver }.count <= most)
        }
        for run in claimed {
            #expect(run.dueAt <= now)
            let sameJob = all.filter { $0.job.name == run.job.name }
            if let most = run.job.concurrency { #expect(sameJob.count <= most) }
        }
        let left = waiting.values.filter { run in run.dueAt <= now && !claimed.contains { $0.id == run.id } }
        if claimed.count < limit, all.count < limits.runs {
            #expect(!left.contains(where: isOpen), "a place stayed free although a run waits")
        }
        for (name, runs) in Dictionary(grouping: claimed, by: { $0.job.name }) {
            let earlier = left.filter { $0.job.name == name }.map(\.dueAt).min()
            #expect(runs.allSatisfy { $0.dueAt <= earlier ?? .distantFuture }, "not by due time")
            guard runs.count > 1 else { continue }
            let starved = left.filter { other in !claimed.contains { $0.job.name == other.job.name } }
            #expect(!starved.contains(where: isOpen), "a second place while another job waits")
        }
    }
}
