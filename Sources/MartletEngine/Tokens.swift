package import Foundation
package import MartletCore
import Synchronization

/// Who may call: the admin token and the stored ones. All of them are held in memory, so that a call costs no read and
/// a revocation counts at once.
package final class Tokens: Sendable {
    private struct State {
        var admin: [UInt8]
        /// Those of other servers, from files.
        var peers: [[UInt8]: Principal] = [:]
        var byDigest: [[UInt8]: AccessToken] = [:]
        /// Last uses that are not stored yet, by token id.
        var uses: [String: Date] = [:]
    }

    /// Tokens stay listed so long after they are over.
    static let remembered = TimeSpan.seconds(90 * 86_400)
    /// A use is noted at most so often.
    private static let useResolution: TimeInterval = 60
    /// Precedes every token, so that scanners for leaked secrets know it.
    package static let prefix = "mlt_"

    private let store: any TokenStore
    /// Browsers that logged in with one of them.
    package let sessions: Sessions
    private let now: @Sendable () -> Date
    private let state: Mutex<State>

    /// `admin`: the token of `admin.token`. `idle`: see ``Sessions/idle``.
    package init(
        store: any TokenStore & SessionStore, admin: Secret, idle: TimeSpan = Sessions.standardIdle,
        now: @escaping @Sendable () -> Date = { Date() }
    ) async throws {
        sessions = try await Sessions(store: store, idle: idle, digest: store.digest, now: now)
        self.store = store
        self.now = now
        var state = State(admin: store.digest(admin))
        for (token, digest) in try await store.tokens() { state.byDigest[digest] = token }
        self.state = Mutex(state)
    }

    /// Who presents `secret`; nil when it is nobody's, or no longer in force.
    package func principal(presenting secret: Secret) -> Principal? { principal(with: store.digest(secret)) }

    /// Whose token or session it is; nil when it is nobody's, or no longer in force.
    package func principal(of credential: Credential) -> Principal? {
        digest(of: credential).flatMap { principal(with: $0) }
    }

    private func digest(of credential: Credential) -> [UInt8]? {
        switch credential {
        case .token(let secret): store.digest(secret)
        case .session(let secret): sessions.token(of: secret)
        }
    }

    private func principal(with digest: [UInt8]) -> Principal? {
        let now = now()
        return state.withLock { state in
            if digest == state.admin { return .admin }
            if let peer = state.peers[digest] { return peer }
            guard var token = state.byDigest[digest], token.state(at: now) == .active else { return nil }
            if token.lastUsedAt.map({ now.timeIntervalSince($0) >= Self.useResolution }) ?? true {
                token.lastUsedAt = now
                state.byDigest[digest] = token
                state.uses[token.id] = now
            }
            return Principal(token)
        }
    }

    /// Without being a use.
    private func isInForce(_ digest: [UInt8]) -> Bool {
        let now = now()
        return state.withLock { state in
            digest == state.admin || state.peers[digest] != nil || state.byDigest[digest]?.state(at: now) == .active
        }
    }

    /// The admin token was replaced.
    package func replaceAdmin(_ secret: Secret) {
        let digest = store.digest(secret)
        state.withLock { $0.admin = digest }
    }

    /// Lets another server in by the token of a file, in place of the ones before.
    package func replacePeer(_ secret: Secret, _ principal: Principal) {
        let digest = store.digest(secret)
        state.withLock { $0.peers = [digest: principal] }
    }

    // MARK: Browsers

    /// A browser that was let in: what it is to keep, and for how long at most.
    package struct Login: Sendable {
        package let secret: Secret
        package let lasts: TimeSpan
        package let principal: Principal
    }

    /// Logs a browser in. Nil: the token is not in force.
    package func logIn(token: Secret) async throws -> Login? {
        try await logIn(store.digest(token), since: nil)
    }

    /// The same by a link, which counts no more after that.
    package func logIn(link: Secret) async throws -> Login? {
        guard let (token, since) = sessions.redeem(link: link) else { return nil }
        return try await logIn(token, since: since)
    }

    private func logIn(_ digest: [UInt8], since: Date?) async throws -> Login? {
        guard let principal = principal(with: digest) else { return nil }
        let (secret, lasts) = try await sessions.begin(with: digest, owner: principal.name, since: since)
        return Login(secret: secret, lasts: lasts, principal: principal)
    }

    /// A link that logs one browser in as the holder of the admin token.
    package func adminLink() -> Secret { sessions.link(to: state.withLock { $0.admin }).secret }

    /// A link that logs one browser in as the caller. Nil: the credential is not in force.
    package func link(for credential: Credential) -> (secret: Secret, expiresAt: Date)? {
        guard let digest = digest(of: credential), principal(with: digest) != nil else { return nil }
        if case .session(let maker) = credential { return sessions.link(to: digest, maker: maker) }
        return sessions.link(to: digest)
    }

    // MARK: Management

    /// Oldest first.
    package func list() -> [AccessToken] {
        state.withLock { Array($0.byDigest.values) }.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
    }

    /// The token with its secret, which cannot be told again. Throws `conflict` when the name is taken.
    package func create(_ wish: NewToken, by principal: Principal) async throws -> (token: AccessToken, secret: Secret)
    {
        let now = Date(milliseconds: now().milliseconds)
        let token = AccessToken(
            id: Self.hex(AccessToken.idBytes), name: wish.name, rights: wish.rights, createdAt: now,
            createdBy: principal.name,
            expiresAt: wish.lifetime.map(now.adding))
        let secret = Self.newSecret()
        try await store.insert(token, secret: secret)
        let digest = store.digest(secret)
        state.withLock { $0.byDigest[digest] = token }
        return (token, secret)
    }

    /// By its id, or by the name of a token in force, which an id that is over does not hide. Throws `notFound`.
    package func revoke(_ text: String) async throws -> AccessToken {
        let now = Date(milliseconds: now().milliseconds)
        guard let id = find(text, at: now)?.id, let revoked = try await store.revokeToken(id, at: now) else {
            throw MartletError(.notFound, "there is no token \(text.prefix(128)) in force")
        }
        state.withLock { state in
            for (digest, token) in state.byDigest where token.id == id {
                state.byDigest[digest]?.revokedAt = revoked.revokedAt
            }
        }
        return revoked
    }

    private func find(_ text: String, at now: Date) -> AccessToken? {
        let all = list()
        let active = all.filter { $0.state(at: now) == .active }
        return active.first { $0.id == text } ?? active.first { $0.name == text } ?? all.first { $0.id == text }
    }

    /// Stores the last uses, and forgets tokens that are over for long, and sessions that ended.
    package func flush() async throws {
        try await sessions.flush { !isInForce($0) }
        let uses = state.withLock { state in
            defer { state.uses = [:] }
            return state.uses
        }
        do {
            try await store.recordTokenUse(uses)
        } catch {
            state.withLock { $0.uses.merge(uses) { newer, _ in newer } }
            throw error
        }
        let horizon = now().adding(TimeSpan(milliseconds: -Self.remembered.milliseconds))
        let old = state.withLock { state in
            let old = state.byDigest.filter { $0.value.isOver(before: horizon) }
            for digest in old.keys { state.byDigest[digest] = nil }
            return old
        }
        if !old.isEmpty { try await store.deleteTokens(overBefore: horizon) }
    }

    // MARK: Secrets

    package static func newSecret(prefix: String = prefix) -> Secret { Secret(prefix + hex(32)) }

    private static func hex(_ count: Int) -> String {
        var generator = SystemRandomNumberGenerator()
        return Hex.text((0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
    }
}

extension AccessToken {
    fileprivate func isOver(before date: Date) -> Bool {
        [revokedAt, expiresAt].contains { $0.map { $0 < date } ?? false }
    }
}
