import Foundation
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
    private struct Link {
        let token: [UInt8]
        let expiresAt: Date
        /// The session that it was made with: the link ends with it, and what it lets in lasts no longer.
        let maker: [UInt8]?
    }

    private struct State {
        var idle: TimeSpan
        var byDigest: [[UInt8]: Session] = [:]
        /// Last uses that are not stored yet.
        var uses: [[UInt8]: Date] = [:]
        var links: [[UInt8]: Link] = [:]

        init(idle: TimeSpan) { self.idle = idle }

        func end(of session: Session) -> Date {
            min(session.usedAt.adding(idle), session.createdAt.adding(Sessions.longest))
        }

        /// Nil: it is not in force.
        func session(_ digest: [UInt8], at now: Date) -> Session? {
            byDigest[digest].flatMap { end(of: $0) > now ? $0 : nil }
        }
    }

    /// A session in which nobody does anything ends so long after the last deed, unless the setting says otherwise.
    package static let standardIdle = TimeSpan.seconds(30 * 60)
    package static let idleTimes = TimeSpan.seconds(1)...longest
    /// Every session ends so long after its begin.
    package static let longest = TimeSpan.seconds(30 * 86_400)
    /// A link counts so long, and once. It is forgotten when the server ends.
    package static let linkLife = TimeSpan.seconds(15 * 60)
    /// Precedes what browsers hold.
    package static let prefix = "mls_"
    /// Of one token; the one that was used least recently ends for a further one.
    static let mostOfOneToken = 100
    static let mostLinks = 1000

    private let store: any SessionStore
    private let digest: @Sendable (Secret) -> [UInt8]
    private let now: @Sendable () -> Date
    private let state: Mutex<State>

    init(
        store: any SessionStore, idle: TimeSpan, digest: @escaping @Sendable (Secret) -> [UInt8],
        now: @escaping @Sendable () -> Date
    ) async throws {
        (self.store, self.digest, self.now) = (store, digest, now)
        var state = State(idle: idle)
        for session in try await store.sessions() { state.byDigest[session.digest] = session }
        self.state = Mutex(state)
    }

    /// How long a session lasts in which nobody does anything.
    package var idle: TimeSpan { state.withLock { $0.idle } }

    package func replace(idle: TimeSpan) { state.withLock { $0.idle = idle } }

    /// The token that a session in force stands for, as its digest. Asking for it is no use.
    func token(of secret: Secret) -> [UInt8]? {
        let (digest, now) = (digest(secret), now())
        return state.withLock { $0.session(digest, at: now)?.token }
    }

    package func isInForce(_ secret: Secret) -> Bool { token(of: secret) != nil }

    /// Somebody did something: the idle time begins anew. One that is over stays over.
    package func use(_ secret: Secret) {
        let (digest, now) = (digest(secret), now())
        state.withLock { state in
            guard var session = state.session(digest, at: now) else { return }
            session.usedAt = now
            state.byDigest[digest] = session
            state.uses[digest] = now
        }
    }

    /// What a page of our own knows of its session, and a page of another port does not, though both share one jar of
    /// cookies. The secret cannot be told from it.
    package func mark(of secret: Secret) -> String {
        Hex.text(Array(digest(Secret("mark of \(secret.exposed)")).prefix(16)))
    }

    /// What the browser is to keep, and when it ends at the latest. `since`: it counts as begun then.
    func begin(
        with token: [UInt8], owner: String, since: Date? = nil
    ) async throws -> (secret: Secret, lasts: TimeSpan) {
        let secret = Tokens.newSecret(prefix: Self.prefix)
        let now = Date(milliseconds: now().milliseconds)
        let session = Session(digest: digest(secret), token: token, createdAt: since ?? now, usedAt: now)
        try await store.insert(session, owner: owner)
        let old = state.withLock { state in
            state.byDigest[session.digest] = session
            let ofToken = state.byDigest.values.filter { $0.token == token }.sorted { $0.usedAt < $1.usedAt }
            return ofToken.dropLast(Self.mostOfOneToken).map(\.digest)
        }
        if !old.isEmpty { try await forget(old) }
        let end = session.createdAt.adding(Self.longest)
        return (secret, TimeSpan(milliseconds: end.milliseconds - now.milliseconds))
    }

    /// Ends a session; one that is over already is left alone.
    package func end(_ secret: Secret) async throws { try await forget([digest(secret)]) }

    /// A secret that logs one browser in. `maker`: the session that asks for it.
    func link(to token: [UInt8], maker: Secret? = nil) -> (secret: Secret, expiresAt: Date) {
        let secret = Tokens.newSecret(prefix: "mlk_")
        let now = now()
        let link = Link(token: token, expiresAt: now.adding(Self.linkLife), maker: maker.map(digest))
        let digest = digest(secret)
        state.withLock { state in
            state.links = state.links.filter { $0.value.expiresAt > now }
            if state.links.count >= Self.mostLinks,
                let first = state.links.min(by: { $0.value.expiresAt < $1.value.expiresAt })
            {
                state.links[first.key] = nil
            }
            state.links[digest] = link
        }
        return (secret, link.expiresAt)
    }

    /// The token that a link stands for, and since when what it lets in counts; it counts no more after that. Nil: it is no
    /// link, too old, or the session that made it is over.
    func redeem(link: Secret) -> (token: [UInt8], since: Date?)? {
        let (digest, now) = (digest(link), now())
        return state.withLock { state in
            guard let link = state.links.removeValue(forKey: digest), link.expiresAt > now else { return nil }
            guard let maker = link.maker else { return (link.token, nil) }
            return state.session(maker, at: now).map { (link.token, $0.createdAt) }
        }
    }

    /// Stores the last uses, and forgets sessions that are over, or whose token `isGone`.
    func flush(isGone: ([UInt8]) -> Bool) async throws {
        let now = now()
        let (uses, over) = state.withLock { state in
            defer { state.uses = [:] }
            let over = state.byDigest.filter { state.end(of: $0.value) <= now || isGone($0.value.token) }
            return (state.uses, Array(over.keys))
        }
        do {
            try await store.recordSessionUse(uses)
        } catch {
            state.withLock { $0.uses.merge(uses) { newer, _ in newer } }
            throw error
        }
        if !over.isEmpty { try await forget(over) }
    }

    private func forget(_ digests: [[UInt8]]) async throws {
        state.withLock { state in
            for digest in digests { (state.byDigest[digest], state.uses[digest]) = (nil, nil) }
        }
        try await store.deleteSessions(digests)
    }
}
