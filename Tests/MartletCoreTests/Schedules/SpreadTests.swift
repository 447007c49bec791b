import Foundation
import MartletCore
import Testing

/// `H` spreads schedules over the field, the same way each time.
@Suite struct SpreadTests {
    private static func minutes(_ text: String, seed: String) throws -> [Int] {
        let times = try Times.next(
            60, of: Times.table(.cron(text), seed: seed), after: "2026-11-20T23:59:59Z")
        return times.filter { $0.hasPrefix("2026-11-21T00") }.compactMap { Int($0.dropFirst(14).prefix(2)) }
    }

    @Test func `a name always gives the same minute`() throws {
        // Computed apart from this program, by what docs/schedules.md says about H.
        #expect(try Self.minutes("H 0 * * *", seed: "nightly") == [9])
        #expect(try Self.minutes("H 0 * * *", seed: "数据备份") == [32])
    }

    @Test func `similar names fall on all minutes alike`() throws {
        var counts: [Int: Int] = [:]
        for index in 0..<6000 { counts[try Self.minutes("H 0 * * *", seed: "job-\(index)")[0], default: 0] += 1 }
        #expect(counts.count == 60)
        #expect(counts.values.allSatisfy { (60...140).contains($0) }, "\(counts)")
    }

    @Test func `fields of one schedule are independent`() throws {
        var pairs: Set<String> = []
        for index in 0..<500 {
            let table = try Times.table(.cron("H H * * *"), seed: "job-\(index)")
            pairs.formUnion(try Times.next(1, of: table, after: "2026-11-20T23:59:59Z"))
        }
        #expect(pairs.count > 350)
    }

    @Test func `steps and ranges are kept`() throws {
        for index in 0..<100 {
            let steps = try Self.minutes("H/15 0 * * *", seed: "job-\(index)")
            #expect(steps.count == 4 && steps[0] < 15 && zip(steps, steps.dropFirst()).allSatisfy { $1 - $0 == 15 })
            let within = try Self.minutes("H(10-19) 0 * * *", seed: "job-\(index)")
            #expect(within.count == 1 && (10...19).contains(within[0]))
            let both = try Self.minutes("H(10-39)/10 0 * * *", seed: "job-\(index)")
            #expect(both.count == 3 && (10...19).contains(both[0]))
        }
    }

    @Test func `a spread day exists in every month`() throws {
        for index in 0..<100 {
            let table = try Times.table(.cron("0 0 H * *"), seed: "job-\(index)")
            let months = try Times.next(12, of: table, after: "2025-12-31T23:59:59Z").map { $0.dropFirst(5).prefix(2) }
            #expect(Set(months).count == 12)
        }
    }
}
