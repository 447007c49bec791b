import Foundation
import MartletCore
import MartletEngine
import MartletStore
import MartletTesting
import Testing

/// Due against done: every time of a schedule stands in its ledger exactly once, and every run in exactly one entry.
@Suite struct LedgerTests {
    @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func `no time is lost or doubled`(seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        let keeper = try Timekeeper()
        let overlaps = ["allow", "skip", "queue", "replace"]
        for (index, overlap) in overlaps.enumerated() {
            _ = try await keeper.put(
                overlap,
                [
                    "cron": .string("*/\(7 + 3 * index) * * * * *"), "command": ["/bin/true"],
                    "overlap": .string(overlap),
                    "missed": .string(Schedule.Missed.allCases[Int.random(in: 0..<3, using: &random)].rawValue),
                ])
        }
        for _ in 0..<60 {
            switch Int.random(in: 0..<8, using: &random) {
            case 0: try await keeper.away(seconds: Double.random(in: 60...2000, using: &random))
            case 1:
                keeper.clock.advance(seconds: -Double.random(in: 2...500, using: &random))
                try await keeper.pass()
            case 2, 3:
                for run in try await keeper.unfinished() where Bool.random(using: &random) {
                    try await keeper.end(run.id)
                }
            case 4:
                // Another definition of the same times.
                let name = overlaps[Int.random(in: 0..<4, using: &random)]
                var schedule = try #require(try await keeper.store.schedule(name)).schedule
                schedule.description = "\(Int.random(in: 0..<1000, using: &random))"
                _ = try await keeper.control.putSchedule(schedule, rights: .all)
            default: try await keeper.pass(after: Double.random(in: 0.1...15, using: &random))
            }
        }
        // The clock may stand before times that were acted on already.
        try await keeper.away(seconds: 20_000)
        try await keeper.pass()
        for (index, overlap) in overlaps.enumerated() {
            try await check(overlap, every: Int64(7 + 3 * index), keeper)
        }
        let fires = try await overlaps.asyncFlatMap { try await keeper.fires($0) }
        let runs = try await keeper.allRuns().filter { $0.outcome != .interrupted || $0.attempt > 0 }
        let named = fires.compactMap(\.run)
        #expect(Set(named).count == named.count, "an entry for each run")
        // Withdrawn runs never began, and stand in no entry.
        let withdrawn = runs.filter { !named.contains($0.id) }
        #expect(withdrawn.allSatisfy { $0.state == .cancelled && $0.attempt == 0 })
    }

    /// All multiples of the step in each minute, once each.
    private func check(_ name: String, every step: Int64, _ keeper: Timekeeper) async throws {
        let fires = try await keeper.fires(name)
        let stored = try #require(try await keeper.store.schedule(name))
        let last = keeper.clock.now
        #expect(try #require(stored.nextDue) > last, "\(name) stands still")
        var expected = Set((1...last.seconds).filter { $0 % 60 % step == 0 }.map { Date.after($0) })
        let timetable = try Timetable(
            stored.schedule.cadence, zone: .gmt, clock: .once, days: nil, anchor: stored.anchor, seed: name)
        var (acted, missed) = (Set<Date>(), Set<Date>())
        for fire in fires {
            var due: Date? = fire.due
            while let time = due, time <= fire.through ?? fire.due {
                // What was missed may have had an entry before the clock was set back, or have come after that.
                if fire.outcome != .missed { #expect(acted.insert(time).inserted) }
                expected.remove(time)
                if fire.outcome == .missed { missed.insert(time) }
                due = timetable.next(after: time)
            }
        }
        // Only what came while nobody was there for longer than the tolerance.
        #expect(missed.subtracting(acted).allSatisfy { time in keeper.absences.contains { $0.contains(time) } })
        #expect(expected.isEmpty, "\(name): \(expected.count) times are lost, such as \(expected.min()?.seconds ?? 0)")
    }

    @Test func `another server goes on where the first was killed`() async throws {
        let first = try Timekeeper()
        _ = try await first.put(["every": "10s", "command": ["/bin/true"], "overlap": "allow"])
        try await first.pass(after: 10)
        try await first.pass(after: 9)
        let second = try Timekeeper(directory: first.directory)
        second.clock.advance(seconds: 20)
        try await second.pass()
        try await second.pass()
        try await second.pass(after: 10)
        #expect(try await second.fires().map(\.due) == [.after(10), .after(20), .after(30)])
        #expect(try await second.allRuns().count == 3)
    }

    @Test func `old entries are forgotten, unfinished ones are not`() async throws {
        let keeper = try Timekeeper()
        _ = try await keeper.put(["every": "10s", "command": ["/bin/true"], "overlap": "queue"])
        try await keeper.pass(after: 10)
        try await keeper.endAll()
        try await keeper.pass(after: 10)
        try await keeper.pass(after: 10)
        #expect(try await keeper.store.deleteFires(before: .after(1000), limit: 100) == 1)
        #expect(try await keeper.fires().map(\.outcome) == [.running, .queued])
    }
}

extension Array {
    fileprivate func asyncFlatMap<Value>(_ body: (Element) async throws -> [Value]) async rethrows -> [Value] {
        var all: [Value] = []
        for element in self { all += try await body(element) }
        return all
    }
}
