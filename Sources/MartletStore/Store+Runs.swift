import Foundation
import GRDB
package import MartletCore

extension SQLiteStore: RunStore {
    package func insert(_ runs: [NewRun], idempotency: IdempotencyRecord?) async throws -> Inserted {
        guard !runs.isEmpty else { return Inserted(ids: [], replayed: false) }
        // Encoded and sealed here, where it costs the writer nothing.
        let rows = try runs.map { try InsertRow($0, box, encoding) }
        let replay = idempotency.map { Replay($0, box, at: now()) }
        let definition = AuditScope.current.map { _ in
            AuditChain.digest(rows.map(\.definition).joined(separator: "\n"))
        }
        return try await writer.write { [self] scope in
            if let replay, let first = try replay.find(scope.db) {
                return Inserted(ids: first, replayed: true)
            }
            var isRefused = false
            var joined: Set<RunID> = []
            let ids = try rows.map { row in
                try row.takeMembers(scope.db)
                if let run = try join(row, &scope) {
                    joined.insert(run)
                    return run
                }
                return try admit(row, &scope, &isRefused)
            }
            // Only now: before, the last run of a batch could not be told.
            try settle(&scope)
            // A refusal is no answer to keep: the same call may be welcome later.
            if !isRefused { try replay?.insert(ids, scope.db) }
            scope.changed(Self.target(ids), afterDigest: definition)
            return Inserted(ids: ids, replayed: false, joined: joined)
        }
    }

    private static func target(_ ids: [RunID]) -> String {
        ids.count == 1 ? "run \(ids[0])" : "\(ids.count) runs from \(ids[0])"
    }

    /// Inserts a run, or does what its admission says when too many of its job are not over. Returns the id to answer.
    func admit(_ row: InsertRow, _ scope: inout WriteScope, _ isRefused: inout Bool) throws -> RunID {
        guard let admission = row.admission, admission.otherwise != .replace, let job = row.run.job.name,
            try isFull(job, max(1, admission.mostUnfinished), scope.db)
        else {
            try row.insert(&scope)
            hot.keep(row.run)
            return row.run.id
        }
        if admission.otherwise == .join, let newest = try newestUnfinished(of: job, scope.db) { return newest }
        isRefused = true
        try row.insert(&scope)
        var refused = row.run
        let change = try refused.apply(
            .refuse(.busy(job: job, unfinished: max(1, admission.mostUnfinished))), at: row.run.createdAt)
        try store(refused, after: row.run, Update(change), &scope)
        return row.run.id
    }

    /// Whether so many runs of a job are not over. Reads no more index entries than that.
    private func isFull(_ job: String, _ most: Int, _ db: Database) throws -> Bool {
        try Int.fetchOne(db.cachedStatement(sql: Self.fullSQL), arguments: [job, most - 1]) != nil
    }

    static let fullSQL = """
        SELECT 1 FROM runs INDEXED BY runs_job
        WHERE job <> '' AND job = ? AND state IN ('pending','running','stopping','paused') LIMIT 1 OFFSET ?
        """

    private func newestUnfinished(of job: String, _ db: Database) throws -> RunID? {
        try Data.fetchOne(db.cachedStatement(sql: Self.newestSQL), arguments: [job]).map(RunID.init(blob:))
    }

    static let newestSQL = """
        SELECT max(id) FROM runs INDEXED BY runs_job
        WHERE job <> '' AND job = ? AND state IN ('pending','running','stopping','paused')
        """

    package func update(
        _ id: RunID, _ body: @escaping @Sendable (inout Run) throws -> Update
    ) async throws -> Run {
        try await writer.write { [self] scope in
            guard let before = try current(id, scope.db) else {
                throw MartletError(.notFound, "there is no run \(id)")
            }
            var run = before
            let update = try body(&run)
            guard !update.isEmpty else { return run }
            if run.version == before.version { run.version += 1 }
            try store(run, after: before, update, &scope)
            try settle(&scope)
            scope.changed("run \(id)", before: before.auditText, after: run.auditText)
            return run
        }
    }

    /// The run as the transaction sees it.
    func current(_ id: RunID, _ db: Database) throws -> Run? {
        let statement = try db.cachedStatement(sql: "SELECT version FROM runs WHERE id = ?")
        guard let version = try Int.fetchOne(statement, arguments: [id.blob]) else { return nil }
        return try hot.run(id, version: version) ?? decoding.run(id, db)
    }

    package func run(_ id: RunID) async throws -> Run? {
        try await read { [decoding] in try decoding.run(id, $0) }
    }

    package func runs(_ ids: [RunID]) async throws -> [Run] {
        try await read { [decoding] in try decoding.runs(ids, $0) }
    }
}

/// The record that answers a repeated submission with the runs of the first.
private struct Replay: Sendable {
    let key: String
    let hash: Data
    let at: Date

    init(_ record: IdempotencyRecord, _ box: SecretBox, at now: Date) {
        key = record.key
        hash = box.code(of: record.body)
        at = now
    }

    /// The runs of the first submission, if this is not the first.
    func find(_ db: Database) throws -> [RunID]? {
        let statement = try db.cachedStatement(sql: "SELECT body_hash, runs FROM idempotency WHERE key = ?")
        guard let row = try Row.fetchOne(statement, arguments: [key]) else { return nil }
        guard row[0] == hash else {
            throw MartletError(.mismatch, "the idempotency key \"\(key)\" came before with another body")
        }
        let ids: Data = row[1]
        return try stride(from: ids.startIndex, to: ids.endIndex, by: 16).map {
            try RunID(blob: ids[$0..<$0 + 16])
        }
    }

    func insert(_ runs: [RunID], _ db: Database) throws {
        let ids = runs.reduce(into: Data()) { $0.append(contentsOf: $1.bytes) }
        try db.cachedStatement(sql: "INSERT INTO idempotency VALUES (?, ?, ?, ?)")
            .execute(arguments: [key, hash, ids, at.milliseconds])
    }
}
