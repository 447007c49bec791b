package import SQLClient

/// What a server says it holds.
package enum Catalogue {
    /// The type of MariaDB's tables that keep their history.
    static let versioned = "SYSTEM VERSIONED"
    static let versionedProblem =
        "system-versioned tables are not followed: leave it out of the selection (ReplicateIgnoreDb)"

    /// Every base table of the schemas that are not the server's own, in order.
    package static func tables(_ session: SQLSession) throws -> [TableName] {
        try names(
            session,
            "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')"
        )
    }

    static func versionedTables(_ session: SQLSession) throws -> [TableName] {
        try names(
            session,
            "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_TYPE = '\(versioned)'")
    }

    /// MariaDB's; others have none.
    package static func sequences(_ session: SQLSession) throws -> [TableName] {
        try names(
            session,
            "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_TYPE = 'SEQUENCE'")
    }

    package static func views(_ session: SQLSession) throws -> [TableName] {
        try names(session, "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.VIEWS WHERE 1")
    }

    private static func names(_ session: SQLSession, _ query: String) throws -> [TableName] {
        let system = Selection.system.sorted().map(SQLText.quoted).joined(separator: ", ")
        return try session.rows("\(query) AND TABLE_SCHEMA NOT IN (\(system))")
            .map { TableName($0[0] ?? "", $0[1] ?? "") }.sorted()
    }

    /// Schemas that are not the server's own, in order.
    package static func schemas(_ session: SQLSession) throws -> [String] {
        try session.rows("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA ORDER BY 1").compactMap { $0[0] }
            .filter { !Selection.system.contains($0.lowercased()) }
    }

    /// Nil: there is no such base table.
    package static func shape(_ name: TableName, _ session: SQLSession) throws -> TableShape? {
        let place = "TABLE_SCHEMA = \(SQLText.quoted(name.schema)) AND TABLE_NAME = \(SQLText.quoted(name.table))"
        let table = try session.rows(
            "SELECT ENGINE, TABLE_ROWS FROM information_schema.TABLES WHERE \(place) "
                + "AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')"
        ).first
        guard let table else { return nil }
        let engine = SQLText.quoted(table[0] ?? "")
        let transactions = try session.value(
            "SELECT TRANSACTIONS FROM information_schema.ENGINES WHERE ENGINE = \(engine)")
        return TableShape(
            name: name, columns: try columns(place, session), keys: try keys(place, session),
            isTransactional: transactions == "YES", rows: table[1].flatMap { Int($0) } ?? 0)
    }

    private static func columns(_ place: String, _ session: SQLSession) throws -> [TableShape.Column] {
        try session.rows(
            "SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, CHARACTER_SET_NAME, COLLATION_NAME, IS_NULLABLE, EXTRA "
                + "FROM information_schema.COLUMNS WHERE \(place) ORDER BY ORDINAL_POSITION"
        ).map { row in
            let extra = (row[6] ?? "").uppercased()
            return TableShape.Column(
                name: row[0] ?? "", dataType: (row[1] ?? "").lowercased(), columnType: row[2] ?? "",
                characterSet: row[3], collation: row[4], isNullable: row[5] == "YES",
                isGenerated: extra.contains("VIRTUAL GENERATED") || extra.contains("STORED GENERATED"))
        }
    }

    private static func keys(_ place: String, _ session: SQLSession) throws -> [TableShape.Key] {
        var keys: [TableShape.Key] = []
        let rows = try session.rows(
            "SELECT INDEX_NAME, NON_UNIQUE, COLUMN_NAME, SUB_PART FROM information_schema.STATISTICS WHERE \(place) "
                + "ORDER BY INDEX_NAME, SEQ_IN_INDEX")
        for row in rows {
            let column = row[3] == nil ? row[2] : nil
            if keys.last?.name == row[0] {
                keys[keys.count - 1].columns.append(column)
            } else {
                keys.append(TableShape.Key(name: row[0] ?? "", isUnique: row[1] == "0", columns: [column]))
            }
        }
        return keys
    }
}
