import Binlog
package import SQLClient

/// Reads tables from a server's information_schema.
package struct TableReader {
    private let session: SQLSession

    package init(_ session: SQLSession) { self.session = session }

    /// nil: there is no such table.
    package func table(_ name: TableName) throws -> TargetTable? {
        let columns = try columns(of: name)
        guard !columns.isEmpty else { return nil }
        let keys = try uniqueKeys(of: name, columns)
        let links = try links(of: name, columns)
        let type = try session.value("SELECT TABLE_TYPE FROM information_schema.TABLES WHERE \(place(name))")
        return TargetTable(
            name: name, columns: columns, uniqueKeys: keys, links: links.links, hasCascades: links.hasCascades,
            isVersioned: type == Catalogue.versioned)
    }

    private func place(_ name: TableName) -> String {
        "TABLE_SCHEMA = \(SQLText.quoted(name.schema)) AND TABLE_NAME = \(SQLText.quoted(name.table))"
    }

    private func columns(of name: TableName) throws -> [TargetColumn] {
        let rows = try session.rows(
            "SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, DATETIME_PRECISION, CHARACTER_SET_NAME, COLLATION_NAME, "
                + "IS_NULLABLE, EXTRA, GENERATION_EXPRESSION, CHARACTER_MAXIMUM_LENGTH, CHARACTER_OCTET_LENGTH, "
                + "NUMERIC_SCALE FROM information_schema.COLUMNS WHERE \(place(name)) "
                + "ORDER BY ORDINAL_POSITION")
        return rows.map { row in
            let (dataType, extra) = ((row[1] ?? "").lowercased(), (row[7] ?? "").uppercased())
            return TargetColumn(
                name: row[0] ?? "", dataType: dataType, columnType: row[2] ?? "",
                letters: row[9].flatMap { Int($0) }, bytes: row[10].flatMap { Int($0) },
                scale: row[11].flatMap { Int($0) },
                definition: ColumnDefinition(
                    name: row[0] ?? "", dataType: dataType, columnType: row[2] ?? "",
                    dateTimePrecision: row[3].flatMap { Int($0) }),
                characterSet: row[4], collation: row[5], isNullable: row[6] == "YES",
                isGenerated: extra.contains("VIRTUAL") || extra.contains("STORED GENERATED")
                    || extra.contains("PERSISTENT") || !(row[8] ?? "").isEmpty,
                changesByItself: extra.contains("ON UPDATE"))
        }
    }

    private func uniqueKeys(of name: TableName, _ columns: [TargetColumn]) throws -> [TargetTable.UniqueKey] {
        let rows = try session.rows(
            "SELECT INDEX_NAME, COLUMN_NAME, SUB_PART FROM information_schema.STATISTICS "
                + "WHERE \(place(name)) AND NON_UNIQUE = 0 ORDER BY INDEX_NAME <> 'PRIMARY', INDEX_NAME, SEQ_IN_INDEX")
        var keys: [(name: String, columns: [Int], isPartial: Bool)] = []
        for row in rows {
            if keys.last?.name != row[0] { keys.append((row[0] ?? "", [], false)) }
            if let index = columns.firstIndex(where: { $0.name == row[1] }) {
                keys[keys.count - 1].columns.append(index)
                if row[2] != nil { keys[keys.count - 1].isPartial = true }
            } else {
                keys[keys.count - 1].isPartial = true
            }
        }
        return keys.map { TargetTable.UniqueKey(columns: $0.columns, isPartial: $0.isPartial) }
    }

    /// Foreign keys of the table and those that refer to it.
    private func links(
        of name: TableName, _ columns: [TargetColumn]
    ) throws -> (links: [TargetTable.Link], hasCascades: Bool) {
        let (schema, table) = (SQLText.quoted(name.schema), SQLText.quoted(name.table))
        let rows = try session.rows(
            "SELECT u.CONSTRAINT_SCHEMA, u.TABLE_NAME, u.CONSTRAINT_NAME, u.COLUMN_NAME, u.REFERENCED_TABLE_SCHEMA, "
                + "u.REFERENCED_TABLE_NAME, u.REFERENCED_COLUMN_NAME, r.UPDATE_RULE, r.DELETE_RULE "
                + "FROM information_schema.KEY_COLUMN_USAGE u JOIN information_schema.REFERENTIAL_CONSTRAINTS r "
                + "ON r.CONSTRAINT_SCHEMA = u.CONSTRAINT_SCHEMA AND r.CONSTRAINT_NAME = u.CONSTRAINT_NAME "
                + "AND r.TABLE_NAME = u.TABLE_NAME WHERE u.REFERENCED_TABLE_NAME IS NOT NULL AND "
                + "((u.TABLE_SCHEMA = \(schema) AND u.TABLE_NAME = \(table)) OR "
                + "(u.REFERENCED_TABLE_SCHEMA = \(schema) AND u.REFERENCED_TABLE_NAME = \(table))) "
                + "ORDER BY u.CONSTRAINT_SCHEMA, u.TABLE_NAME, u.CONSTRAINT_NAME, u.ORDINAL_POSITION")
        var links: Set<TargetTable.Link> = []
        var hasCascades = false
        for group in Self.groups(rows) {
            let parent = TableName(group[0][4] ?? "", group[0][5] ?? "")
            let parentColumns = group.map { ($0[6] ?? "").lowercased() }
            let child = TableName(group[0][0] ?? "", group[0][1] ?? "")
            hasCascades = hasCascades || group[0][7...8].contains { !["RESTRICT", "NO ACTION"].contains($0 ?? "") }
            if child == name {
                let own = group.compactMap { row in columns.firstIndex { $0.name == row[3] } }
                links.insert(TargetTable.Link(columns: own, parent: parent, parentColumns: parentColumns))
            }
            if parent == name {
                let own = parentColumns.compactMap { name in columns.firstIndex { $0.name.lowercased() == name } }
                links.insert(TargetTable.Link(columns: own, parent: parent, parentColumns: parentColumns))
            }
        }
        return (Array(links), hasCascades)
    }

    /// All tables that a foreign key joins, by two.
    package func links() throws -> [(TableName, TableName)] {
        try session.rows(
            "SELECT DISTINCT TABLE_SCHEMA, TABLE_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME "
                + "FROM information_schema.KEY_COLUMN_USAGE WHERE REFERENCED_TABLE_NAME IS NOT NULL"
        ).map { (TableName($0[0] ?? "", $0[1] ?? ""), TableName($0[2] ?? "", $0[3] ?? "")) }
    }

    /// Rows of the same constraint follow each other.
    private static func groups(_ rows: [[String?]]) -> [[[String?]]] {
        var groups: [[[String?]]] = []
        for row in rows {
            if let last = groups.last?.first, last[0...2] == row[0...2] {
                groups[groups.count - 1].append(row)
            } else {
                groups.append([row])
            }
        }
        return groups
    }
}
