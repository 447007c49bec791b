import Foundation
import MartletCore
import Testing

/// What the tests of schedules share: timetables and times as texts.
enum Times {
    static func table(
        _ cadence: Cadence, zone: String = "UTC", clock: ClockPolicy = .once, calendar: String? = nil,
        anchor: String = "2026-01-01T00:00:00Z", seed: String = "nightly", jitter: TimeSpan? = nil
    ) throws -> Timetable {
        try Timetable(
            cadence, zone: TimeZone(named: zone), clock: clock, days: calendar.map(WorkCalendars.builtIn.filter),
            anchor: date(anchor), seed: seed, jitter: jitter)
    }

    static func date(_ text: String) throws -> Date { try #require(Timestamp.date(text), "\(text)") }

    static func text(_ date: Date?) -> String { date?.formatted(.iso8601) ?? "never" }

    /// The next `count` times after `start`, in UTC without the year's century: `26-03-29T01:00:00Z`.
    static func next(_ count: Int, of table: Timetable, after start: String) throws -> [String] {
        var times: [String] = []
        var at = try date(start)
        while times.count < count, let next = table.next(after: at) {
            times.append(text(next))
            at = next
        }
        return times
    }

    /// The problems with which a timetable is refused, as texts `field: problem`; empty when it is taken.
    static func problems(_ cadence: Cadence, zone: String = "UTC", jitter: TimeSpan? = nil) -> [String] {
        do {
            _ = try table(cadence, zone: zone, jitter: jitter)
            return []
        } catch let error as MartletError {
            return error.code == .invalid ? error.problems.map(\.description) : ["\(error.code)"]
        } catch {
            return ["\(error)"]
        }
    }
}

/// Repeatable chance.
struct Chance: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }

    /// `MARTLET_SEED` repeats a run.
    static let seed = ProcessInfo.processInfo.environment["MARTLET_SEED"].flatMap { UInt64($0) } ?? 20_261_121
    static let isSoak = ProcessInfo.processInfo.environment["MARTLET_SOAK"] != nil

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
