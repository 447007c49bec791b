import Foundation
import GRDB
package import MartletCore

extension SQLiteStore {
    package func collect(nomad horizon: NomadHorizon, limit: Int) async throws -> Int {
        var count = 0
        for kind in [
            Garbage.jobs(before: horizon.jobs), .allocations(before: horizon.allocations),
            .evaluations(before: horizon.evaluations),
        ] {
            // Looked for by a reader: the writer looks at those alone, and waits for no scan.
            let ids = try await read { try kind.candidates(in: $0) }
            for start in stride(from: 0, to: ids.count, by: max(1, limit)) {
                let batch = Array(ids[start..<min(ids.count, start + max(1, limit))])
                count += try await writer.write { try kind.collect(batch, in: $0.db) }
            }
        }
        return try await count + writer.write { try Garbage.collectRemains(in: $0.db) }
    }
}

/// What is over and what nobody will decide from.
private enum Garbage: Sendable {
    /// Jobs that were stopped or have run to their end, with everything of theirs.
    case jobs(before: Date)
    /// Allocations that are over, where they do not tell that their work is done: of jobs that are stopped or gone, of
    /// earlier versions, and those that others have replaced.
    case allocations(before: Date)
    case evaluations(before: Date)

    private var rows: (table: String, condition: String, arguments: StatementArguments) {
        switch self {
        case .jobs(let horizon):
            (
                "nomad_jobs j",
                """
                j.changed_at <= ? AND (j.is_stopped OR (j.type = 'batch' AND NOT j.is_template AND NOT j.is_paused))
                  AND NOT EXISTS (SELECT 1 FROM nomad_subjects s WHERE s.job = j.id AND s.owed IS NOT NULL)
                  AND NOT EXISTS (SELECT 1 FROM nomad_evaluations e INDEXED BY nomad_evaluations_open
                    WHERE e.status IN ('pending','blocked') AND e.job = j.id)
                  AND NOT EXISTS (SELECT 1 FROM nomad_allocations a INDEXED BY nomad_allocations_job
                    WHERE a.job = j.id AND (a.open > 0 OR a.modify_time > ?))
                """, [horizon.milliseconds, horizon.nanoseconds]
            )
        case .allocations(let horizon):
            (
                "nomad_allocations j",
                """
                j.open = 0 AND j.modify_time <= ?
                  AND NOT EXISTS (SELECT 1 FROM nomad_subjects s WHERE s.job = j.job AND s.owed IS NOT NULL)
                  AND (json_extract(j.content, '$.next') <> '' OR NOT EXISTS
                    (SELECT 1 FROM nomad_jobs o WHERE o.id = j.job AND o.create_index = j.created AND NOT o.is_stopped
                       AND o.version = j.version))
                """, [horizon.nanoseconds]
            )
        case .evaluations(let horizon):
            (
                "nomad_evaluations j",
                """
                j.modify_time <= ? AND j.status NOT IN ('pending','blocked') AND NOT EXISTS
                  (SELECT 1 FROM nomad_allocations a INDEXED BY nomad_allocations_evaluation WHERE a.evaluation = j.id)
                """, [horizon.nanoseconds]
            )
        }
    }

    private var tables: Set<NomadTable> {
        switch self {
        case .jobs: [.jobs, .allocations, .evaluations, .deployments]
        case .allocations: [.allocations, .jobs]
        case .evaluations: [.evaluations]
        }
    }

    func candidates(in db: Database) throws -> [String] {
        let (table, condition, arguments) = rows
        return try String.fetchAll(
            db.cachedStatement(sql: "SELECT j.id FROM \(table) WHERE \(condition) ORDER BY j.id"), arguments: arguments)
    }

    /// Those of `ids` that still are garbage go. Returns how many.
    func collect(_ ids: [String], in db: Database) throws -> Int {
        let (table, condition, arguments) = rows
        let check = try db.cachedStatement(sql: "SELECT 1 FROM \(table) WHERE j.id = ? AND \(condition)")
        let gone = try ids.filter { try Int.fetchOne(check, arguments: [$0] + arguments) != nil }
        if gone.isEmpty { return 0 }
        for id in gone { try remove(id, db) }
        _ = try NomadShelf(db: db).advance(tables)
        return gone.count
    }

    private func remove(_ id: String, _ db: Database) throws {
        let deletions: [String] =
            switch self {
            case .jobs:
                ["nomad_allocations", "nomad_evaluations", "nomad_deployments", "nomad_versions"].map {
                    "DELETE FROM \($0) WHERE job = ?"
                } + ["DELETE FROM nomad_jobs WHERE id = ?"]
            case .allocations: ["DELETE FROM nomad_allocations WHERE id = ?"]
            case .evaluations: ["DELETE FROM nomad_evaluations WHERE id = ?"]
            }
        for sql in deletions { try db.cachedStatement(sql: sql).execute(arguments: [id]) }
    }

    /// What was kept for those that are gone. Returns how many of them are listed somewhere.
    static func collectRemains(in db: Database) throws -> Int {
        try db.cachedStatement(
            sql: """
                DELETE FROM nomad_deployments WHERE status NOT IN ('running','paused') AND NOT EXISTS
                    (SELECT 1 FROM nomad_jobs j WHERE j.id = nomad_deployments.job AND j.create_index = created)
                  AND NOT EXISTS (SELECT 1 FROM nomad_allocations a INDEXED BY nomad_allocations_job
                    WHERE a.job = nomad_deployments.job)
                """
        ).execute()
        let count = db.changesCount
        if count > 0 { _ = try NomadShelf(db: db).advance([.deployments]) }
        try db.cachedStatement(
            sql: """
                DELETE FROM nomad_versions WHERE NOT EXISTS
                    (SELECT 1 FROM nomad_jobs j WHERE j.id = nomad_versions.job AND j.create_index = created)
                  AND NOT EXISTS (SELECT 1 FROM nomad_allocations a INDEXED BY nomad_allocations_job
                    WHERE a.job = nomad_versions.job AND a.created = nomad_versions.created)
                """
        ).execute()
        try db.cachedStatement(
            sql: """
                DELETE FROM nomad_subjects WHERE owed IS NULL
                  AND NOT EXISTS (SELECT 1 FROM nomad_jobs j WHERE j.id = job)
                  AND NOT EXISTS (SELECT 1 FROM nomad_allocations a INDEXED BY nomad_allocations_job
                    WHERE a.job = nomad_subjects.job)
                  AND NOT EXISTS (SELECT 1 FROM nomad_evaluations e INDEXED BY nomad_evaluations_job
                    WHERE e.job = nomad_subjects.job)
                """
        ).execute()
        return count
    }
}
