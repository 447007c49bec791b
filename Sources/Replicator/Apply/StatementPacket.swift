import Binlog

/// Statements that go to the target in one round trip, and what their outcomes have to be.
struct StatementPacket {
    /// What one statement of it was for.
    struct Entry {
        /// nil: nothing is expected.
        let expected: UInt64?
        /// For errors.
        let table: String
        let origin: Origin?
    }

    private static let mostBytes = 1 << 20
    private static let mostStatements = 500

    private(set) var sql: [UInt8] = []
    private(set) var entries: [Entry] = []

    var isEmpty: Bool { entries.isEmpty }
    var isFull: Bool { sql.count >= Self.mostBytes || entries.count >= Self.mostStatements }

    mutating func append(_ text: String) { append(Array(text.utf8), Entry(expected: nil, table: "", origin: nil)) }

    mutating func append(_ statement: RowStatement) {
        if statement.needsLaxMode { append("SET SESSION sql_mode='\(TargetSession.laxMode)'") }
        append(
            statement.sql,
            Entry(
                expected: statement.expected, table: statement.plan.route.target.description, origin: statement.origin))
        if statement.needsLaxMode { append("SET SESSION sql_mode='\(TargetSession.strictMode)'") }
    }

    private mutating func append(_ text: [UInt8], _ entry: Entry) {
        if !sql.isEmpty { sql.append(UInt8(ascii: ";")) }
        sql += text
        entries.append(entry)
    }
}
