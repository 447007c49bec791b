package import Foundation
package import MartletCore
import Synchronization

/// Makes a job of what a schedule asks an integration for.
package protocol WorkSource: Sendable {
    /// As schedules name it: `scripts`.
    var name: String { get }
    /// Called when a schedule is stored, to check it, and at each of its times. Throws `invalid` with the fields of
    /// `request`, `notFound` when what it names is gone.
    func submission(
        for request: JSONValue, trigger: Trigger, rights: Rights, in control: Control
    ) async throws -> Submission
}

/// What schedules share: calendars, the zone of those that name none, integrations that do their work, and the bell of
/// the scheduler.
package final class ScheduleDesk: Sendable {
    private struct State {
        var calendars: WorkCalendars
        var bell: AsyncStream<Void>.Continuation?
        /// Times may wait for the end of a run.
        var mayQueue = true
        var owesReplan = false
    }

    package let zone: String
    package let works: [String: any WorkSource]
    package let meter = ScheduleMeter()
    private let state: Mutex<State>

    package init(
        zone: String = TimeZone.current.identifier, calendars: WorkCalendars = .builtIn, works: [any WorkSource] = []
    ) {
        // What a machine is set to may be an abbreviation that means something else elsewhere.
        self.zone = (try? TimeZone(named: zone)) == nil ? "UTC" : zone
        self.works = Dictionary(works.map { ($0.name, $0) }) { first, _ in first }
        state = Mutex(State(calendars: calendars))
    }

    package var calendars: WorkCalendars { state.withLock { $0.calendars } }

    /// The calendars were read again: every schedule's next time may be another.
    package func replace(_ calendars: WorkCalendars) {
        state.withLock { ($0.calendars, $0.owesReplan) = (calendars, true) }
        ring()
    }

    /// Whether next times are to be computed anew; asked once.
    func takeReplan() -> Bool {
        state.withLock { state in
            defer { state.owesReplan = false }
            return state.owesReplan
        }
    }

    /// A schedule has changed: the scheduler is to look.
    package func ring() { _ = state.withLock { $0.bell }?.yield() }

    /// Whether ends of runs matter to the scheduler.
    var mayQueue: Bool { state.withLock { $0.mayQueue } }

    func queues(_ mayQueue: Bool) { state.withLock { $0.mayQueue = mayQueue } }

    /// Counts them, and remembers that some wait. `now`: when they are durable.
    func decided(_ fires: [Fire], at now: Date) {
        meter.decided(fires, at: now)
        if fires.contains(where: { $0.outcome == .queued }) { queues(true) }
    }

    /// An element after each ring; several may join into one. For one listener at a time.
    func rings() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        state.withLock { $0.bell = continuation }
        return stream
    }

    /// Throws `invalid` with the field that is wrong.
    package func timetable(of schedule: Schedule, anchor: Date) throws(MartletError) -> Timetable {
        let zone = try TimeZone(named: schedule.zone)
        let calendars = calendars
        let days: DayFilter? = if let name = schedule.calendar { try calendars.filter(name) } else { nil }
        return try Timetable(
            schedule.cadence, zone: zone, clock: schedule.dst, days: days, anchor: anchor, seed: schedule.name,
            jitter: schedule.jitter)
    }

    func timetable(of stored: StoredSchedule) throws(MartletError) -> Timetable {
        try timetable(of: stored.schedule, anchor: stored.anchor)
    }
}
