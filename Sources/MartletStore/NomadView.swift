import Foundation
import GRDB
import MartletCore

/// Reads jobs and what comes of them, all in one transaction.
struct NomadView {
    let db: Database
    let decoding: RunDecoding

    // MARK: Jobs

    private static let jobColumns = """
        SELECT j.*, v.content, v.is_stable, v.submit_time FROM nomad_jobs j
        JOIN nomad_versions v ON v.job = j.id AND v.created = j.create_index AND v.version = j.version
        """

    func job(_ id: String) throws -> (NomadJobRecord, summaryIndex: Int64)? {
        try Row.fetchOne(db.cachedStatement(sql: Self.jobColumns + " WHERE j.id = ?"), arguments: [id]).map(Self.job)
    }

    func jobs(prefix: String) throws -> [(NomadJobRecord, summaryIndex: Int64)] {
        let statement = try db.cachedStatement(sql: Self.jobColumns + " WHERE j.id >= ? AND j.id < ? ORDER BY j.id")
        return try Row.fetchAll(statement, arguments: [prefix, prefix + "\u{10FFFF}"]).map(Self.job)
    }

    private static func job(_ row: Row) throws -> (NomadJobRecord, summaryIndex: Int64) {
        var job = NomadJobRecord(
            id: row["id"], type: try word(row["type"]), priority: row["priority"], parentID: row["parent"],
            isTemplate: row["is_template"], isStopped: row["is_stopped"], version: row["version"],
            content: row["content"], isStable: row["is_stable"], submitTime: row["submit_time"],
            createIndex: row["create_index"], modifyIndex: row["modify_index"], jobModifyIndex: row["job_modify_index"])
        job.isPaused = row["is_paused"]
        job.nextLaunch = row["launch_at"]
        return (job, row["summary_index"])
    }

    func state(_ job: NomadJobRecord, _ summaryIndex: Int64) throws -> NomadJobState {
        var state = try ownState(job, summaryIndex)
        guard job.isTemplate else { return state }
        let ids = try String.fetchAll(
            db.cachedStatement(
                sql: "SELECT id FROM nomad_jobs INDEXED BY nomad_jobs_parent WHERE parent <> '' AND parent = ?"),
            arguments: [job.id])
        for id in ids {
            guard let child = try self.job(id) else { continue }
            switch try ownState(child.0, child.summaryIndex).status {
            case .pending: state.children.pending += 1
            case .running: state.children.running += 1
            case .dead: state.children.dead += 1
            }
        }
        return state
    }

    private func ownState(_ job: NomadJobRecord, _ summaryIndex: Int64) throws -> NomadJobState {
        NomadJobState(
            job, try allocations(of: job.id), open: try openEvaluations(of: job.id),
            isOwed: try subject(job.id)?.owed != nil, summaryIndex: summaryIndex)
    }

    func subject(_ job: String) throws -> (revision: Int64, owed: Int64?)? {
        let statement = try db.cachedStatement(sql: "SELECT revision, owed FROM nomad_subjects WHERE job = ?")
        return try Row.fetchOne(statement, arguments: [job]).map { ($0[0], $0[1]) }
    }

    // MARK: Evaluations, deployments, node

    func openEvaluations(of job: String) throws -> [NomadEvaluation] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT * FROM nomad_evaluations INDEXED BY nomad_evaluations_open
                WHERE status IN ('pending','blocked') AND job = ? ORDER BY create_index, id
                """)
        return try Row.fetchAll(statement, arguments: [job]).map(Self.evaluation)
    }

    static func evaluation(_ row: Row) throws -> NomadEvaluation {
        var evaluation: NomadEvaluation = try StoredJSON.value(row["content"])
        evaluation.createIndex = row["create_index"]
        evaluation.modifyIndex = row["modify_index"]
        return evaluation
    }

    static func deployment(_ row: Row) throws -> NomadDeployment {
        var deployment: NomadDeployment = try StoredJSON.value(row["content"])
        deployment.createIndex = row["create_index"]
        deployment.modifyIndex = row["modify_index"]
        return deployment
    }

    func newestDeployment(of job: String) throws -> NomadDeployment? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT * FROM nomad_deployments WHERE job = ? ORDER BY create_index DESC LIMIT 1
                """)
        return try Row.fetchOne(statement, arguments: [job]).map(Self.deployment)
    }

    func node() throws -> NomadNode? {
        try Row.fetchOne(db.cachedStatement(sql: "SELECT * FROM nomad_node")).map { row in
            var node: NomadNode = try StoredJSON.value(row["content"])
            node.createIndex = row["create_index"]
            node.modifyIndex = row["modify_index"]
            return node
        }
    }

    // MARK: Allocations

    func allocations(of job: String) throws -> [NomadAllocationFacts] {
        let statement = try db.cachedStatement(
            sql: "SELECT * FROM nomad_allocations WHERE job = ? ORDER BY create_index, id")
        return try Row.fetchAll(statement, arguments: [job]).map { try facts(Self.allocation($0)) }
    }

    func allocation(_ id: String) throws -> NomadAllocation? {
        let statement = try db.cachedStatement(sql: "SELECT * FROM nomad_allocations WHERE id = ?")
        return try Row.fetchOne(statement, arguments: [id]).map(Self.allocation)
    }

    static func allocation(_ row: Row) throws -> NomadAllocation {
        var allocation: NomadAllocation = try StoredJSON.value(row["content"])
        allocation.createIndex = row["create_index"]
        allocation.modifyIndex = row["modify_index"]
        allocation.allocModifyIndex = row["alloc_modify_index"]
        allocation.modifyTime = row["modify_time"]
        if let index = row["health_index"] as Int64? { allocation.health?.modifyIndex = index }
        return allocation
    }

    /// With the runs that are not over.
    func facts(_ allocation: NomadAllocation) throws -> NomadAllocationFacts {
        let statement = try db.cachedStatement(
            sql: "SELECT task, run, end, ended_at FROM nomad_tasks WHERE allocation = ?")
        var found: [String: NomadTaskFacts] = [:]
        for row in try Row.fetchAll(statement, arguments: [allocation.id]) {
            let name: String = row[0]
            if let end = row[2] as String? {
                var facts = NomadTaskFacts(name: name, phase: .dead, end: try word(end))
                facts.endedAt = row[3]
                found[name] = facts
            } else if let run = try decoding.run(RunID(blob: row[1]), db) {
                found[name] = NomadTaskFacts(name: name, run)
            } else {
                // Only runs that are over are ever removed, and their end is kept here.
                throw MartletError(.internal, "the run of task \(name) of allocation \(allocation.id) is gone")
            }
        }
        return NomadAllocationFacts(
            record: allocation, tasks: allocation.tasks.map { found[$0.name] ?? $0.unstarted(in: allocation) })
    }
}

extension NomadTask {
    /// It never had a run: refused, or left out because a sibling was.
    fileprivate func unstarted(in allocation: NomadAllocation) -> NomadTaskFacts {
        var facts = NomadTaskFacts(name: name, phase: .dead, end: refusal == nil ? .complete : .failed)
        facts.endedAt = allocation.createTime
        return facts
    }
}
