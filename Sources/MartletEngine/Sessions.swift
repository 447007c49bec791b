package import Foundation
package import MartletCore
import Synchronization

/// What a caller shows.
package enum Credential: Sendable, Hashable {
    case token(Secret)
    /// What a browser got when it logged in.
    case session(Secret)
}

/// Browsers that logged in, each with a token that it stands for; and links that let one browser in. All of them are held in
/// memory, as tokens are.
package final class Sessions: Sendable {
    private struct State {
        var byDigest: [[UInt8]: Session] = [:]
        /// Last uses that are not stored yet.
        var uses: [[UInt8]: Date] = [:]
        var links: [[UInt8]: (token: [UInt8], expiresAt: Date)] = [:]
    }

    /// A session that is not used ends so long after its last use, and every one so long after its begin.
    package static let idle = TimeSpan.seconds(7 * 86_400)
    package static let longest = TimeSpan.seconds(30 * 86_400)
    /// A link counts so long, and once. It is forgotten when the server ends.
    package static let linkLife = TimeSpan.seconds(15 * 60)
    /// Of one token; the one that was used least recently ends for a further one.
    static let mostOfOneToken = 100
    static let mostLinks = 1000
    private static let useResolution: TimeInterval = 60

    private let store: any SessionStore
    private let digest: @Sendable (Secret) -> [UInt8]
    private let now: @Sendable () -> Date
    private let state: Mutex<State>

    init(
        store: any SessionStore, digest: @escaping @Sendable (Secret) -> [UInt8], now: @escaping @Sendable () -> Date
    ) async throws {
        (self.store, self.digest, self.now) = (store, digest, now)
        var state = State()
        for session in try await store.sessions() { state.byDigest[session.digest] = session }
        self.state = Mutex(state)
    }

    /// The token that a session in force stands for, as its digest.
    func token(of secret: Secret) -> [UInt8]? {
        let (digest, now) = (digest(secret), now())
        return state.withLock { state in
            guard var session = state.byDigest[digest], !session.isOver(at: now) else { return nil }
            if now.timeIntervalSince(session.usedAt) >= Self.useResolution {
                session.usedAt = now
                state.byDigest[digest] = session
                state.uses[digest] = now
            }
            return session.token
        }
    }

    /// When a session ends at the latest; nil when it is not in force.
    package func end(of secret: Secret) -> Date? {
        let (digest, now) = (digest(secret), now())
        return state.withLock { $0.byDigest[digest] }.flatMap { $0.isOver(at: now) ? nil : $0.end }
    }

    /// What the browser is to keep.
    func begin(with token: [UInt8], owner: String) async throws -> Secret {
        let secret = Tokens.newSecret(prefix: "mls_")
        let now = Date(milliseconds: now().milliseconds)
        let session = Session(digest: digest(secret), token: token, createdAt: now, usedAt: now)
        try await store.insert(session, owner: owner)
        let old = state.withLock { state in
            state.byDigest[session.digest] = session
            let ofToken = state.byDigest.values.filter { $0.token == token }.sorted { $0.usedAt < $1.usedAt }
            return ofToken.dropLast(Self.mostOfOneToken).map(\.digest)
        }
        if !old.isEmpty { try await forget(old) }
        return secret
    }

    /// Ends a session; one that is over already is left alone.
    package func end(_ secret: Secret) async throws { try await forget([digest(secret)]) }

    /// A secret that logs one browser in.
    func link(to token: [UInt8]) -> (secret: Secret, expiresAt: Date) {
        let secret = Tokens.newSecret(prefix: "mlk_")
        let now = now()
        let expiresAt = now.adding(Self.linkLife)
        let digest = digest(secret)
        state.withLock { state in
            state.links = state.links.filter { $0.value.expiresAt > now }
            if state.links.count >= Self.mostLinks,
                let first = state.links.min(by: { $0.value.expiresAt < $1.value.expiresAt })
            {
                state.links[first.key] = nil
            }
            state.links[digest] = (token, expiresAt)
        }
        return (secret, expiresAt)
    }

    /// The token that a link stands for; it counts no more after that.
    func redeem(link: Secret) -> [UInt8]? {
        let (digest, now) = (digest(link), now())
        return state.withLock { $0.links.removeValue(forKey: digest) }.flatMap { $0.expiresAt > now ? $0.token : nil }
    }

    /// Stores the last uses, and forgets sessions that are over, or whose token `isGone`.
    func flush(isGone: ([UInt8]) -> Bool) async throws {
        let now = now()
        let (uses, all) = state.withLock { state in
            defer { state.uses = [:] }
            return (state.uses, state.byDigest)
        }
        do {
            try await store.recordSessionUse(uses)
        } catch {
            state.withLock { $0.uses.merge(uses) { newer, _ in newer } }
            throw error
        }
        let over = all.values.filter { $0.isOver(at: now) || isGone($0.token) }.map(\.digest)
        if !over.isEmpty { try await forget(over) }
    }

    private func forget(_ digests: [[UInt8]]) async throws {
        state.withLock { state in
            for digest in digests { (state.byDigest[digest], state.uses[digest]) = (nil, nil) }
        }
        try await store.deleteSessions(digests)
    }
}

extension Session {
    fileprivate var end: Date { min(usedAt.adding(Sessions.idle), createdAt.adding(Sessions.longest)) }
    fileprivate func isOver(at now: Date) -> Bool { end <= now }
}
