import Crypto
package import Foundation
import GRDB
package import MartletCore

extension SQLiteStore: TokenStore {
    package func insert(_ token: AccessToken, secret: Secret) async throws {
        let rights = try StoredJSON.text(token.rights)
        let digest = Data(digest(secret))
        try await writer.write { scope in
            let names = try scope.db.cachedStatement(
                sql: """
                    SELECT 1 FROM tokens WHERE name = ? AND revoked_at IS NULL
                      AND (expires_at IS NULL OR expires_at > ?)
                    """)
            if try Int.fetchOne(names, arguments: [token.name, token.createdAt.milliseconds]) != nil {
                throw MartletError(.conflict, "a token in force is called \(token.name) already; revoke it first")
            }
            try scope.db.cachedStatement(
                sql: """
                    INSERT INTO tokens (id, name, digest, rights, created_at, created_by, expires_at)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [
                token.id, token.name, digest, rights, token.createdAt.milliseconds, token.createdBy,
                token.expiresAt?.milliseconds,
            ])
            try scope.changed("token \(token.name)", after: rights)
        }
    }

    package func tokens() async throws -> [(token: AccessToken, digest: [UInt8])] {
        try await read { db in
            let statement = try db.cachedStatement(
                sql: "SELECT \(Self.tokenColumns), digest FROM tokens ORDER BY created_at, id")
            return try Row.fetchAll(statement).map { row in
                let digest: Data = row["digest"]
                return (try Self.token(row), Array(digest))
            }
        }
    }

    package func revokeToken(_ id: String, at now: Date) async throws -> AccessToken? {
        try await writer.write { scope in
            try scope.db.cachedStatement(sql: "UPDATE tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL")
                .execute(arguments: [now.milliseconds, id])
            let isRevoked = scope.db.changesCount > 0
            let statement = try scope.db.cachedStatement(sql: "SELECT \(Self.tokenColumns) FROM tokens WHERE id = ?")
            let token = try Row.fetchOne(statement, arguments: [id]).map(Self.token)
            if let token, isRevoked {
                try scope.changed("token \(token.name)", before: try StoredJSON.text(token.rights))
            }
            return token
        }
    }

    package func recordTokenUse(_ uses: [String: Date]) async throws {
        guard !uses.isEmpty else { return }
        try await writer.write { scope in
            let statement = try scope.db.cachedStatement(sql: "UPDATE tokens SET last_used_at = ? WHERE id = ?")
            for (id, at) in uses { try statement.execute(arguments: [at.milliseconds, id]) }
        }
    }

    package func deleteTokens(overBefore: Date) async throws {
        try await writer.write { scope in
            try scope.db.cachedStatement(sql: "DELETE FROM tokens WHERE revoked_at < ?1 OR expires_at < ?1")
                .execute(arguments: [overBefore.milliseconds])
        }
    }

    /// The secrets are 256 random bits: nothing slower is needed to keep them from being guessed.
    package func digest(_ secret: Secret) -> [UInt8] { Array(SHA256.hash(data: Data(secret.exposed.utf8))) }

    private static let tokenColumns =
        "id, name, rights, created_at, created_by, expires_at, last_used_at, revoked_at"

    private static func token(_ row: Row) throws -> AccessToken {
        func date(_ column: String) -> Date? {
            let milliseconds: Int64? = row[column]
            return milliseconds.map { Date(milliseconds: $0) }
        }
        return AccessToken(
            id: row["id"], name: row["name"], rights: try StoredJSON.value(row["rights"]),
            createdAt: Date(milliseconds: row["created_at"]), createdBy: row["created_by"],
            expiresAt: date("expires_at"), lastUsedAt: date("last_used_at"), revokedAt: date("revoked_at"))
    }
}
