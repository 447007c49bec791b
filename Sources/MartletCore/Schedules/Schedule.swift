package import Foundation

/// When which work is started, and what becomes of times that were missed or that meet a run of before.
package struct Schedule: Sendable, Hashable, Codable {
    /// What is done at each of its times.
    package enum Work: Sendable, Hashable, Codable {
        /// A stored job, as it is defined at that time.
        case job(String, params: [String: JSONValue])
        case inline(Job)
        /// What an integration makes a job of, at that time.
        case integration(String, request: JSONValue)
        /// Nothing: others do it, and tell by pings.
        case watch
    }

    /// What becomes of times that passed while nobody could start their work.
    package enum Missed: String, Sendable, Codable, CaseIterable {
        case skip
        /// The last of them is made up for, once.
        case latest
        case all
    }

    /// What becomes of a time at which the run of an earlier one is not over.
    package enum Overlap: String, Sendable, Codable, CaseIterable {
        case allow
        case skip
        /// It waits for its turn.
        case queue
        /// It waits for its turn; a later time takes its place.
        case latest
        /// The run of before is stopped, then this one starts.
        case replace
    }

    package var name: String
    package var description: String?
    package var work: Work
    package var cadence: Cadence
    /// Each time is later by a part of it that belongs to the name, so that not all start at once; nil: none.
    package var jitter: TimeSpan?
    /// IANA name; a `TZ=` before a cron text outranks it.
    package var zone: String
    package var missed: Missed
    /// How long ago a missed time may be to be made up for.
    package var window: TimeSpan
    package var overlap: Overlap
    package var dst: ClockPolicy
    /// `workdays`, `holidays`, or either of a calendar, `NAME:workdays`. Nil: every day.
    package var calendar: String?
    package var isPaused: Bool
    package var labels: [String: String]
    /// How long after its time the work must have ended well; nil: nobody waits for it.
    package var grace: TimeSpan?
    /// Who is told of what is overdue, and of what pings tell, beside the rules of the channels.
    package var notify: [NotifyRule]

    package static let standardWindow = TimeSpan.seconds(7 * 86_400)
    /// For pings, where somebody has to wait for them.
    package static let standardGrace = TimeSpan.seconds(3600)

    package init(
        name: String, description: String? = nil, work: Work, cadence: Cadence, jitter: TimeSpan? = nil,
        zone: String = "UTC",
        missed: Missed = .latest, window: TimeSpan = standardWindow, overlap: Overlap = .skip,
        dst: ClockPolicy = .once, calendar: String? = nil, isPaused: Bool = false, labels: [String: String] = [:],
        grace: TimeSpan? = nil, notify: [NotifyRule] = []
    ) {
        self.name = name
        self.description = description
        self.work = work
        self.cadence = cadence
        self.jitter = jitter
        self.zone = zone
        self.missed = missed
        self.window = window
        self.overlap = overlap
        self.dst = dst
        self.calendar = calendar
        self.isPaused = isPaused
        self.labels = labels
        self.grace = grace
        self.notify = notify
    }

    /// The stored job that it starts; nil when it starts none.
    package var job: String? { if case .job(let name, _) = work { name } else { nil } }
    package var isWatch: Bool { work == .watch }

    /// Whether `rights` are for what it starts.
    package func isCovered(by rights: Rights) -> Bool { rights.covers(job: job, labels: labels) }
}

/// A schedule as it is stored.
package struct StoredSchedule: Sendable, Hashable {
    package let schedule: Schedule
    /// Rises with each change of the definition, from 1.
    package let version: Int
    /// `api`, or who else keeps it.
    package let source: String
    /// From where an interval counts.
    package let anchor: Date
    package let createdAt: Date
    package let updatedAt: Date
    /// The next time to act on; nil: none, or it is paused.
    package let nextDue: Date?
    package let pausedAt: Date?

    package init(
        schedule: Schedule, version: Int, source: String, anchor: Date, createdAt: Date, updatedAt: Date,
        nextDue: Date?, pausedAt: Date? = nil
    ) {
        self.schedule = schedule
        self.version = version
        self.source = source
        self.anchor = anchor
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.nextDue = nextDue
        self.pausedAt = pausedAt
    }
}
