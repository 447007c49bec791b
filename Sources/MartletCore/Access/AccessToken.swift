package import Foundation

/// A token as it is stored and shown; its secret is known to its holder only.
package struct AccessToken: Sendable, Hashable {
    /// Eight hex digits.
    package let id: String
    /// Unique among the tokens in force.
    package let name: String
    package let rights: Rights
    package let createdAt: Date
    /// Name of the principal that made it.
    package let createdBy: String
    /// Nil: it does not expire.
    package let expiresAt: Date?
    /// To the minute; nil: never used.
    package var lastUsedAt: Date?
    package var revokedAt: Date?

    /// Of an id, before it is written in hex.
    package static let idBytes = 4

    /// Whether a text has the form of an id, which no name may have: a token is revoked by either.
    package static func mayBeID(_ text: String) -> Bool {
        text.utf8.count == 2 * idBytes && text.utf8.allSatisfy("0123456789abcdef".utf8.contains)
    }

    package init(
        id: String, name: String, rights: Rights, createdAt: Date, createdBy: String, expiresAt: Date?,
        lastUsedAt: Date? = nil, revokedAt: Date? = nil
    ) {
        self.id = id
        self.name = name
        self.rights = rights
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.expiresAt = expiresAt
        self.lastUsedAt = lastUsedAt
        self.revokedAt = revokedAt
    }

    package enum State: String, Sendable, CaseIterable { case active, expired, revoked }

    package func state(at now: Date) -> State {
        if revokedAt != nil { return .revoked }
        return expiresAt.map { $0 <= now } ?? false ? .expired : .active
    }
}

/// Tokens; only a digest of each secret is stored.
package protocol TokenStore: Sendable {
    /// Throws `conflict` when a token in force at `token.createdAt` has the name.
    func insert(_ token: AccessToken, secret: Secret) async throws
    /// Every stored token with its digest, oldest first.
    func tokens() async throws -> [(token: AccessToken, digest: [UInt8])]
    /// The token as it is then; one that was revoked before stays as it was. Nil: no such token.
    func revokeToken(_ id: String, at now: Date) async throws -> AccessToken?
    /// `uses`: the last one of each token, by its id.
    func recordTokenUse(_ uses: [String: Date]) async throws
    /// Forgets tokens that were revoked or expired before.
    func deleteTokens(overBefore: Date) async throws
    /// 32 bytes from which the secret cannot be told.
    func digest(_ secret: Secret) -> [UInt8]
}
