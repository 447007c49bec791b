import Foundation
import GRDB
import MartletCore

/// Writes jobs, evaluations and allocations within one transaction.
struct NomadShelf {
    let db: Database

    // MARK: Indexes

    /// The index of a change that touches these lists.
    func advance(_ tables: Set<NomadTable>) throws -> Int64 {
        try db.cachedStatement(sql: "UPDATE nomad_state SET value = value + 1 WHERE name = 'index'").execute()
        let index = try Self.index("index", db)
        let statement = try db.cachedStatement(sql: "UPDATE nomad_state SET value = ? WHERE name = ?")
        for table in tables { try statement.execute(arguments: [index, table.rawValue]) }
        return index
    }

    static func index(_ name: String, _ db: Database) throws -> Int64 {
        let statement = try db.cachedStatement(sql: "SELECT value FROM nomad_state WHERE name = ?")
        guard let index = try Int64.fetchOne(statement, arguments: [name]) else {
            throw MartletError(.internal, "the database has no index of \(name)")
        }
        return index
    }

    // MARK: Subjects

    /// Notes an order about a job: what was decided from before does not hold any more.
    func order(_ job: String, _ index: Int64) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO nomad_subjects (job, revision, owed) VALUES (?, ?, ?)
                ON CONFLICT DO UPDATE SET revision = excluded.revision, owed = excluded.owed
                """
        ).execute(arguments: [job, index, index])
    }

    func owe(_ job: String, _ index: Int64) throws {
        try db.cachedStatement(sql: "UPDATE nomad_subjects SET owed = ? WHERE job = ?").execute(arguments: [index, job])
    }

    // MARK: Runs

    /// What an allocation's run became, in the transaction of the change.
    func changed(_ run: Run, after before: Run, at now: Date) throws {
        let find = try db.cachedStatement(
            sql: """
                SELECT a.id, a.job, a.created, a.deployment FROM nomad_tasks t JOIN nomad_allocations a
                  ON a.id = t.allocation WHERE t.run = ?
                """)
        // A label alone makes no allocation.
        guard let row = try Row.fetchOne(find, arguments: [run.id.blob]) else { return }
        let (job, created): (String, Int64) = (row["job"], row["created"])
        let index = try advance([.allocations, .jobs])
        let isOver = try end(run)
        try db.cachedStatement(
            sql: "UPDATE nomad_allocations SET modify_index = ?, modify_time = ?, open = open - ? WHERE id = ?"
        ).execute(arguments: [index, now.nanoseconds, isOver ? 1 : 0, row["id"] as String])
        try db.cachedStatement(
            sql: """
                UPDATE nomad_jobs SET summary_index = ?, modify_index = iif(?, ?, modify_index)
                WHERE id = ? AND create_index = ?
                """
        ).execute(arguments: [index, isOver, index, job, created])
        // A deployment counts from the moment its tasks run; a paused one may be to go on.
        let isStart = run.handle != nil && before.handle == nil
        let deployment: String = row["deployment"]
        if isOver || run.state == .paused || (isStart && !deployment.isEmpty) { try owe(job, index) }
    }

    /// Whether the run has just come to its end.
    private func end(_ run: Run) throws -> Bool {
        guard let end = run.nomadEnd, let at = run.finishedAt else { return false }
        try db.cachedStatement(sql: "UPDATE nomad_tasks SET end = ?, ended_at = ? WHERE run = ? AND end IS NULL")
            .execute(arguments: [end.rawValue, at.nanoseconds, run.id.blob])
        return db.changesCount == 1
    }

    // MARK: Records

    func insert(_ row: NomadRow<NomadAllocation>, _ index: Int64) throws {
        let allocation = row.value
        let runs = allocation.tasks.compactMap { task in task.run.map { (task.name, $0) } }
        try db.cachedStatement(
            sql: "INSERT INTO nomad_allocations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?, ?)"
        ).execute(arguments: [
            allocation.id, allocation.jobID, allocation.edition.created, allocation.edition.version,
            allocation.evaluationID, allocation.deploymentID, runs.count, allocation.ask.cpu, allocation.ask.memory,
            index, index, index, allocation.modifyTime, row.text,
        ])
        let statement = try db.cachedStatement(sql: "INSERT INTO nomad_tasks VALUES (?, ?, ?, NULL, NULL)")
        for (name, run) in runs { try statement.execute(arguments: [allocation.id, name, run.blob]) }
    }

    func update(_ row: NomadRow<NomadAllocation>, _ index: Int64) throws {
        let allocation = row.value
        try db.cachedStatement(
            sql: """
                UPDATE nomad_allocations SET version = ?, deployment = ?, modify_index = ?, alloc_modify_index = ?,
                  health_index = iif(?, coalesce(health_index, ?), NULL), modify_time = ?, content = ? WHERE id = ?
                """
        ).execute(arguments: [
            allocation.edition.version, allocation.deploymentID, index, index, allocation.health != nil, index,
            allocation.modifyTime, row.text, allocation.id,
        ])
    }

    func put(_ row: NomadRow<NomadEvaluation>, _ index: Int64) throws {
        let evaluation = row.value
        try db.cachedStatement(
            sql: """
                INSERT INTO nomad_evaluations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET status = excluded.status, wait_until = excluded.wait_until,
                  modify_index = excluded.modify_index, modify_time = excluded.modify_time, content = excluded.content
                """
        ).execute(arguments: [
            evaluation.id, evaluation.jobID, evaluation.status.rawValue, evaluation.priority, evaluation.waitUntil,
            index, index, evaluation.modifyTime, row.text,
        ])
    }

    func put(_ row: NomadRow<NomadDeployment>, _ index: Int64) throws {
        let deployment = row.value
        try db.cachedStatement(
            sql: """
                INSERT INTO nomad_deployments VALUES (?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET status = excluded.status, modify_index = excluded.modify_index,
                  content = excluded.content
                """
        ).execute(arguments: [
            deployment.id, deployment.edition.job, deployment.edition.created, deployment.status.rawValue, index, index,
            row.text,
        ])
    }
}

/// A record with its text, made where it costs the writer nothing. Indexes have columns of their own: the text's are void.
struct NomadRow<Value: Codable & Sendable>: Sendable {
    let value: Value
    let text: String

    init(_ value: Value) throws {
        self.value = value
        text = try StoredJSON.text(value)
    }
}
