internal import CMariaDB

/// What a statement did.
package struct SQLOutcome: Sendable, Hashable {
    package var affectedRows: UInt64
    package var warnings: Int
    /// `Records: 3  Deleted: 0  Skipped: 0  Warnings: 0`; empty where the server says nothing.
    package var info: String
}

/// One row of an answer; valid only while it is handed out.
package struct SQLRow {
    let values: MYSQL_ROW
    let lengths: UnsafeMutablePointer<UInt>
    package let count: Int

    /// Nil: NULL.
    package subscript(_ column: Int) -> UnsafeRawBufferPointer? {
        precondition(column >= 0 && column < count)
        guard let start = values[column] else { return nil }
        return UnsafeRawBufferPointer(start: start, count: Int(lengths[column]))
    }

    /// Nil: NULL.
    package func text(_ column: Int) -> String? { self[column].map { String(decoding: $0, as: UTF8.self) } }

    /// Nil: NULL.
    package func bytes(_ column: Int) -> [UInt8]? { self[column].map { Array($0) } }
}

/// The rows of an answer, as they come.
package final class SQLCursor {
    private let session: SQLSession
    private let result: UnsafeMutablePointer<MYSQL_RES>
    private let count: Int
    private var isOpen = true

    init(_ session: SQLSession, _ result: UnsafeMutablePointer<MYSQL_RES>) {
        self.session = session
        self.result = result
        count = Int(mysql_num_fields(result))
    }

    deinit { close() }

    /// Nil: there are no more. A row is valid until the next is asked for.
    package func next() throws(SQLError) -> SQLRow? {
        guard isOpen else { return nil }
        guard let values = mysql_fetch_row(result), let lengths = mysql_fetch_lengths(result) else {
            if mysql_errno(session.handle) != 0 { throw SQLSession.error(session.handle) }
            return nil
        }
        return SQLRow(values: values, lengths: lengths, count: count)
    }

    /// Reads the rest away; more than once is fine.
    package func close() {
        guard isOpen else { return }
        isOpen = false
        mysql_free_result(result)
    }
}

extension SQLSession {
    /// Runs a statement; rows it may return are dropped.
    @discardableResult
    package func run(_ sql: String) throws(SQLError) -> SQLOutcome { try run(Array(sql.utf8)) }

    /// Runs a statement; rows it may return are dropped.
    @discardableResult
    package func run(_ sql: [UInt8]) throws(SQLError) -> SQLOutcome {
        try send(sql)
        var outcome = try outcome()
        while true {
            switch mysql_next_result(handle) {
            case 0: outcome = try self.outcome()
            case -1: return outcome
            default: throw Self.error(handle)
            }
        }
    }

    /// Runs a statement that may be refused for one of these reasons. False: it was.
    @discardableResult
    package func run(_ sql: String, unless kinds: Set<SQLError.Kind>) throws(SQLError) -> Bool {
        do {
            try run(sql)
            return true
        } catch {
            if kinds.contains(error.kind) { return false }
            throw error
        }
    }

    /// Begins a query whose rows are fetched one by one; until the cursor is closed the session can do nothing else.
    package func open(_ sql: String) throws(SQLError) -> SQLCursor {
        try send(Array(sql.utf8))
        guard let result = mysql_use_result(handle) else {
            if mysql_errno(handle) != 0 { throw Self.error(handle) }
            throw SQLError(code: 0, message: "the statement returns no rows")
        }
        return SQLCursor(self, result)
    }

    /// Hands each row of the answer to `each` as it comes. Where `each` throws, the rest of the answer is read away first.
    package func query(_ sql: String, each: (SQLRow) throws -> Void) throws {
        let cursor = try open(sql)
        defer { cursor.close() }
        while let row = try cursor.next() { try each(row) }
    }

    /// The whole answer as text; nil: NULL.
    package func rows(_ sql: String) throws -> [[String?]] {
        var rows: [[String?]] = []
        try query(sql) { row in rows.append((0..<row.count).map { row.text($0) }) }
        return rows
    }

    /// The first value of the answer; nil: NULL, or no row.
    package func value(_ sql: String) throws -> String? { try rows(sql).first?.first ?? nil }

    /// What the server warns of after the last statement, for people: `Warning 1265: Data truncated …`.
    package func warnings(most: Int = 3) throws -> [String] {
        try rows("SHOW WARNINGS LIMIT \(most)").map { row in
            "\(row[0] ?? "Warning") \(row[1] ?? "0"): \(row[2] ?? "")"
        }
    }

    private func send(_ sql: [UInt8]) throws(SQLError) {
        let failed = sql.withUnsafeBytes { bytes in
            mysql_real_query(handle, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), UInt(bytes.count)) != 0
        }
        if failed { throw Self.error(handle) }
    }

    func outcome() throws(SQLError) -> SQLOutcome {
        if mysql_field_count(handle) > 0 {
            guard let result = mysql_use_result(handle) else { throw Self.error(handle) }
            mysql_free_result(result)
            return SQLOutcome(affectedRows: 0, warnings: Int(mysql_warning_count(handle)), info: "")
        }
        return SQLOutcome(
            affectedRows: mysql_affected_rows(handle), warnings: Int(mysql_warning_count(handle)),
            info: mysql_info(handle).map { String(cString: $0) } ?? "")
    }
}
