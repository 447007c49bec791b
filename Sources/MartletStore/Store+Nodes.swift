package import Foundation
import GRDB
package import MartletCore

extension SQLiteStore: NodeLedger {
    package func nodes() async throws -> [KnownNode] {
        try await read { db in
            try Row.fetchAll(db.cachedStatement(sql: "SELECT * FROM volume_nodes ORDER BY name")).map { row in
                KnownNode(
                    name: row["name"], address: row["address"], instance: row["instance"], cursor: row["cursor"],
                    plan: row["plan"], heardAt: (row["heard_at"] as Int64?).map(Date.init(milliseconds:)))
            }
        }
    }

    package func save(node: KnownNode) async throws {
        try await writer.write { scope in
            try scope.db.cachedStatement(
                sql: """
                    INSERT INTO volume_nodes (name, address, plan) VALUES (?, ?, ?)
                    ON CONFLICT DO UPDATE SET address = excluded.address, plan = excluded.plan
                    """
            ).execute(arguments: [node.name, node.address, node.plan])
        }
    }

    package func forget(node: String) async throws {
        try await writer.write { scope in
            try scope.db.cachedStatement(sql: "DELETE FROM volume_nodes WHERE name = ?").execute(arguments: [node])
        }
    }

    package func take(_ report: NodeReport, at now: Date) async throws -> [NodeRecord] {
        try await writer.write { scope in
            let shelf = NodeShelf(db: scope.db)
            let taken = try report.records.filter { try shelf.take($0, of: report.node) }
            try shelf.note(report, at: now)
            return taken
        }
    }

    package func lose(_ runs: [RunID], of node: String, why: String, at now: Date) async throws -> [NodeRecord] {
        try await writer.write { scope in
            let shelf = NodeShelf(db: scope.db)
            return try runs.compactMap { run in
                guard var record = try shelf.record(run), record.node == node, !record.state.isEnd else { return nil }
                (record.state, record.outcome, record.reason) = (.lost, .interrupted, why)
                record.endedAt = now
                // The version stays: whatever its node tells after all is newer, and true.
                try shelf.write(record)
                return record
            }
        }
    }

    package func nodeRecords(_ query: NodeRecordQuery) async throws -> [NodeRecord] {
        try await read { db in
            let (sql, arguments) = Self.nodeRecords(query)
            return try String.fetchAll(db.cachedStatement(sql: sql), arguments: arguments).map(NodeRecord.init(stored:))
        }
    }

    static func nodeRecords(_ query: NodeRecordQuery) -> (sql: String, arguments: StatementArguments) {
        var conditions: [String] = []
        var arguments: StatementArguments = []
        func filter(_ condition: String, _ value: (any DatabaseValueConvertible)?) {
            guard let value else { return }
            conditions.append(condition)
            arguments += [value]
        }
        filter("app = ?", query.app)
        filter("node = ?", query.node)
        filter("run < ?", query.before?.blob)
        if query.isOpen { conditions.append("ended_at IS NULL") }
        let filters = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        let sql = "SELECT record FROM volume_records \(filters) ORDER BY run DESC LIMIT ?"
        return (sql, arguments + [min(max(query.limit, 1), 1000)])
    }

    package func nodeRecord(_ run: RunID) async throws -> NodeRecord? {
        try await read { try NodeShelf(db: $0).record(run) }
    }

    package func deleteNodeRecords(before horizon: Date, limit: Int) async throws -> Int {
        try await writer.write { scope in
            try scope.db.cachedStatement(
                sql: """
                    DELETE FROM volume_records WHERE run IN
                      (SELECT run FROM volume_records INDEXED BY volume_records_age
                       WHERE ended_at IS NOT NULL AND ended_at < ? ORDER BY ended_at LIMIT ?)
                    """
            ).execute(arguments: [horizon.milliseconds, limit])
            return scope.db.changesCount
        }
    }
}

/// Writes what nodes tell.
private struct NodeShelf {
    let db: Database

    func record(_ run: RunID) throws -> NodeRecord? {
        try String.fetchOne(
            db.cachedStatement(sql: "SELECT record FROM volume_records WHERE run = ?"), arguments: [run.blob]
        ).map(NodeRecord.init(stored:))
    }

    /// Whether it said something new.
    func take(_ record: NodeRecord, of node: String) throws -> Bool {
        var record = record
        record.node = node
        let known = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT node, revision FROM volume_records WHERE run = ?"),
            arguments: [record.run.blob])
        if let known {
            let (owner, revision): (String, Int) = (known["node"], known["revision"])
            guard owner == node, revision < record.version else { return false }
        }
        try write(record)
        guard record.state.isEnd else { return true }
        let shelf = VolumeShelf(db: db)
        for made in record.made {
            var content = made.content
            content.node = node
            try shelf.put(
                record.volume, made.mode, content, isPartial: made.isPartial, run: record.run,
                createdAt: record.begunAt)
        }
        return true
    }

    func write(_ record: NodeRecord) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO volume_records (run, node, app, state, started_at, ended_at, revision, record)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET state = excluded.state, started_at = excluded.started_at,
                  ended_at = excluded.ended_at, revision = excluded.revision, record = excluded.record
                """
        ).execute(arguments: [
            record.run.blob, record.node, record.volume.app, record.state.rawValue, record.startedAt?.milliseconds,
            record.endedAt?.milliseconds, record.version, try StoredJSON.text(record.json),
        ])
    }

    func note(_ report: NodeReport, at now: Date) throws {
        try db.cachedStatement(
            sql: """
                UPDATE volume_nodes SET instance = ?, cursor = coalesce(?, cursor), plan = ?, heard_at = ? WHERE name = ?
                """
        ).execute(arguments: [report.instance, report.cursor, report.plan, now.milliseconds, report.node])
    }
}

extension NodeRecord {
    fileprivate init(stored text: String) throws {
        try self.init(parsing: JSONParser.parse(Array(text.utf8)))
    }
}
