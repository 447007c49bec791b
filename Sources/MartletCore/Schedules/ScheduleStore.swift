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
    /// Runs that are to make room for a newer time.
    package var replaced: [RunID] = []
    /// Nothing was stored: the schedule was changed meanwhile, or it is not yet time and a run is not over.
    package var isPut = true

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

/// Schedules and their ledgers. Every write is durable when its call returns.
package protocol ScheduleStore: Sendable {
    /// Version starts at 1 and rises with each change; `ifVersion` 0 = must not exist. Throws `conflict`. `skipped`: times
    /// of a pause that ends with it. Runs stored ahead of a time that has not come are withdrawn, unless nothing changes.
    func put(_ schedule: StoredSchedule, ifVersion: Int?, skipped: Fire?) async throws -> StoredSchedule
    func schedule(_ name: String) async throws -> StoredSchedule?
    func schedules(after name: String?, limit: Int) async throws -> [StoredSchedule]
    /// Its ledger stays. Throws `conflict`.
    func deleteSchedule(_ name: String, ifVersion: Int?, at now: Date) async throws -> Bool

    /// Those that are due at `now`, by their time; with `ahead`, also those due within it that have no unfinished run.
    func dueSchedules(at now: Date, ahead: TimeSpan, limit: Int) async throws -> [StoredSchedule]
    /// The earliest time of all after `now`.
    func nextScheduledDue(after now: Date) async throws -> Date?
    /// Each order by itself is stored whole or not at all, all in one transaction. Results in the order given.
    func fire(_ orders: [FireOrder], at now: Date) async throws -> [FireResult]
    /// A fire outside of the schedule's own times: decided by the overlap rule, or queued behind the others. Throws
    /// `conflict` where the rule says skip.
    func fire(_ stored: StoredSchedule, _ kind: Fire.Kind, due: [Date], runs: [NewRun], at now: Date) async throws
        -> FireResult
    /// The next of each schedule whose turn has come.
    func queuedFires(limit: Int) async throws -> [QueuedFire]
    /// Whether any waits for its turn.
    func hasQueuedFires() async throws -> Bool
    /// Starts a queued fire's run; nil: it is no longer queued. `refusal`: in place of a run that cannot be made.
    func release(_ number: Int64, run: NewRun?, refusal: String?, at now: Date) async throws -> Fire?

    func fires(_ query: FireQuery) async throws -> [Fire]
    /// Of these times, those that have an entry with a run or one that waits for its turn.
    func firedTimes(of schedule: String, among times: [Date]) async throws -> Set<Date>
    /// Throws `notFound` when there is no such watched schedule.
    func ping(_ name: String, _ ping: Ping, at now: Date) async throws -> Fire
    /// Marks what should have ended well by now, owes notices of it, and tells when the next may be.
    func markOverdue(at now: Date, limit: Int) async throws -> (marked: [Fire], next: Date?)
    /// Fires decided before `horizon` that are over.
    func deleteFires(before horizon: Date, limit: Int) async throws -> Int
    /// Computes anew what lies ahead of `now`, for all schedules: the clock was set back, or the rules of a zone changed.
    func replan(at now: Date, _ next: @escaping @Sendable (StoredSchedule) -> Date?) async throws -> Int
    /// When the newest entry was decided.
    func newestFire() async throws -> Date?
}
