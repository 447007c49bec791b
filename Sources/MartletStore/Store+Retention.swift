package import Foundation
import GRDB
package import MartletCore

extension SQLiteStore: RetentionStore {
    /// Runs of stored jobs are bounded in number; inline runs, which have no job in common, by age alone.
    /// A run whose survivors hold its key is never listed.
    package func expired(under policy: RetentionPolicy, at now: Date, limit: Int) async throws -> [RunID] {
        guard limit > 0 else { return [] }
        return try await read { db in
            var ids = Set<RunID>()
            for state in RunState.allCases where state.isEnd {
                let factor: Int64 = state == .failed || state == .lost ? Int64(max(1, policy.failedFactor)) : 1
                let cutoff = now.milliseconds - policy.age.milliseconds * factor
                ids.formUnion(try Self.ended(state, before: cutoff, limit, db).map(\.id))
            }
            var job = ""
            while let next = try Self.job(after: job, db) {
                job = next
                ids.formUnion(try Self.surplus(of: job, beyond: policy.runsPerJob, limit, db))
            }
            return Array(ids.sorted().prefix(limit))
        }
    }

    package func oldestEnded(limit: Int) async throws -> [(id: RunID, logBytes: Int64)] {
        guard limit > 0 else { return [] }
        return try await read { db in
            let ended = try RunState.allCases.filter(\.isEnd).flatMap { try Self.ended($0, before: .max, limit, db) }
            return ended.sorted { ($0.finishedAt, $0.id) < ($1.finishedAt, $1.id) }
                .prefix(limit).map { ($0.id, $0.logBytes) }
        }
    }

    package func logBytes() async throws -> Int64 {
        try await read { try Int64.fetchOne($0, sql: "SELECT log_bytes FROM totals") ?? 0 }
    }

    /// In slices that share the writer with everybody else.
    package func delete(_ ids: [RunID]) async throws {
        try await inSlices(of: ids) { id, db in
            try db.cachedStatement(
                sql: """
                    DELETE FROM runs WHERE id = ? AND live_key IS NULL
                      AND state IN ('succeeded','failed','cancelled','lost')
                    """
            ).execute(arguments: [id.blob])
        }
    }

    package func deleteIdempotency(before: Date) async throws {
        let mostAtOnce = 500
        while true {
            let deleted = try await writer.write { scope in
                let statement = try scope.db.cachedStatement(
                    sql: """
                        DELETE FROM idempotency WHERE key IN
                          (SELECT key FROM idempotency INDEXED BY idempotency_age WHERE created_at < ? LIMIT ?)
                        """)
                try statement.execute(arguments: [before.milliseconds, mostAtOnce])
                return scope.db.changesCount
            }
            guard deleted == mostAtOnce else { return }
        }
    }

    package func releaseKeys(of ids: [RunID]) async throws {
        try await inSlices(of: ids) { id, db in
            try db.cachedStatement(
                sql: "UPDATE runs SET live_key = NULL WHERE id = ? AND outcome = 'unkillable'"
            ).execute(arguments: [id.blob])
        }
    }

    package func unkillableRuns() async throws -> [Run] {
        try await read { [decoding] db in
            let statement = try db.cachedStatement(
                sql: """
                    SELECT id FROM runs INDEXED BY runs_unkillable
                    WHERE outcome = 'unkillable' AND live_key IS NOT NULL ORDER BY id
                    """)
            return try decoding.runs(Data.fetchAll(statement).map(RunID.init(blob:)), db)
        }
    }
}

// MARK: Parts

extension SQLiteStore {
    /// How long a slice of a long job may hold the writer.
    static let slice = Duration.milliseconds(3)

    private func inSlices(
        of ids: [RunID], _ step: @escaping @Sendable (RunID, Database) throws -> Void
    ) async throws {
        var rest = ids[...]
        while !rest.isEmpty {
            let slice = rest
            let done = try await writer.write { scope in
                let deadline = ContinuousClock.now + Self.slice
                var done = 0
                repeat {
                    try step(slice[slice.startIndex + done], scope.db)
                    done += 1
                } while done < slice.count && ContinuousClock.now < deadline
                return done
            }
            rest = rest.dropFirst(done)
        }
    }

    private typealias Ended = (id: RunID, finishedAt: Int64, logBytes: Int64)

    private static func ended(
        _ state: RunState, before cutoff: Int64, _ limit: Int, _ db: Database
    ) throws -> [Ended] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT id, finished_at, log_bytes FROM runs INDEXED BY runs_ended
                WHERE state = ? AND finished_at IS NOT NULL AND finished_at < ? AND live_key IS NULL
                ORDER BY finished_at LIMIT ?
                """)
        return try Row.fetchAll(statement, arguments: [state.rawValue, cutoff, limit]).map {
            (try RunID(blob: $0[0]), $0[1], $0[2])
        }
    }

    private static func job(after job: String, _ db: Database) throws -> String? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT job FROM runs INDEXED BY runs_job WHERE job <> '' AND job > ? ORDER BY job LIMIT 1
                """)
        return try String.fetchOne(statement, arguments: [job])
    }

    /// The oldest ended runs of a job that are more than `kept`.
    private static func surplus(of job: String, beyond kept: Int, _ limit: Int, _ db: Database) throws -> [RunID] {
        let source = "FROM runs INDEXED BY runs_job WHERE job <> '' AND job = ? AND state = ?"
        let states = RunState.allCases.filter(\.isEnd)
        let count = try db.cachedStatement(sql: "SELECT count(*) \(source)")
        let total = try states.reduce(0) { try $0 + (Int.fetchOne(count, arguments: [job, $1.rawValue]) ?? 0) }
        let surplus = min(total - kept, limit)
        guard surplus > 0 else { return [] }
        let oldest = try db.cachedStatement(
            sql: "SELECT id \(source) AND live_key IS NULL ORDER BY id LIMIT ?")
        let ids = try states.flatMap {
            try Data.fetchAll(oldest, arguments: [job, $0.rawValue, surplus]).map(RunID.init(blob:))
        }
        return Array(ids.sorted().prefix(surplus))
    }
}
