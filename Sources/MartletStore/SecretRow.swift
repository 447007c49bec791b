import Foundation
import GRDB
import MartletCore

/// One row of `secrets`.
struct SecretRow: Sendable {
    let known: StoredSecret
    private let sealed: Data

    init(_ known: StoredSecret, _ value: Secret, _ box: SecretBox) throws {
        self.known = known
        sealed = try box.seal(value, as: known.name, known.version)
    }

    private init(_ row: Row) {
        known = Self.known(row)
        sealed = row["sealed"]
    }

    private static func known(_ row: Row) -> StoredSecret {
        StoredSecret(
            name: row["name"], version: row["version"], description: row["description"],
            updatedAt: Date(milliseconds: row["updated_at"]), updatedBy: row["updated_by"])
    }

    func value(_ box: SecretBox) throws -> Secret {
        do {
            return try box.secret(in: sealed, as: known.name, known.version)
        } catch {
            throw MartletError(
                .internal, "the stored secret \(known.name) does not open: its row was not written by this server",
                cause: error)
        }
    }

    func save(_ db: Database) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO secrets (name, version, sealed, description, updated_at, updated_by) VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET version = excluded.version, sealed = excluded.sealed,
                  description = excluded.description, updated_at = excluded.updated_at, updated_by = excluded.updated_by
                """
        ).execute(arguments: [
            known.name, known.version, sealed, known.description, known.updatedAt.milliseconds, known.updatedBy,
        ])
    }

    static func find(_ name: String, _ db: Database) throws -> SecretRow? {
        let statement = try db.cachedStatement(sql: "SELECT * FROM secrets WHERE name = ?")
        return try Row.fetchOne(statement, arguments: [name]).map { SecretRow($0) }
    }

    static func list(after name: String, limit: Int, _ db: Database) throws -> [StoredSecret] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT name, version, description, updated_at, updated_by FROM secrets WHERE name > ?
                ORDER BY name LIMIT ?
                """)
        return try Row.fetchAll(statement, arguments: [name, limit]).map(known)
    }
}

// MARK: Self-test

extension SecretRow {
    /// No token, so that no secret has the name.
    private static let probe = " self-test"

    /// Stores a secret as any other is stored, looks for it in the raw row, and takes it back. Nothing of it stays.
    static func proveSealing(_ box: SecretBox, _ db: Database) throws {
        let value = Secret("martlet stored secret canary")
        let known = StoredSecret(
            name: probe, version: 1, description: "", updatedAt: Date(milliseconds: 0), updatedBy: "")
        try db.inSavepoint {
            try SecretRow(known, value, box).save(db)
            let raw = try Row.fetchOne(db, sql: "SELECT * FROM secrets WHERE name = ?", arguments: [probe])
            let isHidden = raw.map { !shows(Array(value.exposed.utf8), in: $0) } ?? false
            guard isHidden, try find(probe, db)?.value(box) == value else {
                throw MartletError(.internal, "a stored secret was found in clear by the self-test; nothing was opened")
            }
            return .rollback
        }
    }

    private static func shows(_ plain: [UInt8], in row: Row) -> Bool {
        row.databaseValues.contains { value in
            switch value.storage {
            case .blob(let data): data.range(of: Data(plain)) != nil
            case .string(let text): text.utf8.firstRange(of: plain) != nil
            case .null, .int64, .double: false
            }
        }
    }
}
