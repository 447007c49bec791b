package import Foundation
import GRDB
package import MartletCore

extension SQLiteStore: JobStore {
    /// A definition equal to the stored one, from the same source, changes nothing and keeps its version.
    package func put(_ job: Job, source: String, ifVersion: Int?, at now: Date) async throws -> StoredJob {
        guard let name = job.name, !name.isEmpty else {
            throw MartletError(
                .invalid, "a stored job needs a name", problems: [FieldProblem(field: "name", problem: "is missing")])
        }
        let definition = try StoredJSON.text(job)
        return try await writer.write { scope in
            let stored = try Self.job(name, scope.db)
            try checkVersion(ifVersion, against: stored?.version ?? 0, of: "the job \"\(name)\"")
            if let stored, stored.job == job, stored.source == source { return stored }
            let version = try VersionMark.job.next(after: stored?.version, scope.db)
            try scope.db.cachedStatement(
                sql: """
                    INSERT INTO jobs (name, version, definition, source, updated_at) VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT DO UPDATE SET version = excluded.version, definition = excluded.definition,
                      source = excluded.source, updated_at = excluded.updated_at
                    """
            ).execute(arguments: [name, version, definition, source, now.milliseconds])
            try scope.changed("job \(name)", before: stored.map { try StoredJSON.text($0.job) }, after: definition)
            return StoredJob(
                job: job, version: version, source: source, updatedAt: Date(milliseconds: now.milliseconds))
        }
    }

    package func job(_ name: String) async throws -> StoredJob? { try await read { try Self.job(name, $0) } }

    package func jobs(after name: String?, limit: Int) async throws -> [StoredJob] {
        try await read { db in
            let statement = try db.cachedStatement(
                sql: "SELECT \(Self.jobColumns) FROM jobs WHERE name > ? ORDER BY name LIMIT ?")
            return try Row.fetchAll(statement, arguments: [name ?? "", max(0, limit)]).map(Self.storedJob)
        }
    }

    package func deleteJob(_ name: String, ifVersion: Int?) async throws -> Bool {
        try await writer.write { scope in
            guard let stored = try Self.job(name, scope.db) else { return false }
            try checkVersion(ifVersion, against: stored.version, of: "the job \"\(name)\"")
            try scope.db.cachedStatement(sql: "DELETE FROM jobs WHERE name = ?").execute(arguments: [name])
            try scope.changed("job \(name)", before: try StoredJSON.text(stored.job))
            return true
        }
    }

    // MARK: Rows

    private static let jobColumns = "definition, version, source, updated_at"

    private static func job(_ name: String, _ db: Database) throws -> StoredJob? {
        let statement = try db.cachedStatement(sql: "SELECT \(jobColumns) FROM jobs WHERE name = ?")
        return try Row.fetchOne(statement, arguments: [name]).map(storedJob)
    }

    private static func storedJob(_ row: Row) throws -> StoredJob {
        StoredJob(
            job: try StoredJSON.value(row[0]), version: row[1], source: row[2],
            updatedAt: Date(milliseconds: row[3]))
    }
}

/// Throws `conflict` unless the stored version is the wanted one; 0: there is none. Nil takes any.
func checkVersion(_ wanted: Int?, against version: Int, of what: String) throws(MartletError) {
    guard let wanted, wanted != version else { return }
    let found = version == 0 ? "does not exist" : "has version \(version)"
    throw MartletError(.conflict, "\(what) \(found), not \(wanted == 0 ? "new" : "version \(wanted)")")
}
