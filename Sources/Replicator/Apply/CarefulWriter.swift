import Binlog
import Replication
import SQLClient

/// Writes row by row and looks at each outcome: slow, and exact about what differs.
struct CarefulWriter {
    private let session: SQLSession
    private let policy: ApplyPolicy
    private let collator: Collator
    private let mostBytes: Int
    private(set) var divergences = Divergences()
    private(set) var rows = 0

    init(_ session: SQLSession, _ policy: ApplyPolicy, mostBytes: Int) {
        self.session = session
        self.policy = policy
        self.mostBytes = mostBytes
        collator = Collator(session)
    }

    mutating func write(_ change: RowChange) throws {
        try session.run("SET SESSION foreign_key_checks=\(change.event.isWithoutForeignKeyChecks ? 0 : 1)")
        var reader = try RowReader(change.event, layout: change.plan.layout)
        while try reader.next() {
            switch try RowWriter.effect(of: reader, change, collator) {
            case .none: continue
            case .insert: try insert(reader.after, change)
            case .delete: try delete(reader.before, change)
            case .update: try update(reader.before, reader.after, change)
            }
            rows += 1
        }
    }

    private mutating func insert(_ row: RowImage, _ change: RowChange) throws {
        do {
            _ = try run(change, .insert) { try $0.insert(row) }
        } catch let error as SQLError where error.kind == .duplicate {
            try diverge("a row is there that was inserted", row, change, error)
            _ = try run(change, .insert) { try $0.replace(row) }
        }
    }

    private mutating func delete(_ row: RowImage, _ change: RowChange) throws {
        if try run(change, .delete, { try $0.delete(row) }) == 0 {
            try diverge("a row is missing that was deleted", row, change, nil)
        }
    }

    private mutating func update(_ before: RowImage, _ after: RowImage, _ change: RowChange) throws {
        do {
            if try run(change, .update, { try $0.update(before, after) }) == 0 {
                try diverge("a row is missing that was updated", before, change, nil)
                _ = try run(change, .insert) { try $0.replace(after) }
            }
        } catch let error as SQLError where error.kind == .duplicate {
            try diverge("another row has the key of an updated one", before, change, error)
            _ = try run(change, .delete) { try $0.delete(before) }
            _ = try run(change, .insert) { try $0.replace(after) }
        }
    }

    /// - Returns: how many rows it found or wrote.
    private func run(
        _ change: RowChange, _ kind: RowsEvent.Kind, _ fill: (inout RowStatement) throws -> Void
    ) throws -> UInt64 {
        var statement = RowStatement(change.plan, kind, change.event.origin)
        try fill(&statement)
        statement.finish()
        guard statement.sql.count <= mostBytes else { throw tooLong(statement, change) }
        if statement.needsLaxMode { try session.run("SET SESSION sql_mode='\(TargetSession.laxMode)'") }
        defer {
            // A session that cannot take this is lost, which the next statement says.
            if statement.needsLaxMode { _ = try? session.run("SET SESSION sql_mode='\(TargetSession.strictMode)'") }
        }
        do {
            return try session.run(statement.sql).affectedRows
        } catch {
            if error.isTransient || error.kind == .duplicate { throw error }
            throw ApplyError(error.description, change.plan.route.target.description, change.event.origin)
        }
    }

    private func tooLong(_ statement: RowStatement, _ change: RowChange) -> ApplyError {
        ApplyError(
            "a row takes a statement of \(statement.sql.count) bytes, which is more than the target's max_allowed_packet: "
                + "set it to \(statement.sql.count * 2) or more there",
            change.plan.route.target.description, change.event.origin)
    }

    private mutating func diverge(
        _ reason: String, _ row: RowImage, _ change: RowChange, _ error: SQLError?
    ) throws {
        if change.isSettling { return }
        var text = "\(reason): \(change.plan.route.target) \(try Self.key(row, change.plan))"
        if let error { text += ", \(error)" }
        guard policy == .idempotent else {
            throw ApplyError(text, change.plan.route.source.description, change.event.origin)
        }
        divergences.add(text)
    }

    /// The values that find the row, shortened.
    private static func key(_ row: RowImage, _ plan: RowPlan) throws -> String {
        var sql: [UInt8] = []
        for pair in plan.key ?? Array(plan.pairs.prefix(3)) {
            sql += Array("\(sql.isEmpty ? "" : ", ")\(plan.table.columns[pair.target].name)=".utf8)
            if let value = try row.value(pair.source) { pair.literal.append(value, to: &sql) }
        }
        return String(String(decoding: sql, as: UTF8.self).prefix(200))
    }
}
