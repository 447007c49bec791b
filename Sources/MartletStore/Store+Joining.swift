import Foundation
import GRDB
package import MartletCore

extension SQLiteStore {
    /// Makes a run that does the work already a member of the new submission's groups. Nil: nobody does it.
    func join(_ row: InsertRow, _ scope: inout WriteScope) throws -> RunID? {
        guard let claim = row.claim, let run = try holder(of: claim, row.joinable, scope.db) else { return nil }
        try row.groups.join(run.id, scope.db)
        let names = row.groups.map(\.group).filter { !$0.isEmpty }.joined(separator: ", ")
        let note = "joined by a submission of \(claim.path)\(names.isEmpty ? "" : " for \(names)")"
        try scope.record(.note, String(note.prefix(1024)), of: run, at: row.run.createdAt)
        return run.id
    }

    /// Of each path only the newest run is looked at: whoever came after a run that waits or runs has joined it.
    private func holder(of claim: Claim, _ joinable: Rights, _ db: Database) throws -> Run? {
        for path in claim.lineage {
            let newest = try Data.fetchOne(
                db.cachedStatement(sql: Self.newestClaimSQL), arguments: [claim.space, path])
            if let newest, let run = try current(RunID(blob: newest), db), joinable.covers(run) { return run }
        }
        return nil
    }

    static let newestClaimSQL = """
        SELECT id FROM runs WHERE state IN ('pending','running') AND id =
          (SELECT run FROM run_claims WHERE space = ? AND path = ? ORDER BY run DESC LIMIT 1)
        """

    package func latestBatch(of query: RunQuery) async throws -> String? {
        guard let group = query.group else { return nil }
        return try await read { db in
            let covered = try RunListing.filters(covering: query.coverage, db)
            let statement = try db.cachedStatement(sql: Self.latestBatchSQL(covered.map(\.condition)))
            let arguments: StatementArguments = [group, query.driver, query.job]
            return try String.fetchOne(
                statement, arguments: arguments + StatementArguments(covered.flatMap(\.arguments)))
        }
    }

    /// Batches have rising names. `conditions` narrow the runs `r`.
    static func latestBatchSQL(_ conditions: [String]) -> String {
        """
        SELECT g.batch FROM run_groups g INDEXED BY run_groups_newest CROSS JOIN runs r ON r.id = g.run
        WHERE g.group_name = ? AND r.driver = ifnull(?, r.driver) AND r.job = ifnull(?, r.job) \
        \(conditions.map { "AND \($0)" }.joined(separator: " ")) ORDER BY g.batch DESC LIMIT 1
        """
    }
}

extension [GroupMembership] {
    /// A run may be in a group twice, once for each of its batches, but not twice for the same.
    func join(_ run: RunID, _ db: Database) throws {
        for membership in self {
            try db.cachedStatement(
                sql: "INSERT INTO run_groups (group_name, run, batch) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
            ).execute(arguments: [membership.group, run.blob, membership.batch])
        }
    }
}
