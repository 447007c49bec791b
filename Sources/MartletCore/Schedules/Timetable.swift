package import Foundation

/// A cadence ready to compute with: pure, small (no list of times is kept), and quick (about a microsecond a time).
package struct Timetable: Sendable {
    private enum Times: Sendable {
        case cron(CronExpression)
        case every(Int64)
        case at(Int64)
    }

    /// The zone in force: that of the text's `TZ=`, else the schedule's.
    package let zone: TimeZone
    private let clock: ClockPolicy
    private let days: DayFilter?
    /// Milliseconds of 1970 UTC, as in `Times`.
    private let anchor: Int64
    private let times: Times
    /// Milliseconds that each time is later than its text says.
    package let delay: Int64

    package static let longestJitter = TimeSpan.seconds(86_400)

    /// The years 1 to 9999, in milliseconds.
    private static let range: ClosedRange<Int64> = -62_135_596_800_000...253_402_300_799_999

    /// - Parameters:
    ///   - zone: where cron fields and the days of a calendar are read; the text's `TZ=` goes before it.
    ///   - clock: what becomes of a time at a change of clocks.
    ///   - days: on which days of a calendar it runs; nil: on all.
    ///   - anchor: an interval's times are the anchor plus once, twice, … the interval; the anchor itself is none.
    ///   - seed: the schedule's name; decides what `H` stands for, and how late within `jitter` it is.
    ///   - jitter: each time is later by the same part of it, in whole seconds; a one-off time is not.
    ///
    /// Throws `invalid`; its problems are at `cron`, `every`, `at` or `zone`.
    package init(
        _ cadence: Cadence, zone: TimeZone, clock: ClockPolicy, days: DayFilter?, anchor: Date, seed: String,
        jitter: TimeSpan? = nil
    ) throws(MartletError) {
        self.clock = clock
        self.days = days
        self.anchor = Self.milliseconds(anchor)
        delay = try Self.delay(jitter, cadence, seed)
        switch cadence {
        case .cron(let text):
            let parsed = try CronText(text)
            self.zone = parsed.zone ?? zone
            switch parsed.times {
            case .every(let span): times = .every(span.milliseconds)
            case .fields(let fields): times = .cron(try CronExpression(fields, seed: seed))
            }
        case .every(let span):
            guard span >= .seconds(1), span <= .longest else {
                throw Self.refusal("every", "must be at least 1s and at most 10 years")
            }
            self.zone = zone
            times = .every(span.milliseconds)
        case .at(let date):
            let (first, last) = (Double(Self.range.lowerBound) / 1000, Double(Self.range.upperBound) / 1000)
            guard (first...last).contains(date.timeIntervalSince1970) else {
                throw Self.refusal("at", "must be a time of the years 1 to 9999")
            }
            self.zone = zone
            times = .at(Self.milliseconds(date))
            if let days, !days.admits(date, in: zone) {
                throw Self.refusal("at", "is not one of the \(days); choose another day or leave out the calendar")
            }
        }
    }

    /// The first due instant after `date`; nil: there is none any more.
    package func next(after date: Date) -> Date? {
        guard date.timeIntervalSince1970 < Double(Self.range.upperBound) / 1000 else { return nil }
        return next(after: Self.milliseconds(date)).map(Date.init(milliseconds:))
    }

    /// The last due instant at or before `date` and after `limit`; nil: none. Searches by halves, so it does not matter
    /// how many there are between.
    package func last(through date: Date, after limit: Date) -> Date? {
        let end = Self.milliseconds(date)
        var (low, high) = (Self.milliseconds(limit), end)
        guard low < high, dueExists(after: low, through: end) else { return nil }
        // Back from the end in growing steps to a start after which one is due; then by halves to the last of them.
        var step: Int64 = 1000
        while end - step > low {
            if dueExists(after: end - step, through: end) {
                low = end - step
                break
            }
            high = end - step
            step *= 4
        }
        // One is due after `low` and none after `high`.
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if dueExists(after: middle, through: end) { low = middle } else { high = middle }
        }
        return Date(milliseconds: high)
    }

    private func dueExists(after start: Int64, through end: Int64) -> Bool {
        next(after: start).map { $0 <= end } ?? false
    }

    /// The shortest distance between two of its times by the clock; nil for a single time.
    package var shortestGap: TimeSpan? {
        switch times {
        case .cron(let cron): .seconds(Int64(cron.shortestGap))
        case .every(let interval): TimeSpan(milliseconds: interval)
        case .at: nil
        }
    }

    private func next(after start: Int64) -> Int64? {
        planned(after: max(start - delay, Self.range.lowerBound)).map { $0 + delay }
    }

    /// As the text says it.
    private func planned(after start: Int64) -> Int64? {
        switch times {
        case .at(let instant): return instant > start ? instant : nil
        case .every(let interval):
            return IntervalWalk(interval: interval, anchor: anchor, zone: ZoneClock(zone: zone), days: days)
                .next(after: start)
        case .cron(let cron):
            let walk = CronWalk(cron: cron, zone: ZoneClock(zone: zone), clock: clock, days: days)
            return walk.next(from: floorDivided(start, by: 1000) + 1).map { $0 * 1000 }
        }
    }

    /// Rounded to the millisecond; times beyond the years 1 to 9999 are taken as their ends.
    private static func milliseconds(_ date: Date) -> Int64 {
        let value = (date.timeIntervalSince1970 * 1000).rounded()
        return value >= Double(range.upperBound)
            ? range.upperBound : value > Double(range.lowerBound) ? Int64(value) : range.lowerBound
    }

    private static func delay(_ jitter: TimeSpan?, _ cadence: Cadence, _ seed: String) throws(MartletError) -> Int64 {
        guard let jitter else { return 0 }
        guard (0...Self.longestJitter.milliseconds).contains(jitter.milliseconds) else {
            throw refusal("jitter", "must be at most \(longestJitter)")
        }
        let seconds = Int(jitter.milliseconds / 1000)
        if case .at = cadence { return 0 }
        return seconds < 2 ? 0 : Int64(CronSpread.index(seed, .second, below: seconds)) * 1000
    }

    private static func refusal(_ field: String, _ problem: String) -> MartletError {
        MartletError(
            .invalid, "the schedule is not valid", problems: [FieldProblem(field: field, problem: problem)])
    }
}
