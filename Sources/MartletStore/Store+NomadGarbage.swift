import Foundation
import GRDB
package import MartletCore

extension SQLiteStore {
    package func collect(nomad horizon: NomadHorizon, limit: Int) async throws -> Int {
        try await writer.write { [decoding] scope in
            var garbage = Garbage(
                view: NomadView(db: scope.db, decoding: decoding), shelf: NomadShelf(db: scope.db), left: limit)
            try garbage.collectJobs(before: horizon.jobs)
            try garbage.collectAllocations(before: horizon.allocations)
            try garbage.collectEvaluations(before: horizon.evaluations)
            try garbage.collectRemains()
            guard !garbage.tables.isEmpty else { return 0 }
            _ = try NomadShelf(db: scope.db).advance(garbage.tables)
            return limit - garbage.left
        }
    }
}

/// Takes away what is over and what nobody will decide from.
private struct Garbage {
    let view: NomadView
    let shelf: NomadShelf
    /// Objects that may still go in this transaction.
    var left: Int
    var tables: Set<NomadTable> = []
    private var db: Database { shelf.db }

    init(view: NomadView, shelf: NomadShelf, left: Int) {
        self.view = view
        self.shelf = shelf
        self.left = left
    }

    /// Jobs that were stopped or have run to their end, with everything of theirs.
    mutating func collectJobs(before horizon: Date) throws {
        let ids = try String.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT id FROM nomad_jobs j WHERE changed_at <= ? AND (is_stopped OR (type = 'batch' AND NOT is_template))
                      AND NOT EXISTS (SELECT 1 FROM nomad_subjects s WHERE s.job = j.id AND s.owed IS NOT NULL)
                      AND NOT EXISTS (SELECT 1 FROM nomad_evaluations e INDEXED BY nomad_evaluations_open
                        WHERE e.status IN ('pending','blocked') AND e.job = j.id)
                      AND NOT EXISTS (SELECT 1 FROM nomad_allocations a INDEXED BY nomad_allocations_job
                        WHERE a.job = j.id AND (a.open > 0 OR a.modify_time > ?))
                    ORDER BY id LIMIT ?
                    """), arguments: [horizon.milliseconds, horizon.nanoseconds, left])
        for id in ids {
            for table in ["nomad_allocations", "nomad_evaluations", "nomad_deployments", "nomad_versions"] {
                try db.cachedStatement(sql: "DELETE FROM \(table) WHERE job = ?").execute(arguments: [id])
            }
            try db.cachedStatement(sql: "DELETE FROM nomad_jobs WHERE id = ?").execute(arguments: [id])
        }
        note(ids.count, [.jobs, .allocations, .evaluations, .deployments])
    }

    /// Allocations that are over, where they do not tell that their work is done: of jobs that are stopped or gone, of
    /// earlier versions, and those that others have replaced.
    mutating func collectAllocations(before horizon: Date) throws {
        let ids = try String.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT id FROM nomad_allocations a WHERE open = 0 AND modify_time <= ?
                      AND NOT EXISTS (SELECT 1 FROM nomad_subjects s WHERE s.job = a.job AND s.owed IS NOT NULL)
                      AND (json_extract(content, '$.next') <> '' OR NOT EXISTS
                        (SELECT 1 FROM nomad_jobs j WHERE j.id = a.job AND j.create_index = a.created AND NOT j.is_stopped
                           AND j.version = a.version))
                    ORDER BY id LIMIT ?
                    """), arguments: [horizon.nanoseconds, left])
        let statement = try db.cachedStatement(sql: "DELETE FROM nomad_allocations WHERE id = ?")
        for id in ids { try statement.execute(arguments: [id]) }
        note(ids.count, [.allocations, .jobs])
    }

    mutating func collectEvaluations(before horizon: Date) throws {
        try db.cachedStatement(
            sql: """
                DELETE FROM nomad_evaluations WHERE id IN (
                  SELECT id FROM nomad_evaluations e INDEXED BY nomad_evaluations_age
                  WHERE modify_time <= ? AND status NOT IN ('pending','blocked') AND NOT EXISTS
                    (SELECT 1 FROM nomad_allocations a INDEXED BY nomad_allocations_evaluation WHERE a.evaluation = e.id)
                  ORDER BY modify_time LIMIT ?)
                """
        ).execute(arguments: [horizon.nanoseconds, left])
        note(db.changesCount, [.evaluations])
    }

    /// What was kept for those that are gone.
    mutating func collectRemains() throws {
        try db.cachedStatement(
            sql: """
                DELETE FROM nomad_deployments WHERE status <> 'running' AND NOT EXISTS
                    (SELECT 1 FROM nomad_jobs j WHERE j.id = nomad_deployments.job AND j.create_index = created)
                  AND NOT EXISTS (SELECT 1 FROM nomad_allocations a WHERE a.job = nomad_deployments.job)
                """
        ).execute()
        note(db.changesCount, [.deployments])
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
                  AND NOT EXISTS (SELECT 1 FROM nomad_allocations a WHERE a.job = nomad_subjects.job)
                  AND NOT EXISTS (SELECT 1 FROM nomad_evaluations e WHERE e.job = nomad_subjects.job)
                """
        ).execute()
    }

    private mutating func note(_ count: Int, _ touched: Set<NomadTable>) {
        guard count > 0 else { return }
        left = max(0, left - count)
        tables.formUnion(touched)
    }
}
