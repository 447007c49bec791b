import Foundation
import GRDB
import MartletCore

/// A new run, encoded and sealed, ready for the database.
struct InsertRow: Sendable {
    let run: Run
    let admission: Admission?
    private let job: String
    private let params: String
    private let labels: String
    private let trigger: String
    private let detail: String
    private let reason: String
    private let secrets: Data?
    let claim: Claim?
    let joinable: Rights
    private let condition: ClusterCondition?
    private let box: SecretBox
    let groups: [GroupMembership]
    private let members: [RunID]
    private let aliases: [RunAlias]

    /// What new runs have in common, encoded once.
    struct Encoding: Sendable {
        let jobs = EncodeCache<Job>(capacity: 256)
        let triggers = EncodeCache<Trigger>(capacity: 256)
        let details = EncodeCache<Run.Detail>(capacity: 64)
        let reasons = EncodeCache<Reason>(capacity: 64)
    }

    init(_ new: NewRun, _ box: SecretBox, _ encoding: Encoding) throws {
        run = new.run
        admission = new.admission
        job = try encoding.jobs.text(run.job)
        params = try StoredJSON.text(of: run.params)
        labels = try StoredJSON.text(of: run.labels)
        trigger = try encoding.triggers.text(run.trigger)
        detail = try encoding.details.text(run.detail)
        reason = try encoding.reasons.text(run.reason)
        secrets = try box.seal(new.secrets, for: run.id)
        claim = new.claim
        joinable = new.joinable
        condition = new.condition
        self.box = box
        groups = new.groups
        members = new.members
        aliases = new.aliases
    }

    /// What the run is made from.
    var definition: String { job + params + labels }

    /// Makes runs that are there already members of the new run's groups. Those that were cleared away are not.
    func takeMembers(_ db: Database) throws {
        for run in members {
            let statement = try db.cachedStatement(sql: "SELECT 1 FROM runs WHERE id = ?")
            if try Int.fetchOne(statement, arguments: [run.blob]) != nil { try groups.join(run, db) }
        }
    }

    func insert(_ scope: inout WriteScope) throws {
        try refuseClash(scope.db)
        try insertRun(scope.db)
        try insertInputs(scope.db)
        try insertNames(scope.db)
        try scope.record(
            RunEvent(
                number: 0, run: run.id, kind: .created, from: nil, to: run.state, attempt: run.attempt,
                task: run.task, reason: run.reason, note: nil, at: run.createdAt), of: run, reason: reason)
    }

    /// Unique indexes refuse these too; asked first so that the answer can name the other run.
    private func refuseClash(_ db: Database) throws {
        if let condition {
            let shelf = ClusterShelf(db: db, box: box)
            try shelf.refuseWhenBusy()
            try shelf.check(condition)
        }
        if run.holdsKey, let key = run.key {
            let statement = try db.cachedStatement(sql: "SELECT id FROM runs WHERE live_key = ?")
            if let holder = try Data.fetchOne(statement, arguments: [key]) {
                throw MartletError(.conflict, "run \(try RunID(blob: holder)) holds the key \"\(key)\"")
            }
        }
        for alias in aliases {
            let statement = try db.cachedStatement(
                sql: "SELECT run FROM run_aliases WHERE alias = ? AND facade = ?")
            if let holder = try Data.fetchOne(statement, arguments: [alias.alias, alias.facade]) {
                throw MartletError(
                    .conflict, "run \(try RunID(blob: holder)) has the \(alias.facade) id \"\(alias.alias)\"")
            }
        }
    }

    private func insertRun(_ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO runs (id, job, driver, state, outcome, attempt, task, created_at, due_at, started_at,
                  finished_at, exit_code, signal, key, live_key, concurrency, version, detail)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        try statement.execute(arguments: [
            run.id.blob, run.job.name ?? "", run.driver, run.state.rawValue, run.outcome?.rawValue,
            run.attempt, run.task, run.createdAt.milliseconds, run.dueAt.milliseconds,
            run.startedAt?.milliseconds, run.finishedAt?.milliseconds, run.exitCode, run.signal, run.key,
            run.holdsKey ? run.key : nil, concurrency, run.version, detail,
        ])
    }

    /// Inline runs share the empty job name, but no limit: each has a job of its own.
    private var concurrency: Int? { run.job.name == nil ? nil : run.job.concurrency.map { max(1, $0) } }

    private func insertInputs(_ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: "INSERT INTO run_inputs (run, job, params, labels, trigger, secrets) VALUES (?, ?, ?, ?, ?, ?)")
        try statement.execute(arguments: [run.id.blob, job, params, labels, trigger, secrets])
    }

    private func insertNames(_ db: Database) throws {
        try groups.join(run.id, db)
        if let claim {
            try db.cachedStatement(sql: "INSERT INTO run_claims (space, path, run) VALUES (?, ?, ?)")
                .execute(arguments: [claim.space, claim.path, run.id.blob])
        }
        for (name, value) in run.labels {
            try db.cachedStatement(sql: "INSERT INTO run_labels (name, value, run) VALUES (?, ?, ?)")
                .execute(arguments: [name, value, run.id.blob])
        }
        for alias in aliases {
            try db.cachedStatement(sql: "INSERT INTO run_aliases (alias, facade, run) VALUES (?, ?, ?)")
                .execute(arguments: [alias.alias, alias.facade, run.id.blob])
        }
    }
}
