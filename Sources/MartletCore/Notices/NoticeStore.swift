package import Foundation

/// How fast and how long a channel is written to.
package struct NoticePace: Sendable, Hashable {
    /// Messages in any 60 seconds; nil: any number.
    package var perMinute: Int?
    /// Notices that one message may tell of when more wait than may be sent; 1: each has a message of its own.
    package var mostInDigest: Int

    package init(perMinute: Int? = nil, mostInDigest: Int = 1) {
        self.perMinute = perMinute
        self.mostInDigest = mostInDigest
    }

    package static let window = TimeSpan.seconds(60)
    /// How long a notice is tried.
    package static let patience = TimeSpan.seconds(86_400)
    package static let mostAttempts = 60
}

/// What a channel has to do now.
package enum NoticeClaim: Sendable {
    /// One message for all of these; each is marked as being sent, and the time of the message is stored.
    case send([Notice])
    /// Nothing is due before this instant; nil: nothing waits.
    case wait(until: Date?)
    /// The channel sends nothing before this instant, whatever becomes due: its minute is used up, or it is held.
    case hold(until: Date)
}

/// A channel sends nothing at all until then.
package struct NoticeHold: Sendable, Hashable {
    package var until: Date
    /// Its platform asked for it: only time ends it. Another hold ends by hand, too.
    package var isMute: Bool

    package init(until: Date, isMute: Bool) {
        self.until = until
        self.isMute = isMute
    }
}

/// What came of one message.
package enum NoticeResult: Sendable, Hashable {
    case sent
    /// Not before `until`. `mayHaveArrived`: the next try is marked as a possible repetition.
    case retry(until: Date, error: String, mayHaveArrived: Bool, holding: NoticeHold?)
}

/// The outbox as a channel works it off. Every write is durable when the call returns.
package protocol NoticeQueue: Sendable {
    /// What an earlier server was about to send is sent once more, marked as a possible repetition. Returns how many.
    func recoverNotices(at now: Date) async throws -> Int
    /// Takes what one message may tell of, within the channel's pace.
    func claimNotices(of channel: String, pace: NoticePace, at now: Date) async throws -> NoticeClaim
    /// Ends a try. Returns those of the notices that were given up: too many tries, or too late.
    func settle(_ notices: [Notice], _ result: NoticeResult, at now: Date) async throws -> [Int64]
    /// Ends every hold that is not a mute: the channels were configured anew.
    func releaseNotices() async throws
    /// Gives up what waits for longer than ``NoticePace/patience``. Returns the channels.
    func expireNotices(at now: Date) async throws -> [String]
}

/// How a channel stands.
package struct NoticeChannelState: Sendable, Hashable {
    package var waiting = 0
    /// It sends nothing until then: its platform mutes it, or it could not be reached.
    package var heldUntil: Date?
    /// Newest first, those of the last minute.
    package var sends: [Date] = []
    package init() {}
}

/// What happened to each notice and why.
package protocol NoticeLedger: Sendable {
    /// Newest first.
    func notices(_ query: NoticeQuery) async throws -> [Notice]
    func notice(_ number: Int64) async throws -> Notice?
    /// What a cause's notices list, in their order; those that are hidden are left out.
    func noticeParts(of cause: String, limit: Int) async throws -> [NoticePart]
    /// A test message, to be sent like any other; a hold of the channel that is not a mute ends. `id`: names its cause.
    func addTestNotice(to channel: String, id: String, at now: Date) async throws -> Notice
    /// Tries again at once, as a test message would be, for as long as a new one. Throws `notFound`, and `conflict` when it was sent or is being sent.
    func retryNotice(_ number: Int64, at now: Date) async throws -> Notice
    /// Removes at most `limit` settled ones, large ones in several calls, and what is remembered of jobs and groups that
    /// are not heard of any more. Returns 0 when no settled one is left.
    func deleteNotices(before: Date, limit: Int) async throws -> Int
    /// By name; channels that nothing was ever owed to are left out.
    func noticeChannelStates(at now: Date) async throws -> [String: NoticeChannelState]
}
