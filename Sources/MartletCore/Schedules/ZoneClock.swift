import Foundation

/// What the clocks of one zone show. Instants and offsets are whole seconds: those of 1970 UTC, and those to add.
struct ZoneClock {
    struct Change {
        /// The first instant with the new offset.
        let instant: Int64
        /// The offset until then.
        let before: Int64
    }

    /// More than any change ever moved the clocks (a whole day, at the date line).
    static let longestShift: Int64 = 25 * 3600
    /// No zone changes its clocks twice in that time: equal offsets at both ends mean the same all through. Saves the
    /// search for a change, which takes microseconds in zones with a long history.
    static let steady: Int64 = 7 * 86_400

    let zone: TimeZone

    func offset(at instant: Int64) -> Int64 { Int64(zone.secondsFromGMT(for: Self.date(instant))) }

    /// The next instant at which the offset differs; nil: the zone keeps it for ever.
    func nextChange(after instant: Int64) -> Int64? {
        let offset = offset(at: instant)
        var start = Self.date(instant)
        // Foundation also tells changes of the zone's name alone, and of what it calls summer time.
        while let change = zone.nextDaylightSavingTimeTransition(after: start), change > start {
            let second = Int64(change.timeIntervalSince1970)
            if self.offset(at: second) != offset { return second }
            start = change
        }
        return nil
    }

    /// The change of the 25 hours before `instant`, whose offset is known; nil: there was none.
    func recentChange(at instant: Int64, offset now: Int64) -> Change? {
        let start = instant - Self.longestShift
        let before = offset(at: start)
        guard before != now, let change = nextChange(after: start), change <= instant else { return nil }
        return Change(instant: change, before: before)
    }

    private static func date(_ instant: Int64) -> Date { Date(timeIntervalSince1970: Double(instant)) }
}
