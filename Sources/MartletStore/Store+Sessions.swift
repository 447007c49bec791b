package import Foundation
import GRDB
package import MartletCore

extension SQLiteStore: SessionStore {
    package func insert(_ session: Session, owner: String) async throws {
        try await writer.write { scope in
            try scope.db.cachedStatement(
                sql: "INSERT INTO sessions (digest, token, created_at, used_at) VALUES (?, ?, ?, ?)"
            ).execute(arguments: [
                Data(session.digest), Data(session.token), session.createdAt.milliseconds,
                session.usedAt.milliseconds,
            ])
            scope.changed("session of \(owner)", afterDigest: session.digest)
        }
    }

    package func sessions() async throws -> [Session] {
        try await read { db in
            let statement = try db.cachedStatement(sql: "SELECT digest, token, created_at, used_at FROM sessions")
            return try Row.fetchAll(statement).map { row in
                let (digest, token): (Data, Data) = (row[0], row[1])
                return Session(
                    digest: Array(digest), token: Array(token), createdAt: Date(milliseconds: row[2]),
                    usedAt: Date(milliseconds: row[3]))
            }
        }
    }

    package func recordSessionUse(_ uses: [[UInt8]: Date]) async throws {
        guard !uses.isEmpty else { return }
        try await writer.write { scope in
            let statement = try scope.db.cachedStatement(sql: "UPDATE sessions SET used_at = ? WHERE digest = ?")
            for (digest, at) in uses { try statement.execute(arguments: [at.milliseconds, Data(digest)]) }
        }
    }

    package func deleteSessions(_ digests: [[UInt8]]) async throws {
        guard !digests.isEmpty else { return }
        try await writer.write { scope in
            let statement = try scope.db.cachedStatement(sql: "DELETE FROM sessions WHERE digest = ?")
            for digest in digests { try statement.execute(arguments: [Data(digest)]) }
            scope.changed("session", afterDigest: nil)
        }
    }
}
