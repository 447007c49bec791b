package import Foundation
import GRDB
package import MartletCore

extension SQLiteStore: AuditStore {
    package func append(_ entry: AuditEntry) async throws {
        try await writer.write { [audit] scope in try audit.append(entry, nil, scope.db) }
    }

    package func auditRecords(before number: Int64?, target: String?, limit: Int) async throws -> [AuditRecord] {
        let limit = min(max(limit, 1), 1000)
        let condition = target == nil ? "" : " AND target = ?"
        let arguments = StatementArguments([number ?? .max]) + StatementArguments([target].compactMap { $0 }) + [limit]
        return try await read { db in
            let statement = try db.cachedStatement(
                sql: "SELECT \(Self.auditColumns) FROM audit WHERE number < ?\(condition) ORDER BY number DESC LIMIT ?")
            return try Row.fetchAll(statement, arguments: arguments).map(Self.auditRecord)
        }
    }

    package func verifyAudit() async throws -> AuditVerdict {
        var verdict = AuditVerdict()
        var last = AuditChain.Link.none
        while verdict.problem == nil {
            let before = last
            // In one view: records may be forgotten while the walk goes on.
            let (start, records) = try await read { db in
                let anchor = try AuditChain.anchor(db)
                let start = anchor.number > before.number ? anchor : before
                let statement = try db.cachedStatement(
                    sql: "SELECT \(Self.auditColumns) FROM audit WHERE number > ? ORDER BY number LIMIT 1000")
                return (start, try Row.fetchAll(statement, arguments: [start.number]).map(Self.auditRecord))
            }
            last = start
            if records.isEmpty { break }
            for record in records {
                verdict.problem = Self.problem(of: record, after: last)
                if verdict.problem != nil { break }
                last = AuditChain.Link(number: record.number, hash: record.hash)
                verdict.records += 1
                verdict.head = AuditVerdict.Mark(number: record.number, hash: record.hash)
            }
        }
        return verdict
    }

    private static func problem(of record: AuditRecord, after last: AuditChain.Link) -> String? {
        if record.number != last.number + 1 {
            return "record \(last.number + 1) is missing: record \(record.number) follows record \(last.number)"
        }
        let hash = AuditChain.hash(of: record.entry, record.number, record.at.milliseconds, after: last.hash)
        return hash == record.hash ? nil : "record \(record.number) was changed, or one before it"
    }

    package func deleteAudit(before date: Date, limit: Int) async throws -> Int {
        try await writer.write { scope in
            let oldest = try scope.db.cachedStatement(sql: "SELECT number, at, hash FROM audit ORDER BY number LIMIT ?")
            // After a clock that was set back times fall once: a record stays until all before it may go.
            let old = try Row.fetchAll(oldest, arguments: [limit]).prefix { ($0[1] as Int64) < date.milliseconds }
            guard let row = old.last else { return 0 }
            let link = AuditChain.Link(number: row[0], hash: Array(row[2] as Data))
            try AuditChain.setAnchor(link, scope.db)
            try scope.db.cachedStatement(sql: "DELETE FROM audit WHERE number <= ?").execute(arguments: [link.number])
            return scope.db.changesCount
        }
    }

    // MARK: Rows

    private static let auditColumns =
        "number, at, caller, token, address, action, target, outcome, request, before, after, hash"

    private static func auditRecord(_ row: Row) -> AuditRecord {
        func bytes(_ column: String) -> [UInt8]? { (row[column] as Data?).map { Array($0) } }
        return AuditRecord(
            number: row["number"], at: Date(milliseconds: row["at"]),
            entry: AuditEntry(
                caller: row["caller"], token: row["token"], address: row["address"], action: row["action"],
                target: row["target"], outcome: row["outcome"], request: row["request"], before: bytes("before"),
                after: bytes("after")),
            hash: bytes("hash") ?? [])
    }
}

extension Run {
    /// What a command changes of a run.
    var auditText: String {
        "\(state.rawValue) \(outcome?.rawValue ?? "-") attempt \(attempt) task \(task) version \(version)"
    }
}
