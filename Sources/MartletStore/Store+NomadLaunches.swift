package import Foundation
import GRDB
package import MartletCore

extension SQLiteStore: NomadLaunches {
    package func nomadLaunches(
        at now: Date, limit: Int
    ) async throws -> (due: [(job: NomadJobRecord, secrets: [String: Secret])], next: Int64?) {
        let read = try await read { [decoding] db in
            let view = NomadView(db: db, decoding: decoding)
            let jobs = try view.launching(at: now.nanoseconds, limit: limit)
            return (due: try jobs.map { ($0, try view.sealed(NomadJobEdition($0))) }, next: try view.nextLaunch(now))
        }
        let due = try read.due.map { job, sealed in
            (job: job, secrets: try box.secrets(in: sealed, of: NomadJobEdition(job).owner))
        }
        return (due, read.next)
    }

    package func launch(nomad launch: NomadLaunch, at now: Date) async throws -> NomadRegistered? {
        let (parent, child) = (launch.parent, launch.child)
        let digest = box.code(of: child.secretText)
        let evaluation = try NomadRow(
            NomadEvaluation(
                id: launch.evaluation, jobID: child.id, type: child.type, priority: child.priority,
                cause: .periodicJob, at: now.nanoseconds))
        return try await writer.write { [box, decoding] scope in
            let view = NomadView(db: scope.db, decoding: decoding)
            guard let present = try view.job(parent.id)?.0, NomadJobEdition(present) == NomadJobEdition(parent),
                present.nextLaunch == parent.nextLaunch, !present.isStopped
            else { return nil }
            let isHeld = launch.prohibitsOverlap ? try view.hasLiveChild(parent.id) : false
            let isMade = try isHeld || view.job(child.id) != nil
            let shelf = NomadShelf(db: scope.db)
            let index = try shelf.advance(isMade ? [.jobs] : [.jobs, .evaluations])
            try scope.db.cachedStatement(sql: "UPDATE nomad_jobs SET launch_at = ? WHERE id = ?")
                .execute(arguments: [launch.next, parent.id])
            try shelf.touch(NomadJobEdition(parent), index)
            if isMade { return nil }
            try shelf.put(child, after: nil, digest, box, index, at: now)
            try shelf.put(evaluation, index)
            try shelf.order(child.id, index)
            guard let job = try view.job(child.id)?.0 else {
                throw MartletError(.internal, "the job \(child.id) has no version that was registered last")
            }
            var made = evaluation.value
            (made.jobModifyIndex, made.createIndex, made.modifyIndex) = (index, index, index)
            return NomadRegistered(job: job, evaluation: made)
        }
    }
}

extension NomadView {
    fileprivate func launching(at now: Int64, limit: Int) throws -> [NomadJobRecord] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT id FROM nomad_jobs INDEXED BY nomad_jobs_launch
                WHERE launch_at IS NOT NULL AND launch_at <= ? ORDER BY launch_at LIMIT ?
                """)
        return try String.fetchAll(statement, arguments: [now, limit]).compactMap { try job($0)?.0 }
    }

    fileprivate func nextLaunch(_ now: Date) throws -> Int64? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT launch_at FROM nomad_jobs INDEXED BY nomad_jobs_launch
                WHERE launch_at IS NOT NULL AND launch_at > ? ORDER BY launch_at LIMIT 1
                """)
        return try Int64.fetchOne(statement, arguments: [now.nanoseconds])
    }

    fileprivate func sealed(_ edition: NomadJobEdition) throws -> Data? {
        try Data.fetchOne(
            db.cachedStatement(
                sql: "SELECT sealed FROM nomad_versions WHERE job = ? AND created = ? AND version = ?"),
            arguments: [edition.job, edition.created, edition.version])
    }

    /// Whether something of a job's children runs, waits or is undecided.
    fileprivate func hasLiveChild(_ parent: String) throws -> Bool {
        let statement = try db.cachedStatement(
            sql: """
                SELECT EXISTS (SELECT 1 FROM nomad_jobs c INDEXED BY nomad_jobs_parent
                  WHERE c.parent <> '' AND c.parent = ? AND (
                    EXISTS (SELECT 1 FROM nomad_subjects s WHERE s.job = c.id AND s.owed IS NOT NULL)
                    OR EXISTS (SELECT 1 FROM nomad_evaluations e INDEXED BY nomad_evaluations_open
                      WHERE e.status IN ('pending','blocked') AND e.job = c.id)
                    OR EXISTS (SELECT 1 FROM nomad_allocations a INDEXED BY nomad_allocations_job
                      WHERE a.job = c.id AND a.open > 0)))
                  OR EXISTS (SELECT 1 FROM nomad_allocations INDEXED BY nomad_allocations_open
                    WHERE open > 0 AND job >= ? AND job < ?)
                """)
        // What was purged may still be ending: its processes count, though its record is gone.
        let name = NomadJobRecord.childPrefix(of: parent)
        return try Bool.fetchOne(statement, arguments: [parent, name, name + ":"]) ?? false
    }
}
