package import Foundation
package import MartletCore

/// Works off what is owed to one channel: one message after the other, never faster than its pace.
package struct ChannelQueue: Sendable {
    package enum Step: Sendable, Hashable {
        /// A message was handed over; there may be more.
        case sent
        /// It did not arrive.
        case failed(DeliveryFailure)
        /// Nothing is due before this instant; nil: nothing waits.
        case wait(until: Date?)
        /// Nothing may be sent before this instant.
        case hold(until: Date)
    }

    /// How long a platform mutes a robot that wrote too often.
    static let mute = TimeSpan.seconds(600)
    /// A channel that fails holds the others of its messages for so long at most.
    static let longestHold = TimeSpan.seconds(300)
    /// More lines than this fit into no message.
    private static let mostParts = 500

    private let store: any NoticeQueue & NoticeLedger
    private let desk: NoticeDesk
    private let now: @Sendable () -> Date
    /// 0…1.
    private let random: @Sendable () -> Double
    /// Told of each try to store what came of a message that failed.
    private let onTrouble: @Sendable (any Error) -> Void
    /// Messages in a row that did not arrive.
    private var failures = 0

    package init(
        store: any NoticeQueue & NoticeLedger, desk: NoticeDesk, now: @escaping @Sendable () -> Date,
        random: @escaping @Sendable () -> Double = { .random(in: 0...1) },
        onTrouble: @escaping @Sendable (any Error) -> Void = { _ in }
    ) {
        self.store = store
        self.desk = desk
        self.now = now
        self.random = random
        self.onTrouble = onTrouble
    }

    /// Sends one message, if one is due and may be sent. Throws what the store throws.
    package mutating func step(_ channel: any NoticeChannel) async throws -> Step {
        let name = channel.facts.name
        let notices: [Notice]
        switch try await store.claimNotices(of: name, pace: channel.pace, at: now()) {
        case .wait(let until): return .wait(until: until)
        case .hold(let until): return .hold(until: until)
        case .send(let taken): notices = taken
        }
        guard let failure = await failure(of: notices, channel) else {
            failures = 0
            try await settle(notices, .sent)
            desk.count(.sent, of: name)
            return .sent
        }
        failures += failure.isThrottled ? 0 : 1
        try await settle(notices, retry(notices, failure))
        desk.count(failure.isThrottled ? .throttled : .failed, of: name)
        return .failed(failure)
    }

    /// Nil: the message was taken.
    private func failure(of notices: [Notice], _ channel: any NoticeChannel) async -> DeliveryFailure? {
        do throws(DeliveryFailure) {
            try await channel.send(try await message(notices))
            return nil
        } catch {
            return error
        }
    }

    private func message(_ notices: [Notice]) async throws(DeliveryFailure) -> NoticeMessage {
        guard notices.count == 1 else { return NoticeMessage(notices) }
        do {
            return NoticeMessage(
                notices, parts: try await store.noticeParts(of: notices[0].cause, limit: Self.mostParts))
        } catch {
            throw DeliveryFailure("what it tells could not be read: \(error)")
        }
    }

    /// Repeats until it is stored or the server goes away: nothing stays in doubt that need not, and nobody but the next
    /// server would look at it again. A write of the store goes through in a cancelled task, too.
    private func settle(_ notices: [Notice], _ result: NoticeResult) async throws {
        let now = now()
        var pause: Int64 = 100
        while true {
            do {
                let givenUp = try await store.settle(notices, result, at: now)
                if let name = notices.first?.channel { for _ in givenUp { desk.count(.gaveUp, of: name) } }
                return
            } catch {
                onTrouble(error)
                try await Task.sleep(for: .milliseconds(pause))
                pause = min(pause * 2, 5000)
            }
        }
    }

    private func retry(_ notices: [Notice], _ failure: DeliveryFailure) -> NoticeResult {
        let now = now()
        let attempts = notices.map(\.attempts).max() ?? 1
        let pause = failure.isThrottled ? Self.mute : min(Self.delay(after: failures, random()), Self.longestHold)
        let hold = now.adding(pause)
        let until = max(hold, now.adding(Self.delay(after: attempts, random())))
        return .retry(
            until: until, error: NoticeText.oneLine(failure.description, upTo: 500),
            mayHaveArrived: failure.mayHaveArrived, holding: NoticeHold(until: hold, isMute: failure.isThrottled))
    }

    /// 5 s after the first try, twice as long after each further one, half an hour at most; a fifth more or less.
    static func delay(after attempts: Int, _ chance: Double) -> TimeSpan {
        let plain = min(5000 * pow(2, Double(min(max(attempts, 1), 20) - 1)), 1_800_000)
        return TimeSpan(milliseconds: Int64(plain * (0.8 + 0.4 * chance)))
    }
}
