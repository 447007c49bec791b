package import Foundation

/// How far a notice is.
package enum NoticeState: String, Sendable, Codable, CaseIterable {
    /// To be sent, for the first time or again.
    case waiting
    /// Handed to the channel; nobody knows yet whether it arrived.
    case sending
    /// The channel took it.
    case sent
    /// It was tried as often and as long as it is worth.
    case gaveUp
}

/// One message owed to one channel because of one cause.
package struct Notice: Sendable, Hashable {
    /// What stays as it was when the notice was made.
    package struct Content: Sendable, Hashable, Codable {
        /// The first line.
        package var title: String
        /// Why the channel is told.
        package var events: [NoticeEvent]
        /// Nil for a test.
        package var end: NoticeEnd?

        package init(title: String, events: [NoticeEvent], end: NoticeEnd?) {
            self.title = title
            self.events = events
            self.end = end
        }
    }

    /// Rises; also the order of the ledger.
    package let number: Int64
    package let channel: String
    /// `batch ID GROUP`, `run ID` or `test ID`; the runs of one batch may be of several groups, each told by itself. A channel gets one notice for each cause.
    package let cause: String
    package var content: Content
    package var state: NoticeState
    package var attempts: Int
    package let createdAt: Date
    package var dueAt: Date
    /// After it no further try is made.
    package var expiresAt: Date
    package var settledAt: Date?
    /// An earlier try may have arrived: the text says so.
    package var mayBeRepeated: Bool
    /// What went wrong with the last try.
    package var error: String?
    /// The notice whose message told of this one, too.
    package var digest: Int64?

    package init(
        number: Int64, channel: String, cause: String, content: Content, state: NoticeState = .waiting,
        attempts: Int = 0, createdAt: Date, dueAt: Date, expiresAt: Date, settledAt: Date? = nil,
        mayBeRepeated: Bool = false, error: String? = nil, digest: Int64? = nil
    ) {
        self.number = number
        self.channel = channel
        self.cause = cause
        self.content = content
        self.state = state
        self.attempts = attempts
        self.createdAt = createdAt
        self.dueAt = dueAt
        self.expiresAt = expiresAt
        self.settledAt = settledAt
        self.mayBeRepeated = mayBeRepeated
        self.error = error
        self.digest = digest
    }

    /// The run, when it is about one run in no batch.
    package var run: RunID? { cause.hasPrefix("run ") ? RunID(String(cause.dropFirst(4))) : nil }
    package var batch: String? {
        cause.hasPrefix("batch ") ? String(cause.dropFirst(6).prefix { $0 != " " }) : nil
    }

    /// A test concerns the whole server; anything else is for those who may see all its work.
    package func isCovered(by rights: Rights) -> Bool {
        guard rights.isRestricted else { return true }
        guard let works = content.end?.works, !works.isEmpty, works.count <= NoticeEnd.mostWorks else { return false }
        return works.allSatisfy { rights.covers(job: $0.job, labels: $0.labels) }
    }
}

/// A page of the ledger to ask for, newest first.
package struct NoticeQuery: Sendable, Hashable {
    package var channel: String?
    package var state: NoticeState?
    package var group: String?
    /// Notices that tell of this run, alone or in a batch.
    package var run: RunID?
    /// Only older ones.
    package var before: Int64?
    /// 1…1,000.
    package var limit = 50
    package init() {}
}
