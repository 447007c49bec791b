package import Foundation
import GRDB
package import MartletCore

extension SQLiteStore: NomadDecisions {
    /// Jobs that wait for room and are looked at in one round.
    static let mostWaiting = 32

    package func nomadSituations(
        _ names: [String], waiting: Int?, within total: NomadResources, at now: Date, limit: Int
    ) async throws -> NomadRound {
        let read = try await read { [decoding] db in
            let view = NomadView(db: db, decoding: decoding)
            let owed = try String.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT job FROM nomad_subjects INDEXED BY nomad_subjects_owed WHERE owed IS NOT NULL
                        ORDER BY owed LIMIT ?
                        """), arguments: [limit])
            var jobs = owed + names
            jobs += try view.due(now)
            let used = try view.used()
            let hasRoom = used.cpu < total.cpu && used.memory < total.memory
            // Where nothing was ordered and nothing has ended, there is no more room than before.
            let isLookedAt = hasRoom && (waiting != nil || !jobs.isEmpty)
            let waitingJobs = isLookedAt ? try view.waiting(from: waiting ?? 0, limit: Self.mostWaiting) : []
            jobs += waitingJobs
            var seen: Set<String> = []
            let found = try jobs.filter { seen.insert($0).inserted }.map { try view.situation(of: $0) }
            return (
                round: NomadRound(
                    index: try NomadShelf.index("index", db), node: try view.node(), used: used, situations: [],
                    waiting: waitingJobs.count, nextDue: try view.nextDue(after: now)),
                found: found
            )
        }
        // Opened here, where no reader waits for it.
        let situations = try read.found.map { found in
            NomadSituation(
                jobID: found.situation.jobID, job: found.situation.job,
                secrets: try found.situation.job.map {
                    try box.secrets(in: found.sealed, of: NomadJobEdition($0).owner)
                } ?? [:], allocations: found.situation.allocations, open: found.situation.open,
                deployment: found.situation.deployment, stable: found.situation.stable,
                revision: found.situation.revision, owed: found.situation.owed)
        }
        return NomadRound(
            index: read.round.index, node: read.round.node, used: read.round.used,
            situations: situations.sorted { $0.turn < $1.turn }, waiting: read.round.waiting,
            nextDue: read.round.nextDue)
    }

    package func decide(nomad decision: NomadDecision, at now: Date) async throws {
        let changed = try decision.allocations.map(NomadRow.init)
        let placed = try decision.placed.map(NomadRow.init)
        let evaluations = try decision.evaluations.map(NomadRow.init)
        let deployments = try decision.deployments.map(NomadRow.init)
        let runs = try decision.runs.map { try InsertRow($0, box, encoding) }
        try await writer.write { [self] scope in
            let view = NomadView(db: scope.db, decoding: decoding)
            let shelf = NomadShelf(db: scope.db)
            guard let subject = try view.subject(decision.jobID), subject.revision == decision.revision else {
                throw NomadClash.moved
            }
            var revision = subject.revision
            if !decision.isEmpty {
                let index = try shelf.advance(decision.tables)
                for row in changed { try shelf.update(row, index) }
                for row in placed { try shelf.insert(row, index) }
                for row in runs {
                    try row.insert(&scope)
                    hot.keep(row.run)
                }
                for row in evaluations { try shelf.put(row, index) }
                for row in deployments { try shelf.put(row, index) }
                if let job = try view.job(decision.jobID)?.0 {
                    if decision.isStable { try shelf.setStable(NomadJobEdition(job), true) }
                    try shelf.touch(NomadJobEdition(job), index)
                    if let revert = decision.revert { try shelf.revert(job, revert, box, index, at: now) }
                }
                revision = index
            }
            let isSettled = decision.isSettled && subject.owed == decision.owed
            // Its status may be another one now, and somebody may wait for that.
            if isSettled, decision.isEmpty, subject.owed != nil, let job = try view.job(decision.jobID)?.0 {
                try shelf.touch(NomadJobEdition(job), try shelf.advance([.jobs]))
            }
            try scope.db.cachedStatement(
                sql: "UPDATE nomad_subjects SET revision = ?, owed = iif(?, NULL, coalesce(owed, ?)) WHERE job = ?"
            ).execute(arguments: [revision, isSettled, revision, decision.jobID])
            try settle(&scope)
        }
    }

    package func owe(nomad: NomadOwing) async throws {
        try await writer.write { scope in
            let index = try NomadShelf.index("index", scope.db)
            try scope.db.cachedStatement(
                sql: """
                    UPDATE nomad_subjects SET owed = ? WHERE owed IS NULL AND job IN (
                      SELECT job FROM nomad_allocations INDEXED BY nomad_allocations_open WHERE open > 0
                      UNION SELECT job FROM nomad_evaluations INDEXED BY nomad_evaluations_open
                        WHERE status IN ('pending','blocked'))
                    """
            ).execute(arguments: [index])
        }
    }
}

extension NomadShelf {
    /// Registers what an older version says as the newest. Of one that is not kept any more nothing comes.
    fileprivate func revert(
        _ job: NomadJobRecord, _ revert: NomadRevert, _ box: SecretBox, _ index: Int64, at now: Date
    ) throws {
        let edition = NomadJobEdition(job: job.id, created: job.createIndex, version: revert.version)
        let statement = try db.cachedStatement(
            sql: "SELECT sealed FROM nomad_versions WHERE job = ? AND created = ? AND version = ?")
        guard var draft = revert.draft,
            let row = try Row.fetchOne(statement, arguments: [job.id, job.createIndex, revert.version])
        else { return }
        draft.secrets = try box.secrets(in: row[0], of: edition.owner)
        try put(draft, after: job, box.code(of: draft.secretText), box, index, at: now)
    }
}

extension NomadDecision {
    fileprivate var tables: Set<NomadTable> {
        var tables: Set<NomadTable> = [.jobs]
        if !allocations.isEmpty || !placed.isEmpty { tables.insert(.allocations) }
        if !evaluations.isEmpty { tables.insert(.evaluations) }
        if !deployments.isEmpty { tables.insert(.deployments) }
        return tables
    }
}

extension NomadSituation {
    /// Whose turn it is: a higher priority first, then who waits longer.
    fileprivate var turn: (Int, Int64, String) {
        (-(open.map(\.priority).max() ?? 50), open.map(\.createIndex).min() ?? .max, jobID)
    }
}

extension NomadView {
    fileprivate func due(_ now: Date) throws -> [String] {
        try String.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT job FROM nomad_evaluations INDEXED BY nomad_evaluations_due
                    WHERE status = 'pending' AND wait_until IS NOT NULL AND wait_until <= ? ORDER BY wait_until LIMIT 256
                    """), arguments: [now.nanoseconds])
    }

    fileprivate func nextDue(after now: Date) throws -> Int64? {
        try Int64.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT wait_until FROM nomad_evaluations INDEXED BY nomad_evaluations_due
                    WHERE status = 'pending' AND wait_until IS NOT NULL AND wait_until > ? ORDER BY wait_until LIMIT 1
                    """), arguments: [now.nanoseconds])
    }

    fileprivate func waiting(from offset: Int, limit: Int) throws -> [String] {
        try String.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT job FROM nomad_evaluations INDEXED BY nomad_evaluations_blocked WHERE status = 'blocked'
                    ORDER BY priority DESC, create_index LIMIT ? OFFSET ?
                    """), arguments: [limit, offset])
    }

    fileprivate func used() throws -> NomadResources {
        let statement = try db.cachedStatement(
            sql: """
                SELECT coalesce(sum(cpu), 0), coalesce(sum(memory), 0)
                FROM nomad_allocations INDEXED BY nomad_allocations_open WHERE open > 0
                """)
        return try Row.fetchOne(statement).map { NomadResources(cpu: $0[0], memory: $0[1]) } ?? .none
    }

    fileprivate func situation(of id: String) throws -> (situation: NomadSituation, sealed: Data?) {
        let job = try job(id)?.0
        let subject = try subject(id)
        let sealed = try job.flatMap { job in
            try Data.fetchOne(
                db.cachedStatement(
                    sql: "SELECT sealed FROM nomad_versions WHERE job = ? AND created = ? AND version = ?"),
                arguments: [job.id, job.createIndex, job.version])
        }
        let deployment = try newestDeployment(of: id)
        let situation = NomadSituation(
            jobID: id, job: job, allocations: try allocations(of: id), open: try openEvaluations(of: id),
            deployment: deployment, stable: try job.flatMap { try stableVersion(before: $0, deployment) },
            revision: subject?.revision ?? 0, owed: subject?.owed)
        return (situation, sealed)
    }

    /// What the job goes back to when its deployment fails.
    private func stableVersion(before job: NomadJobRecord, _ deployment: NomadDeployment?) throws -> NomadProven? {
        guard let deployment, deployment.mayRevert, deployment.edition == NomadJobEdition(job) else { return nil }
        let statement = try db.cachedStatement(
            sql: """
                SELECT v.*, v.content = n.content AND v.digest = n.digest AS is_present
                FROM nomad_versions v JOIN nomad_versions n ON n.job = v.job AND n.created = v.created AND n.version = ?3
                WHERE v.job = ?1 AND v.created = ?2 AND v.version < ?3 AND v.is_stable ORDER BY v.version DESC LIMIT 1
                """)
        return try Row.fetchOne(statement, arguments: [job.id, job.createIndex, job.version]).map {
            NomadProven(version: NomadJobVersion($0), isPresent: $0["is_present"])
        }
    }
}
