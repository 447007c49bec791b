package import Foundation

/// What is to be stored for one schedule whose time has come, or is about to: all of it, or nothing.
package struct FireOrder: Sendable {
    package enum Step: Sendable {
        case run(due: Date, NewRun)
        /// Pings are to tell of it.
        case watch(due: Date)
        /// Its run could not be made.
        case refuse(due: Date, why: String)
        case missed(due: Date, through: Date, count: Int, why: String)
    }

    package let stored: StoredSchedule
    package let steps: [Step]
    /// The schedule's next time after those of the steps.
    package let next: Date?

    package init(_ stored: StoredSchedule, steps: [Step], next: Date?) {
        self.stored = stored
        self.steps = steps
        self.next = next
    }
}

/// What came of an order.
package struct FireResult: Sendable {
    package var fires: [Fire] = []
    /// Nothing was stored: the schedule was changed meanwhile, or it is not yet time and a run is not over.
    package var isPut = true

    package init() {}
}

/// Schedules that are to be acted on.
package struct DueSchedules: Sendable {
    package var schedules: [StoredSchedule] = []
    /// Names of those whose definition cannot be read.
    package var unreadable: [String] = []
    package var count: Int { schedules.count + unreadable.count }
    package init() {}
}

/// A fire that waits for its turn, and its schedule.
package struct QueuedFire: Sendable {
    package let fire: Fire
    package let stored: StoredSchedule
    package init(fire: Fire, stored: StoredSchedule) {
        self.fire = fire
        self.stored = stored
    }
}

/// A page of a ledger, newest first.
package struct FireQuery: Sendable, Hashable {
    package var schedule: String
    package var outcome: FireOutcome?
    /// Only entries with a lower number.
    package var before: Int64?
    package var limit: Int
    package init(schedule: String, outcome: FireOutcome? = nil, before: Int64? = nil, limit: Int = 50) {
        self.schedule = schedule
        self.outcome = outcome
        self.before = before
        self.limit = limit
    }
}

/// A page of all ledgers, oldest first.
package struct FireTimePage: Sendable, Hashable {
    /// The first is in, the last is not.
    package let times: Range<Date>
    /// Of entries with the first time only those with a greater number; nil: all.
    package let number: Int64?
    package let limit: Int

    package init(_ times: Range<Date>, after number: Int64? = nil, limit: Int) {
        self.times = times
        self.number = number
        self.limit = limit
    }
}

/// A schedule that has a time ahead.
package struct PlannedSchedule: Sendable {
    package let id: Int64
    package let nextDue: Date
    /// Nil: its definition cannot be read.
    package let stored: StoredSchedule?

    package init(id: Int64, nextDue: Date, stored: StoredSchedule?) {
        self.id = id
        self.nextDue = nextDue
        self.stored = stored
    }
}

/// Schedules and their ledgers. Every write is durable when its call returns.
package protocol ScheduleStore: Sendable {
    /// Version starts at 1 and rises with each change. Throws `stale` when the stored one is not `old`, of which version and
    /// next time count; nil: there is none. `skipped`: times of a pause that ends with it. Runs stored ahead of a time that
    /// has not come are withdrawn, unless nothing changes.
    func put(_ schedule: StoredSchedule, replacing old: StoredSchedule?, skipped: Fire?) async throws -> StoredSchedule
    func schedule(_ name: String) async throws -> StoredSchedule?
    /// Without those whose definition cannot be read.
    func schedules(after name: String?, limit: Int) async throws -> [StoredSchedule]
    /// Its ledger stays. Throws `stale` when it has another version; false: there is none.
    func deleteSchedule(_ stored: StoredSchedule, at now: Date) async throws -> Bool

    /// Those that are due at `now`, by their time, what is due now before what is to be made up for; then those due within
    /// `ahead` that have no unfinished run.
    func dueSchedules(at now: Date, ahead: TimeSpan, limit: Int) async throws -> DueSchedules
    /// They stand still, with an entry that says why, until they are stored or planned anew.
    func setAside(_ names: [String], why: String, at now: Date) async throws
    /// The earliest time of all after `now`.
    func nextScheduledDue(after now: Date) async throws -> Date?
    /// Each order by itself is stored whole or not at all, all in one transaction. Results in the order given.
    func fire(_ orders: [FireOrder], at now: Date) async throws -> [FireResult]
    /// Fires outside of the schedule's own times: decided by the overlap rule, or queued behind the others where there are
    /// no `runs`. Throws `conflict` where the rule says skip, and when the schedule has another version.
    func fire(_ stored: StoredSchedule, _ kind: Fire.Kind, due: [Date], runs: [NewRun], at now: Date) async throws
        -> FireResult
    /// The next of each schedule whose turn has come.
    func queuedFires(limit: Int) async throws -> [QueuedFire]
    /// Whether any waits for its turn.
    func hasQueuedFires() async throws -> Bool
    /// Runs that are to make room for a newer time of their schedule, and that nobody has asked to end.
    func runsInTheWay(limit: Int) async throws -> [RunID]
    /// Starts a queued fire's run; nil: it is not its turn any more. `refusal`: in place of a run that cannot be made.
    func release(_ queued: QueuedFire, run: NewRun?, refusal: String?, at now: Date) async throws -> Fire?

    func fires(_ query: FireQuery) async throws -> [Fire]
    /// Of all schedules, also of those that are gone, by time and number.
    func fires(_ page: FireTimePage) async throws -> [Fire]
    /// Schedules whose next time is before `end`, by that time; `position`: only those after it.
    func plannedSchedules(before end: Date, after position: PlannedSchedule?, limit: Int) async throws
        -> [PlannedSchedule]
    /// Of these times, those that have an entry with a run or one that waits for its turn.
    func firedTimes(of schedule: String, among times: [Date]) async throws -> Set<Date>
    /// Throws `notFound` when there is no such watched schedule.
    func ping(_ name: String, _ ping: Ping, at now: Date) async throws -> Fire
    /// Marks what should have ended well by now, owes notices of it, and tells when the next may be.
    func markOverdue(at now: Date, limit: Int) async throws -> (marked: [Fire], next: Date?)
    /// Fires decided before `horizon` that are over.
    func deleteFires(before horizon: Date, limit: Int) async throws -> Int
    /// Computes anew what lies ahead of `now`, for all schedules, those that stand still included: the clock was set back, or
    /// the rules of a zone or a calendar changed. `next`: nil where it cannot be computed, which changes nothing. Runs stored
    /// for times after `ahead` are withdrawn.
    func replan(
        at now: Date, ahead: TimeSpan, _ next: @escaping @Sendable (StoredSchedule) -> Date??
    ) async throws -> Int
}
