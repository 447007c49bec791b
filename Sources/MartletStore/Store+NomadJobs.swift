package import Foundation
import GRDB
package import MartletCore

extension SQLiteStore: NomadJobStore {
    /// Versions that are listed.
    static let nomadVersionsKept = 6

    package func register(
        nomad draft: NomadJobDraft, enforcing: NomadEnforcement, evaluation: String,
        cause: NomadEvaluation.Cause, at now: Date
    ) async throws -> NomadRegistered {
        let digest = box.code(of: draft.secretText)
        let new =
            draft.isTemplate
            ? nil
            : NomadEvaluation(
                id: evaluation, jobID: draft.id, type: draft.type, priority: draft.priority, cause: cause,
                at: now.nanoseconds)
        return try await writer.write { [box, decoding] scope in
            let view = NomadView(db: scope.db, decoding: decoding)
            let shelf = NomadShelf(db: scope.db)
            let before = try view.job(draft.id)?.0
            try enforcing.check(before)
            let index = try shelf.advance(new == nil ? [.jobs] : [.jobs, .evaluations])
            let isSame = try before.map { try $0.isSame(as: draft) && shelf.digest(of: $0) == digest } ?? false
            if !isSame { try shelf.put(draft, after: before, digest, box, index, at: now) }
            guard let job = try view.job(draft.id)?.0 else {
                throw MartletError(.internal, "the job \(draft.id) has no version that was registered last")
            }
            scope.changed("nomad job \(job.id)", before: before?.auditText, after: job.auditText)
            guard var made = new else { return NomadRegistered(job: job, evaluation: nil) }
            made.jobModifyIndex = job.jobModifyIndex
            try shelf.put(NomadRow(made), index)
            try shelf.order(draft.id, index)
            (made.createIndex, made.modifyIndex) = (index, index)
            return NomadRegistered(job: job, evaluation: made)
        }
    }

    package func deregister(
        nomad id: String, purge: Bool, evaluation: String, at now: Date
    ) async throws -> (NomadEvaluation?, jobModifyIndex: Int64) {
        try await writer.write { [box, decoding] scope in
            let shelf = NomadShelf(db: scope.db)
            let before = try NomadView(db: scope.db, decoding: decoding).job(id)?.0
            let makesEvaluation = before?.isTemplate != true
            let index = try shelf.advance(makesEvaluation ? [.jobs, .evaluations] : [.jobs])
            if purge {
                try scope.db.cachedStatement(sql: "DELETE FROM nomad_jobs WHERE id = ?").execute(arguments: [id])
            } else if let before, !before.isStopped {
                let (draft, digest) = try shelf.stopped(before, box)
                try shelf.put(draft, after: before, digest, box, index, at: now)
                let edition = NomadJobEdition(job: id, created: before.createIndex, version: before.version + 1)
                try shelf.setStable(edition, before.isStable)
            }
            scope.changed("nomad job \(id)", before: before?.auditText, after: purge ? nil : "\(id) stopped")
            guard makesEvaluation else { return (nil, index) }
            var made = NomadEvaluation(
                id: evaluation, jobID: id, type: before?.type ?? .service, priority: before?.priority ?? 50,
                cause: .jobDeregister, at: now.nanoseconds)
            made.jobModifyIndex = index
            try shelf.put(NomadRow(made), index)
            try shelf.order(id, index)
            (made.createIndex, made.modifyIndex) = (index, index)
            return (made, index)
        }
    }

    package func setStable(nomad id: String, version: Int, _ isStable: Bool) async throws -> Int64 {
        try await writer.write { [decoding] scope in
            guard let job = try NomadView(db: scope.db, decoding: decoding).job(id)?.0 else { throw NomadClash.unknown }
            let shelf = NomadShelf(db: scope.db)
            let edition = NomadJobEdition(job: id, created: job.createIndex, version: version)
            try shelf.setStable(edition, isStable)
            guard scope.db.changesCount == 1 else { throw NomadClash.unknown }
            let index = try shelf.advance([.jobs])
            try shelf.touch(edition, index)
            scope.changed(
                "nomad job \(id)", before: job.auditText, after: "\(id) version \(version) stable \(isStable)")
            return index
        }
    }

    package func nomadJobs(prefix: String) async throws -> NomadList<NomadJobState> {
        try await read { [decoding] db in
            let view = NomadView(db: db, decoding: decoding)
            return NomadList(
                index: try NomadShelf.index(NomadTable.jobs.rawValue, db),
                items: try view.jobs(prefix: prefix).map { try view.state($0.0, $0.summaryIndex) })
        }
    }

    package func nomadJob(_ id: String) async throws -> NomadJobState? {
        try await read { [decoding] db in
            let view = NomadView(db: db, decoding: decoding)
            return try view.job(id).map { try view.state($0.0, $0.summaryIndex) }
        }
    }

    package func nomadVersions(of id: String) async throws -> [NomadJobVersion] {
        try await read { db in
            let statement = try db.cachedStatement(
                sql: """
                    SELECT v.* FROM nomad_jobs j JOIN nomad_versions v ON v.job = j.id AND v.created = j.create_index
                    WHERE j.id = ? ORDER BY v.version DESC LIMIT ?
                    """)
            return try Row.fetchAll(statement, arguments: [id, Self.nomadVersionsKept]).map(NomadJobVersion.init)
        }
    }

    package func nomadContent(
        of edition: NomadJobEdition
    ) async throws -> (version: NomadJobVersion, secrets: [String: Secret])? {
        let found = try await read { db in
            try Row.fetchOne(
                db.cachedStatement(sql: "SELECT * FROM nomad_versions WHERE job = ? AND created = ? AND version = ?"),
                arguments: [edition.job, edition.created, edition.version]
            ).map { (version: NomadJobVersion($0), sealed: $0["sealed"] as Data?) }
        }
        guard let found else { return nil }
        return (found.version, try box.secrets(in: found.sealed, of: edition.owner))
    }
}

extension NomadEnforcement {
    fileprivate func check(_ job: NomadJobRecord?) throws(NomadClash) {
        guard case .index(let wanted) = self else { return }
        guard let job else {
            if wanted == 0 { return }
            throw .absent
        }
        if wanted == 0 { throw .exists }
        if wanted != job.jobModifyIndex { throw .conflict(actual: job.jobModifyIndex) }
    }
}

extension NomadShelf {
    fileprivate func digest(of job: NomadJobRecord) throws -> Data? {
        try Data.fetchOne(
            db.cachedStatement(sql: "SELECT digest FROM nomad_versions WHERE job = ? AND created = ? AND version = ?"),
            arguments: [job.id, job.createIndex, job.version])
    }

    /// What makes a stop a version of its own: the newest one with its secrets, and their digest.
    fileprivate func stopped(_ job: NomadJobRecord, _ box: SecretBox) throws -> (NomadJobDraft, digest: Data) {
        let edition = NomadJobEdition(job)
        let row = try Row.fetchOne(
            db.cachedStatement(
                sql: "SELECT sealed, digest FROM nomad_versions WHERE job = ? AND created = ? AND version = ?"),
            arguments: [edition.job, edition.created, edition.version])
        guard let row else { throw MartletError(.internal, "the job \(job.id) has no newest version") }
        var draft = NomadJobDraft(
            id: job.id, type: job.type, priority: job.priority, parentID: job.parentID, isTemplate: job.isTemplate,
            content: job.content, secrets: try box.secrets(in: row["sealed"], of: edition.owner))
        draft.isStopped = true
        return (draft, row["digest"])
    }

    /// Stores the draft as the newest version.
    func put(
        _ draft: NomadJobDraft, after before: NomadJobRecord?, _ digest: Data, _ box: SecretBox, _ index: Int64,
        at now: Date
    ) throws {
        let edition = NomadJobEdition(
            job: draft.id, created: before?.createIndex ?? index, version: before.map { $0.version + 1 } ?? 0)
        try db.cachedStatement(
            sql: """
                INSERT INTO nomad_jobs (id, type, priority, parent, is_template, is_stopped, version, create_index,
                  modify_index, job_modify_index, summary_index, changed_at, launch_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET type = excluded.type, priority = excluded.priority, parent = excluded.parent,
                  is_template = excluded.is_template, is_stopped = excluded.is_stopped, version = excluded.version,
                  modify_index = excluded.modify_index, job_modify_index = excluded.job_modify_index,
                  summary_index = excluded.summary_index, changed_at = excluded.changed_at,
                  launch_at = excluded.launch_at, is_paused = 0
                """
        ).execute(arguments: [
            draft.id, draft.type.rawValue, draft.priority, draft.parentID, draft.isTemplate,
            draft.isStopped, edition.version,
            edition.created, index, index, index, now.milliseconds, draft.nextLaunch,
        ])
        try db.cachedStatement(sql: "INSERT INTO nomad_versions VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?)").execute(
            arguments: [
                draft.id, edition.created, edition.version, draft.content,
                try box.seal(draft.secrets, of: edition.owner),
                digest, now.nanoseconds, index,
            ])
        // Older ones are kept for the allocations that are of them.
        try db.cachedStatement(
            sql: """
                DELETE FROM nomad_versions WHERE job = ?1 AND created = ?2 AND version <= ?3 AND NOT EXISTS
                  (SELECT 1 FROM nomad_allocations a INDEXED BY nomad_allocations_job
                   WHERE a.job = ?1 AND a.created = ?2 AND a.version = nomad_versions.version)
                """
        ).execute(arguments: [draft.id, edition.created, edition.version - SQLiteStore.nomadVersionsKept])
    }

    func setStable(_ edition: NomadJobEdition, _ isStable: Bool) throws {
        try db.cachedStatement(
            sql: "UPDATE nomad_versions SET is_stable = ? WHERE job = ? AND created = ? AND version = ?"
        ).execute(arguments: [isStable, edition.job, edition.created, edition.version])
    }

    /// Something about the job changed that nobody registered.
    func touch(_ edition: NomadJobEdition, _ index: Int64) throws {
        try db.cachedStatement(
            sql: "UPDATE nomad_jobs SET modify_index = ?, summary_index = ? WHERE id = ? AND create_index = ?"
        ).execute(arguments: [index, index, edition.job, edition.created])
    }
}

extension NomadJobRecord {
    fileprivate var auditText: String { "\(id) version \(version) stopped \(isStopped) \(content)" }
}

extension NomadJobDraft {
    /// The same text for the same secrets.
    var secretText: [UInt8] {
        secrets.sorted { $0.key < $1.key }.flatMap { Array("\($0.key)\0\($0.value.exposed)\0".utf8) }
    }
}

extension NomadJobEdition {
    /// What sealed secrets are bound to.
    var owner: String { "nomad job\0\(job)\0\(created)\0\(version)" }
}

extension NomadJobVersion {
    init(_ row: Row) {
        self.init(
            version: row["version"], content: row["content"], isStable: row["is_stable"],
            submitTime: row["submit_time"], jobModifyIndex: row["job_modify_index"])
    }
}
