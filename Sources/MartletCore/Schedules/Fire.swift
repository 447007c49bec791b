package import Foundation

/// What became of one time of a schedule: an entry of its ledger.
package struct Fire: Sendable, Hashable {
    package enum Kind: String, Sendable, Codable, CaseIterable {
        /// The schedule's own time.
        case due
        /// Somebody asked for a run now.
        case manual
        /// Somebody had times of the past made up for.
        case backfill
    }

    /// Rises in the order in which fires were decided.
    package let number: Int64
    package let schedule: String
    package let due: Date
    package let kind: Kind
    /// When it was decided what becomes of it. A little before `due` where the run was stored ahead of its time.
    package let at: Date
    package let outcome: FireOutcome
    /// Why it did not run, in a sentence.
    package let why: String?
    package let run: RunID?
    /// The last of several times that share this entry; nil: it is for one.
    package let through: Date?
    /// How many times it is for; of very many, those that were counted.
    package let count: Int
    /// When a ping said that the work began.
    package let startedAt: Date?
    package let endedAt: Date?
    /// It had not ended well when its grace was over.
    package let isOverdue: Bool
    /// What pings told last, cut to ``Ping/mostText`` bytes.
    package let note: String?

    package init(
        number: Int64, schedule: String, due: Date, kind: Kind, at: Date, outcome: FireOutcome, why: String? = nil,
        run: RunID? = nil, through: Date? = nil, count: Int = 1, startedAt: Date? = nil, endedAt: Date? = nil,
        isOverdue: Bool = false, note: String? = nil
    ) {
        self.number = number
        self.schedule = schedule
        self.due = due
        self.kind = kind
        self.at = at
        self.outcome = outcome
        self.why = why
        self.run = run
        self.through = through
        self.count = count
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.isOverdue = isOverdue
        self.note = note
    }

    /// How long after its time it was acted on.
    package var late: TimeSpan { TimeSpan(milliseconds: max(0, at.milliseconds - due.milliseconds)) }
}

package enum FireOutcome: String, Sendable, Codable, CaseIterable {
    /// Pings are to tell.
    case waiting
    /// It waits until the run of an earlier time is over.
    case queued
    /// Its run is stored and not over; of a watched one: a ping said that it began.
    case running
    case succeeded
    case failed
    case cancelled
    case lost
    /// The overlap rule, or a pause, kept it from running.
    case skipped
    /// Its time passed while nobody could act on it.
    case missed
    /// Its run could not be stored.
    case refused

    package init(_ end: RunState) {
        switch end {
        case .succeeded: self = .succeeded
        case .failed: self = .failed
        case .cancelled: self = .cancelled
        case .lost: self = .lost
        case .pending, .running, .stopping, .paused: self = .running
        }
    }

    package var isOver: Bool {
        switch self {
        case .waiting, .queued, .running: false
        case .succeeded, .failed, .cancelled, .lost, .skipped, .missed, .refused: true
        }
    }
}

/// What others tell about work that a schedule watches.
package struct Ping: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case start, success, fail, log

        /// Nil: it says nothing of that.
        package var outcome: FireOutcome? {
            switch self {
            case .start: .running
            case .success: .succeeded
            case .fail: .failed
            case .log: nil
            }
        }
    }

    package static let mostText = 10_000

    package let kind: Kind
    /// What came with it, for people.
    package let text: String

    package init(kind: Kind, text: String = "") {
        self.kind = kind
        self.text = NoticeText.cut(text, upTo: Self.mostText)
    }
}
