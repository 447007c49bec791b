/// From civil times to instants. Time is taken in stretches during which the zone keeps its offset:
///
/// * at the start of a stretch, one time for all that the clocks just jumped over (if the policy fills gaps);
/// * then every matching civil time of the stretch, except those that the clocks showed before it (unless the policy
///   repeats).
///
/// An expression that follows elapsed time fills no gap and leaves out nothing: it runs whenever the clock matches.
struct CronWalk {
    let cron: CronExpression
    let zone: ZoneClock
    let clock: ClockPolicy
    let days: DayFilter?

    private var fillsGaps: Bool { clock.fillsGaps && !cron.followsElapsedTime }
    private var repeats: Bool { clock.repeats || cron.followsElapsedTime }

    /// The first due instant at or after `start`, both in seconds of 1970 UTC.
    func next(from start: Int64) -> Int64? {
        var from = start
        var offset = zone.offset(at: from)
        var opening = zone.recentChange(at: from, offset: offset)
        while true {
            if let opening, opening.instant == from, isFilled(opening, offset) { return from }
            var civil = from + offset
            if let opening, !repeats { civil = max(civil, opening.instant + opening.before) }
            guard let match = cron.next(from: civil, days: days) else { return nil }
            let due = match - offset
            if due - from <= ZoneClock.steady, zone.offset(at: due) == offset { return due }
            guard let end = zone.nextChange(after: from), due >= end else { return due }
            // Far from a match no change of clocks matters.
            let near = due - 2 * ZoneClock.longestShift
            if near > end, end - from > ZoneClock.longestShift {
                from = near
                offset = zone.offset(at: from)
                opening = zone.recentChange(at: from, offset: offset)
            } else {
                (from, opening) = (end, ZoneClock.Change(instant: end, before: offset))
                offset = zone.offset(at: from)
            }
        }
    }

    /// Whether a time lies in the gap that this change made, if it made one.
    private func isFilled(_ change: ZoneClock.Change, _ offset: Int64) -> Bool {
        guard fillsGaps, offset > change.before else { return false }
        let gap = change.instant + change.before..<change.instant + offset
        return cron.next(from: gap.lowerBound, days: days).map(gap.contains) ?? false
    }
}
