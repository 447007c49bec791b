import Foundation
import MartletCore
import MartletTesting
import Testing

/// What becomes of times when the clocks change: rules by example, then every change of every zone against a reference
/// that walks the clock step by step.
@Suite struct ClockChangeTests {
    struct Example: Sendable {
        let zone: String
        let text: String
        let start: String
        let once: [String]
        let skip: [String]
        let all: [String]
    }

    static let examples = [
        // Berlin jumps from 02:00 to 03:00 on 29 March 2026, 01:00 UTC.
        Example(
            zone: "Europe/Berlin", text: "30 2 * * *", start: "2026-03-28T02:00:00Z",
            once: ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"], skip: ["2026-03-30T00:30:00Z"],
            all: ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]),
        // Several times in one gap, and one right after it: once.
        Example(
            zone: "Europe/Berlin", text: "*/20 2,3 * * *", start: "2026-03-28T23:00:00Z",
            once: ["2026-03-29T01:00:00Z", "2026-03-29T01:20:00Z"],
            skip: ["2026-03-29T01:00:00Z", "2026-03-29T01:20:00Z"],
            all: ["2026-03-29T01:00:00Z", "2026-03-29T01:20:00Z"]),
        // And shows 02:00 to 03:00 twice on 25 October.
        Example(
            zone: "Europe/Berlin", text: "30 2 * * *", start: "2026-10-24T12:00:00Z",
            once: ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
            skip: ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
            all: ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"]),
        // A star in the hour follows elapsed time, whatever the policy.
        Example(
            zone: "Europe/Berlin", text: "0 * * * *", start: "2026-10-24T23:30:00Z",
            once: ["2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"],
            skip: ["2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"],
            all: ["2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"]),
        Example(
            zone: "Europe/Berlin", text: "*/30 */2 * * *", start: "2026-03-28T23:10:00Z",
            once: ["2026-03-28T23:30:00Z", "2026-03-29T02:00:00Z"],
            skip: ["2026-03-28T23:30:00Z", "2026-03-29T02:00:00Z"],
            all: ["2026-03-28T23:30:00Z", "2026-03-29T02:00:00Z"]),
        // Lord Howe moves by half an hour.
        Example(
            zone: "Australia/Lord_Howe", text: "15 2 * * *", start: "2026-10-03T00:00:00Z",
            once: ["2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"], skip: ["2026-10-04T15:15:00Z"],
            all: ["2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"]),
        // Samoa had no 30 December 2011.
        Example(
            zone: "Pacific/Apia", text: "0 12 * * *", start: "2011-12-29T23:00:00Z",
            once: ["2011-12-30T10:00:00Z", "2011-12-30T22:00:00Z"], skip: ["2011-12-30T22:00:00Z"],
            all: ["2011-12-30T10:00:00Z", "2011-12-30T22:00:00Z"]),
    ]

    @Test(arguments: examples) func `an example of each rule`(_ example: Example) throws {
        for (clock, times) in [(ClockPolicy.once, example.once), (.skip, example.skip), (.all, example.all)] {
            let table = try Times.table(.cron(example.text), zone: example.zone, clock: clock)
            #expect(try Times.next(times.count, of: table, after: example.start) == times, "\(example.text) \(clock)")
        }
    }

    @Test func `a time in a gap belongs to the day that it was meant for`() throws {
        // The skipped Friday is a workday, the Saturday on which its time runs is none.
        let table = try Times.table(.cron("0 12 * * *"), zone: "Pacific/Apia", calendar: "workdays")
        #expect(
            try Times.next(2, of: table, after: "2011-12-29T23:00:00Z") == [
                "2011-12-30T10:00:00Z", "2012-01-01T22:00:00Z",
            ])
    }

    @Test func `every change of clocks agrees with the reference`() async throws {
        try await withTaskExecutorPreference(QuietExecutor()) {
            var seen: Set<ClockChange> = []
            for (zone, change) in try Self.changes() where seen.insert(change).inserted {
                try Self.check(zone, change, Self.expressions(around: change))
            }
            #expect(seen.count > 500, "\(seen.count)")
        }
    }

    @Test func `seconds agree with the reference around a few changes`() async throws {
        try await withTaskExecutorPreference(QuietExecutor()) { try Self.checkSeconds() }
    }

    private static func checkSeconds() throws {
        for name in ["Europe/Berlin", "Australia/Lord_Howe", "Antarctica/Troll", "Africa/Casablanca"] {
            let zone = try TimeZone(named: name)
            for change in ClockChange.all(zone, from: 1_767_225_600, to: 1_798_761_600) {
                let wall = WallClock(zone, around: change.instant, hours: 3, step: 1)
                let hour = floored(change.instant + min(change.before, change.after), 86_400).1 / 3600
                let texts: [Expression] = [
                    Expression([59], [59], [hour, hour + 23], ""), Expression([0], [0], [hour, hour + 1], ""),
                    Expression([7, 8, 53], [0, 1, 29, 30, 31], [hour, hour + 1, hour + 2], ""),
                    Expression([0, 30], Array(0..<60), nil, ""),
                ]
                try Self.check(zone, change, texts, wall)
            }
        }
    }

    /// One zone each for every change of 2020 to 2037 and for the day that Samoa left out.
    private static func changes() throws -> [(TimeZone, ClockChange)] {
        var changes: [(TimeZone, ClockChange)] = []
        for name in TimeZone.knownTimeZoneIdentifiers.sorted() {
            guard let zone = TimeZone(identifier: name) else { continue }
            let found = ClockChange.all(zone, from: 1_577_836_800, to: 2_145_916_800)
            // The walk relies on it.
            #expect(zip(found, found.dropFirst()).allSatisfy { $1.instant - $0.instant > 8 * 86_400 }, "\(name)")
            changes += found.map { (zone, $0) }
        }
        let apia = try TimeZone(named: "Pacific/Apia")
        return changes + ClockChange.all(apia, from: 1_314_000_000, to: 1_326_000_000).map { (apia, $0) }
    }

    /// An expression as sets, so that the reference reads no cron text. `hours` nil: a star.
    struct Expression {
        let seconds: Set<Int64>
        let minutes: Set<Int64>
        let hours: Set<Int64>?
        /// Day and month, or weekday; empty: every day.
        let days: String
        let text: String

        init(_ seconds: [Int64], _ minutes: [Int64], _ hours: [Int64]?, _ days: String) {
            self.seconds = Set(seconds)
            self.minutes = Set(minutes)
            self.hours = hours.map { Set($0.map { $0 % 24 }) }
            self.days = days
            func list(_ values: Set<Int64>) -> String { values.sorted().map(String.init).joined(separator: ",") }
            text =
                "\(list(self.seconds)) \(list(self.minutes)) \(self.hours.map(list) ?? "*") \(days.isEmpty ? "* * *" : days)"
        }
    }

    /// Times at, just before, inside and after the gap or the repeated time, on its day; and stars.
    private static func expressions(around change: ClockChange) -> [Expression] {
        let (low, high) = (
            change.instant + min(change.before, change.after), change.instant + max(change.before, change.after)
        )
        let edges = [low, low - 60, low + (high - low) / 120 * 60, high - 60, high, high + 60]
        var expressions = edges.map { edge in
            let minute = floored(edge, 86_400).1 / 60
            return Expression([0], [minute % 60], [minute / 60], "")
        }
        let (day, second) = floored(low, 86_400)
        let parts = CivilDay(number: Int(day)).parts
        let hour = second / 3600
        expressions += [
            Expression([0], [5, 35], [hour, hour + 1], "\(parts.day) \(parts.month) *"),
            Expression([0], [15], [hour, hour + 12], "* * \((day + 4) % 7)"),
            Expression([0], [0, 20, 40], [hour, hour + 1, hour + 2], ""),
            Expression([0], [0], Array(0..<24), ""), Expression([0], [0], nil, ""),
            Expression([0], [0, 10, 20, 30, 40, 50], nil, ""),
        ]
        return expressions
    }

    private static func check(
        _ zone: TimeZone, _ change: ClockChange, _ expressions: [Expression], _ wall: WallClock? = nil
    ) throws {
        let hours: Int64 = Chance.isSoak || abs(change.after - change.before) > 7200 ? 26 : 5
        let wall = wall ?? WallClock(zone, around: change.instant, hours: hours, step: 60)
        guard let start = wall.instants.first, let end = wall.instants.last else { return }
        for expression in expressions {
            let days = matchingDays(expression, wall)
            let times = wall.range.filter { time in
                let (day, second) = floored(time, 86_400)
                return expression.minutes.contains(second / 60 % 60) && expression.seconds.contains(second % 60)
                    && expression.hours?.contains(second / 3600) != false && days.contains(day)
            }
            let rules: [(ClockPolicy, WallClock.Rule)] = [(.once, .once), (.skip, .skip), (.all, .all)]
            for (clock, rule) in rules {
                let due = wall.due(expression.hours == nil ? .elapsed : rule, at: times)
                let table = try Timetable(
                    .cron(expression.text), zone: zone, clock: clock, days: nil, anchor: .distantPast, seed: "")
                compare(
                    table, due, from: start, through: end, searchesBack: clock == .once,
                    "\(zone.identifier) \(expression.text) \(clock) \(change)")
            }
        }
    }

    private static func compare(
        _ table: Timetable, _ due: [Int64], from start: Int64, through end: Int64, searchesBack: Bool,
        _ comment: String
    ) {
        var found: [Int64] = []
        var at = Date(timeIntervalSince1970: Double(start - 1))
        while let next = table.next(after: at), next.timeIntervalSince1970 <= Double(end) {
            found.append(Int64(next.timeIntervalSince1970))
            at = next
        }
        guard found == due else {
            Issue.record("\(comment): found \(found), due \(due)")
            return
        }
        guard searchesBack else { return }
        let limit = Date(timeIntervalSince1970: Double(start - 1))
        for instant in stride(from: start, through: end, by: Int(end - start) / 5) {
            let last = table.last(through: Date(timeIntervalSince1970: Double(instant)), after: limit)
            #expect(
                last.map { Int64($0.timeIntervalSince1970) } == due.last { $0 <= instant }, "\(comment) at \(instant)")
        }
    }

    /// The days of the wall clock that an expression names, by Foundation's calendar.
    private static func matchingDays(_ expression: Expression, _ wall: WallClock) -> Set<Int64> {
        guard let first = wall.civil.min(), let last = wall.civil.max() else { return [] }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        var days = Set(floored(first, 86_400).0...floored(last, 86_400).0)
        guard !expression.days.isEmpty else { return days }
        days = days.filter { day in
            let parts = calendar.dateComponents(
                [.day, .month, .weekday], from: Date(timeIntervalSince1970: Double(day) * 86_400))
            guard let number = parts.day, let month = parts.month, let weekday = parts.weekday else { return false }
            return ["\(number) \(month) *", "* * \(weekday - 1)"].contains(expression.days)
        }
        return days
    }
}

/// Quotient towards minus infinity, and what remains.
private func floored(_ value: Int64, _ divisor: Int64) -> (Int64, Int64) {
    let rest = ((value % divisor) + divisor) % divisor
    return ((value - rest) / divisor, rest)
}
