package import Foundation
import GRDB
package import MartletCore

extension SQLiteStore: SecretStore {
    package func put(
        secret name: String, _ new: NewSecret, by: String, ifVersion: Int?, at now: Date
    ) async throws -> StoredSecret {
        try await writer.write { [box] scope in
            let stored = try SecretRow.find(name, scope.db)
            try checkVersion(ifVersion, against: stored?.known.version ?? 0, of: "the secret \"\(name)\"")
            guard let value = try new.value ?? stored?.value(box) else {
                throw MartletError(
                    .invalid, "the secret \(name) is not stored",
                    problems: [
                        FieldProblem(field: "value", problem: "is the placeholder, and there is no value to keep")
                    ])
            }
            let known = StoredSecret(
                name: name, version: try VersionMark.secret.next(after: stored?.known.version, scope.db),
                description: new.description ?? stored?.known.description ?? "",
                updatedAt: Date(milliseconds: now.milliseconds), updatedBy: by)
            try SecretRow(known, value, box).save(scope.db)
            scope.changed("secret \(name)", before: stored?.known.auditText, after: known.auditText)
            return known
        }
    }

    package func secret(_ name: String) async throws -> StoredSecret? {
        try await read { try SecretRow.find(name, $0)?.known }
    }

    package func storedSecrets(after name: String?, limit: Int) async throws -> [StoredSecret] {
        try await read { try SecretRow.list(after: name ?? "", limit: max(0, limit), $0) }
    }

    package func secretValues(of names: Set<String>) async throws -> [String: Secret] {
        let rows = try await read { db in try names.compactMap { try SecretRow.find($0, db) } }
        return Dictionary(try rows.map { ($0.known.name, try $0.value(box)) }) { first, _ in first }
    }

    package func deleteSecret(_ name: String, ifVersion: Int?) async throws -> Bool {
        try await writer.write { scope in
            guard let stored = try SecretRow.find(name, scope.db) else { return false }
            try checkVersion(ifVersion, against: stored.known.version, of: "the secret \"\(name)\"")
            try scope.db.cachedStatement(sql: "DELETE FROM secrets WHERE name = ?").execute(arguments: [name])
            try scope.changed("secret \(name)", before: stored.known.auditText)
            return true
        }
    }
}

extension StoredSecret {
    /// A hash of the value could be guessed at: the audit trail has the version's.
    fileprivate var auditText: String { "version \(version) \(description)" }
}
