import Foundation
import MartletCore
import Testing

@testable import MartletStore

@Suite struct MeterTests {
    private struct Changed: Error {}

    @Test func `what an earlier server left is counted at the start`() async throws {
        let fixture = try StoreFixture()
        for _ in 0..<3 { try await fixture.insert(fixture.run()) }
        _ = try await fixture.claim(1)
        try await fixture.ended(fixture.run())
        try fixture.store.close()
        let meter = RunMeter()
        let again = try SQLiteStore(directory: fixture.directory, meter: meter)
        #expect(meter.counts.unfinished.filter { $0.value != 0 } == [.pending: 2, .running: 1])
        #expect(meter.counts.started.isEmpty && meter.counts.ended.isEmpty, "that was another server's")
        try again.close()
    }

    @Test func `only what was committed is counted`() async throws {
        let fixture = try StoreFixture()
        try fixture.store.close()
        let meter = RunMeter()
        let store = try SQLiteStore(directory: fixture.directory, meter: meter)
        let run = fixture.run(key: "one")
        _ = try await store.insert([NewRun(run: run)], idempotency: nil)
        await #expect(throws: MartletError.self) {
            try await store.insert(
                [NewRun(run: fixture.run()), NewRun(run: fixture.run(key: "one"))], idempotency: nil)
        }
        await #expect(throws: Changed.self) {
            try await store.update(run.id) { run in
                _ = try run.apply(.claim, at: StoreFixture.start)
                throw Changed()
            }
        }
        #expect(meter.counts.unfinished.filter { $0.value != 0 } == [.pending: 1] && meter.counts.started.isEmpty)
        _ = try await store.claim(limit: 1, within: DispatchLimits(runs: 1), at: StoreFixture.start)
        #expect(meter.counts.started == ["command": 1])
        #expect(meter.counts.unfinished.filter { $0.value != 0 } == [.running: 1])
        #expect(meter.counts.commits.counts.reduce(0, +) >= 2)
        try store.close()
    }

    @Test func `a histogram keeps the sum and puts a value at its upper end into its range`() {
        var histogram = Histogram([1, 2])
        for value in [0, 1, 1.5, 2, 3] { histogram.observe(value) }
        #expect(histogram.counts == [2, 2, 1] && histogram.sum == 7.5)
    }
}
