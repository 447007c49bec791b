import Binlog

/// Rows of one table and kind that go to the target as one statement.
struct RowStatement {
    let plan: RowPlan
    let kind: RowsEvent.Kind
    /// How many rows the server must say it found or wrote.
    private(set) var rows = 0
    private(set) var sql: [UInt8] = []
    /// An ENUM without a label: a strict session would refuse it.
    private(set) var needsLaxMode = false
    /// What a single row of it would be called in an error.
    let origin: Origin

    /// What the outcome has to say for the rows to be right.
    var expected: UInt64 { kind == .update && isUpsert ? UInt64(2 * rows) : UInt64(rows) }
    private(set) var isUpsert = false

    init(_ plan: RowPlan, _ kind: RowsEvent.Kind, _ origin: Origin) {
        self.plan = plan
        self.kind = kind
        self.origin = origin
    }

    /// Ends what `append` began.
    mutating func finish() {
        if isUpsert { sql += plan.texts.update }
        if kind == .delete, plan.key != nil, rows > 0 { sql.append(UInt8(ascii: ")")) }
    }

    // MARK: Rows

    mutating func insert(_ row: RowImage) throws {
        if rows == 0 { sql += plan.texts.insert } else { sql.append(UInt8(ascii: ",")) }
        rows += 1
        try appendRow(row)
    }

    /// In place of whatever has one of its keys.
    mutating func replace(_ row: RowImage) throws {
        sql += plan.texts.replace
        rows = 1
        try appendRow(row)
    }

    /// One of several updates that leave keys as they are.
    mutating func upsert(_ after: RowImage) throws {
        isUpsert = true
        try insert(after)
    }

    mutating func update(_ before: RowImage, _ after: RowImage) throws {
        rows = 1
        sql += Array("UPDATE ".utf8) + plan.texts.name + Array(" SET ".utf8)
        var isFirst = true
        for pair in plan.pairs {
            guard let new = try after.value(pair.source) else { throw missing(pair) }
            let isKept = try before.value(pair.source) == new && !plan.table.columns[pair.target].changesByItself
            if isKept { continue }
            if !isFirst { sql.append(UInt8(ascii: ",")) }
            isFirst = false
            sql += plan.texts.columns[pair.target]
            sql.append(UInt8(ascii: "="))
            append(new, pair)
        }
        if isFirst, let pair = plan.pairs.first {
            // Only columns that are not replicated changed: the row still has to be there.
            sql += plan.texts.columns[pair.target] + Array("=".utf8) + plan.texts.columns[pair.target]
        }
        sql.append(text: " WHERE ")
        try appendPlace(before)
    }

    /// Rows of a table with a key go together; others one by one.
    mutating func delete(_ row: RowImage) throws {
        rows += 1
        guard let key = plan.key else {
            sql += Array("DELETE FROM ".utf8) + plan.texts.name + Array(" WHERE ".utf8)
            return try appendPlace(row)
        }
        if rows == 1 {
            sql += Array("DELETE FROM ".utf8) + plan.texts.name + Array(" WHERE ".utf8)
            if key.count == 1 { sql += plan.texts.columns[key[0].target] + Array(" IN".utf8) }
            sql.append(UInt8(ascii: "("))
        } else {
            sql.append(text: key.count == 1 ? "," : " OR ")
        }
        if key.count == 1 {
            guard let value = try row.value(key[0].source) else { throw missing(key[0]) }
            append(value, key[0])
        } else {
            sql.append(UInt8(ascii: "("))
            try appendKey(row, key)
            sql.append(UInt8(ascii: ")"))
        }
    }

    // MARK: Parts

    private mutating func append(_ value: Value, _ pair: RowPlan.Pair) {
        if case .enumeration(0) = value { needsLaxMode = true }
        pair.literal.append(value, to: &sql)
    }

    private func missing(_ pair: RowPlan.Pair) -> ApplyError {
        ApplyError(
            "column \(plan.layout.names[pair.source]) is not in the row: set binlog_row_image=FULL at the source",
            plan.layout.table.name, origin)
    }

    private mutating func appendRow(_ row: RowImage) throws {
        sql.append(UInt8(ascii: "("))
        for (index, pair) in plan.pairs.enumerated() {
            if index > 0 { sql.append(UInt8(ascii: ",")) }
            guard let value = try row.value(pair.source) else { throw missing(pair) }
            append(value, pair)
        }
        sql.append(UInt8(ascii: ")"))
    }

    private mutating func appendKey(_ row: RowImage, _ key: [RowPlan.Pair]) throws {
        for (index, pair) in key.enumerated() {
            if index > 0 { sql.append(text: " AND ") }
            guard let value = try row.value(pair.source) else { throw missing(pair) }
            sql += plan.texts.columns[pair.target]
            sql.append(UInt8(ascii: "="))
            append(value, pair)
        }
    }

    /// By the key; without one by all columns, of which only one row may go.
    private mutating func appendPlace(_ row: RowImage) throws {
        if let key = plan.key { return try appendKey(row, key) }
        for (index, pair) in plan.pairs.enumerated() {
            if index > 0 { sql.append(text: " AND ") }
            guard let value = try row.value(pair.source) else { throw missing(pair) }
            appendEquality(value, pair)
        }
        sql.append(text: " LIMIT 1")
    }

    /// Bytes are compared, not letters: `a` and `A` are two rows.
    private mutating func appendEquality(_ value: Value, _ pair: RowPlan.Pair) {
        let column = plan.texts.columns[pair.target]
        let isJSON = plan.table.columns[pair.target].dataType == "json"
        switch value {
        case .null: sql += column + Array(" IS NULL".utf8)
        case .json where isJSON, .characters where isJSON:
            sql += column + Array("=CAST(".utf8)
            append(value, pair)
            sql.append(text: " AS JSON)")
        case .characters:
            // As the column stores it, whose character set may be another one than that of the value.
            let name = plan.table.columns[pair.target].characterSet
            sql += Array("CAST(".utf8) + column + Array(" AS BINARY)=CAST(".utf8)
            if name != nil { sql.append(text: "CONVERT(") }
            append(value, pair)
            sql.append(text: name.map { " USING \($0)) AS BINARY)" } ?? " AS BINARY)")
        case .bytes, .geometry, .vector:
            sql += Array("CAST(".utf8) + column + Array(" AS BINARY)=".utf8)
            append(value, pair)
        case .set:
            // The highest label would make the number negative.
            sql += Array("CAST(".utf8) + column + Array(" AS UNSIGNED)=".utf8)
            append(value, pair)
        default:
            sql += column + Array("=".utf8)
            append(value, pair)
        }
    }
}
