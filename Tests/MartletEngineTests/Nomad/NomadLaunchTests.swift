import Foundation
import MartletCore
import MartletEngine
import MartletStore
import MartletTesting
import Testing

/// jobs-replication contract §B.2: periodic jobs.
@Suite struct NomadLaunchTests {
    private static let periodic = SampleJob(id: "p", isTemplate: true, every: 60)

    private func children(_ bench: NomadBench) async throws -> [String] {
        try await bench.store.nomadJobs(prefix: "p/").items.map(\.job.id)
    }

    /// The job's times that are `range` times after this moment.
    private func names(_ bench: NomadBench, _ range: ClosedRange<Int64>) -> [String] {
        let minute = bench.clock.now.second / 60
        return range.map { "p/periodic-\((minute + $0) * 60)" }
    }

    @Test func `each time makes one job, and the parent runs on`() async throws {
        let bench = try NomadBench()
        let expected = names(bench, 1...3)
        let registered = try await bench.register(Self.periodic)
        #expect(registered.evaluation == nil && registered.job.nextLaunch != nil)
        let next = try await bench.work()
        #expect(next.map { $0.milliseconds - (registered.job.nextLaunch ?? 0) / 1_000_000 } ?? -1 <= 1)
        #expect(try await children(bench).isEmpty)
        try await bench.work(after: 60)
        #expect(try await children(bench) == Array(expected[...0]))
        try await bench.work()
        // Late, while the server is there: none is left out.
        try await bench.work(after: 120)
        #expect(try await children(bench) == expected)
        let child = try #require(try await bench.state(expected[0]))
        #expect(child.job.parentID == "p" && !child.job.isTemplate && child.status == .running)
        #expect(try await bench.evaluations(expected[0]).map(\.cause) == [.periodicJob])
        try await finish(bench, expected[0])
        let parent = try #require(try await bench.state("p"))
        #expect(parent.status == .running && parent.children.dead == 1 && parent.children.running == 2)
        #expect(parent.job.version == 0)
    }

    @Test func `the first times after a start are not missed ones`() async throws {
        let bench = try NomadBench()
        let expected = names(bench, 1...2)
        try await bench.register(Self.periodic)
        try await bench.work()
        try await bench.work(after: 120)
        #expect(try await children(bench) == expected)
    }

    @Test func `what still ends of a purged job keeps the next away`() async throws {
        let bench = try NomadBench()
        var job = Self.periodic
        job.prohibitsOverlap = true
        try await bench.register(job)
        try await bench.work(after: 60)
        let first = try #require(try await children(bench).first)
        let run = try #require(try await bench.allocations(first).first?.run)
        try await bench.begin(run)
        _ = try await bench.nomad.deregister(first, purge: true)
        try await bench.work(after: 60)
        #expect(try await children(bench).isEmpty)
        try await bench.obey(run)
        try await bench.work(after: 60)
        #expect(try await children(bench).count == 1)
    }

    @Test func `times that nobody saw are made up for once`() async throws {
        let bench = try NomadBench()
        try await bench.register(Self.periodic)
        bench.restart()
        let missed = names(bench, 10...10)
        try await bench.work(after: 600)
        #expect(try await children(bench) == missed)
        try await bench.work(after: 1)
        #expect(try await children(bench).count == 1)
        let next = try await bench.state("p")?.job.nextLaunch ?? 0
        #expect(next > bench.clock.now.nanoseconds)
        // A machine that slept is like a server that was away.
        try await bench.work(after: 3600)
        let later = try await children(bench).count
        #expect(later > 1 && later <= 7, "\(later)")
    }

    @Test func `an earlier one that lives keeps the next away where the job says so`() async throws {
        let bench = try NomadBench()
        var job = Self.periodic
        job.prohibitsOverlap = true
        try await bench.register(job)
        try await bench.work(after: 60)
        try await bench.work(after: 60)
        let first = try await children(bench)
        #expect(first.count == 1)
        try await finish(bench, first[0])
        try await bench.work(after: 60)
        #expect(try await children(bench).count == 2)
    }

    @Test func `two servers at once double nothing`() async throws {
        let bench = try NomadBench()
        try await bench.register(Self.periodic)
        for round in 1...10 {
            bench.clock.advance(seconds: 60)
            try await bench.workTwice()
            #expect(try await children(bench).count == round)
        }
        for child in try await children(bench) { #expect(try await bench.allocations(child).count == 1) }
    }

    @Test func `a stop, a purge and another version change the times, and children go on`() async throws {
        let bench = try NomadBench()
        try await bench.register(Self.periodic)
        try await bench.work(after: 60)
        var slower = Self.periodic
        slower.every = 3600
        try await bench.register(slower)
        try await bench.work(after: 60)
        #expect(try await children(bench).count == 1)
        try await bench.register(Self.periodic)
        #expect(try await bench.nomad.deregister("p", purge: false).evaluation == nil)
        #expect(try await bench.state("p")?.job.nextLaunch == nil)
        try await bench.work(after: 180)
        #expect(try await children(bench).count == 1)
        #expect(try await bench.state("p")?.status == .dead)
        let child = try await children(bench)[0]
        #expect(try await bench.state(child)?.status == .running)
        try await bench.register(Self.periodic)
        try await bench.work(after: 60)
        #expect(try await children(bench).count == 2)
        _ = try await bench.nomad.deregister("p", purge: true)
        try await bench.work(after: 180)
        #expect(try await children(bench).count == 2)
    }

    @Test func `one is started by hand, enabled or not`() async throws {
        let bench = try NomadBench()
        var disabled = Self.periodic
        disabled.every = nil
        let registered = try await bench.register(disabled)
        #expect(registered.job.nextLaunch == nil)
        let made = try await bench.nomad.force(registered.job)
        #expect(made.job.id == "p/periodic-\(bench.clock.now.second)" && made.evaluation?.cause == .periodicJob)
        try await bench.work()
        #expect(try await bench.allocations(made.job.id).count == 1)
    }

    private func finish(_ bench: NomadBench, _ job: String) async throws {
        let run = try await bench.allocations(job)[0].run
        try await bench.begin(run)
        try await bench.end(run)
        try await bench.work()
    }
}
