/// The times of an interval: elapsed time, whatever the clocks show. All in milliseconds of 1970 UTC.
struct IntervalWalk {
    let interval: Int64
    let anchor: Int64
    let zone: ZoneClock
    let days: DayFilter?

    func next(after start: Int64) -> Int64? {
        var start = start
        // A filter that admits no day for a year will admit none.
        for _ in 0..<800 {
            let count = max(1, floorDivided(start - anchor, by: interval) + 1)
            let due = anchor + count * interval
            guard let days else { return due }
            let second = floorDivided(due, by: 1000)
            let civil = second + zone.offset(at: second)
            if days.admits(CivilDay(number: Int(floorDivided(civil, by: 86_400)))) { return due }
            // On to the next day; not over a change of clocks, which may begin it sooner.
            let midnight = second + 86_400 - floorRemainder(civil, by: 86_400)
            start = min(midnight, zone.nextChange(after: second) ?? midnight) * 1000 - 1
        }
        return nil
    }
}
