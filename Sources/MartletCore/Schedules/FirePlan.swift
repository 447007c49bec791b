package import Foundation

/// What is to be done about those times of one schedule that have come. Pure.
package struct FirePlan: Sendable, Hashable {
    package enum Step: Sendable, Hashable {
        case fire(due: Date)
        /// `count` times from `due` through `through` pass without a run. Very many are not all counted.
        case missed(due: Date, through: Date, count: Int, why: String)
    }

    /// A time that is acted on within this is not missed, whatever the policy.
    package static let tolerance = TimeSpan.seconds(60)
    /// Of missed times, made up for at once.
    package static let mostMadeUp = 1000
    /// Of one pass; the next goes on after it.
    package static let mostSteps = 100
    package static let mostCounted = 1000

    package private(set) var steps: [Step] = []
    /// The first time after those that the steps are for.
    package private(set) var next: Date?

    /// `due`: the first time that nobody has acted on. `now`: no earlier than it.
    package init(_ schedule: Schedule, _ timetable: Timetable, due: Date, now: Date) {
        let fresh = now.adding(TimeSpan(milliseconds: -Self.tolerance.milliseconds))
        var time: Date? = due
        if due < fresh { time = makeUp(schedule, timetable, from: due, before: fresh, now: now) }
        while let due = time, due <= now, steps.count < Self.mostSteps {
            steps.append(.fire(due: due))
            time = timetable.next(after: due)
        }
        next = time
    }

    /// Adds the steps for what is older than the tolerance. Returns the first time after those.
    private mutating func makeUp(
        _ schedule: Schedule, _ timetable: Timetable, from due: Date, before fresh: Date, now: Date
    ) -> Date? {
        let next = timetable.next(after: Date(milliseconds: fresh.milliseconds - 1))
        let last = timetable.last(through: Date(milliseconds: fresh.milliseconds - 1), after: due) ?? due
        let horizon = now.adding(TimeSpan(milliseconds: -schedule.window.milliseconds))
        switch schedule.missed {
        case .skip:
            miss(timetable, due, last, "nobody could start it in time, and missed times are skipped")
        case .latest where last < horizon:
            miss(timetable, due, last, "it was longer ago than missed times are made up for (\(schedule.window))")
        case .latest:
            // Never two at once: where a time of now follows, that one is enough.
            let isMadeUp = next.map { $0 > now } ?? true
            if !isMadeUp { miss(timetable, due, last, "a later time is made up for") }
            guard isMadeUp else { break }
            if due < last {
                let before = timetable.last(through: Date(milliseconds: last.milliseconds - 1), after: due) ?? due
                miss(timetable, due, before, "a later time is made up for")
            }
            steps.append(.fire(due: last))
        case .all: return makeUpAll(timetable, from: due, through: last, horizon)
        }
        return next
    }

    private mutating func makeUpAll(
        _ timetable: Timetable, from due: Date, through last: Date, _ horizon: Date
    ) -> Date? {
        let start = earliestMadeUp(timetable, last, horizon)
        var time: Date? = due
        if due < start {
            let end = timetable.last(through: Date(milliseconds: start.milliseconds - 1), after: due) ?? due
            miss(timetable, due, end, "it was longer ago than missed times are made up for, or there were too many")
            time = timetable.next(after: end)
        }
        while let due = time, due <= last, steps.count < Self.mostSteps {
            steps.append(.fire(due: due))
            time = timetable.next(after: due)
        }
        return time
    }

    /// No more than ``mostMadeUp`` times follow, through `last`.
    private func earliestMadeUp(_ timetable: Timetable, _ last: Date, _ horizon: Date) -> Date {
        var earliest = last
        for _ in 1..<Self.mostMadeUp {
            let before = Date(milliseconds: earliest.milliseconds - 1)
            guard let time = timetable.last(through: before, after: horizon) else { break }
            earliest = time
        }
        return max(earliest, horizon)
    }

    private mutating func miss(_ timetable: Timetable, _ due: Date, _ last: Date, _ why: String) {
        steps.append(
            .missed(due: due, through: last, count: Self.count(timetable, from: due, through: last), why: why))
    }

    /// Times from one through another; of very many, the first of them.
    package static func count(_ timetable: Timetable, from first: Date, through last: Date) -> Int {
        var (count, time) = (1, first)
        while count < mostCounted, let next = timetable.next(after: time), next <= last {
            (count, time) = (count + 1, next)
        }
        return count
    }
}
