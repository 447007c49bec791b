package import Foundation

/// A browser that logged in: it stands for the token that it logged in with, and ends with it.
package struct Session: Sendable, Hashable {
    /// From which what the browser holds cannot be told, see ``TokenStore/digest(_:)``.
    package let digest: [UInt8]
    /// The same of the token.
    package let token: [UInt8]
    package let createdAt: Date
    /// To the minute.
    package var usedAt: Date

    package init(digest: [UInt8], token: [UInt8], createdAt: Date, usedAt: Date) {
        self.digest = digest
        self.token = token
        self.createdAt = createdAt
        self.usedAt = usedAt
    }
}

/// The sessions of browsers.
package protocol SessionStore: Sendable {
    /// `owner`: name of the token, for the audit trail.
    func insert(_ session: Session, owner: String) async throws
    func sessions() async throws -> [Session]
    /// `uses`: the last one of each session, by its digest.
    func recordSessionUse(_ uses: [[UInt8]: Date]) async throws
    func deleteSessions(_ digests: [[UInt8]]) async throws
}
