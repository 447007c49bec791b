/// A base table as the catalogue of its server describes it.
package struct TableShape: Sendable, Hashable {
    package struct Column: Sendable, Hashable {
        package let name: String
        /// Lower case, without length: `varchar`.
        package let dataType: String
        /// With all that belongs to it: `enum('a','b')`.
        package let columnType: String
        /// Nil: not a text.
        package let characterSet: String?
        package let collation: String?
        package let isNullable: Bool
        /// Its values are made by the server and cannot be written.
        package let isGenerated: Bool
    }

    package struct Key: Sendable, Hashable {
        package let name: String
        package let isUnique: Bool
        /// Nil: an expression, or the beginning of a column.
        package var columns: [String?]
    }

    package let name: TableName
    package let columns: [Column]
    package let keys: [Key]
    /// Changes of its rows can be undone.
    package let isTransactional: Bool
    /// An estimate of the server.
    package let rows: Int

    package func column(_ name: String) -> Column? {
        columns.first { $0.name == name } ?? columns.first { $0.name.lowercased() == name.lowercased() }
    }

    package var writable: [Column] { columns.filter { !$0.isGenerated } }

    /// What tells every row from every other and has an order that can be written down: the primary key, else the first
    /// unique one; nil: none.
    package var orderedKey: [Column]? {
        let candidates = keys.filter(\.isUnique).sorted { $0.name == "PRIMARY" && $1.name != "PRIMARY" }
        for key in candidates {
            let columns = key.columns.map { $0.flatMap(self.column) }
            let usable = columns.compactMap(\.self).filter { !$0.isNullable && $0.isOrdered }
            if !usable.isEmpty, usable.count == columns.count { return usable }
        }
        return nil
    }
}

extension TableShape.Column {
    private static let unordered: Set<String> = [
        "float", "double", "json", "vector", "geometry", "point", "linestring", "polygon", "multipoint",
        "multilinestring",
        "multipolygon", "geometrycollection", "geomcollection",
    ]

    /// Its values can be compared with one that is written into a statement.
    var isOrdered: Bool { !Self.unordered.contains(dataType) }

    package var isGeometry: Bool {
        Self.unordered.subtracting(["float", "double", "json", "vector"]).contains(dataType)
    }

    private static let withSeveralBytes: Set<String> = [
        "utf8mb4", "utf8mb3", "utf8", "ucs2", "utf16", "utf16le", "utf32", "gbk", "gb2312", "gb18030", "big5", "sjis",
        "cp932", "ujis", "eucjpms", "euckr",
    ]

    /// Whether bytes of this column, taken for those of the other, can be other values without an error: its sign differs, or
    /// its character set takes any byte for a letter.
    func isReadWrongly(by other: TableShape.Column) -> Bool {
        if let characterSet, let others = other.characterSet {
            return characterSet != others && characterSet != "ascii" && others != "ascii"
                && !Self.withSeveralBytes.contains(others)
        }
        return isNumber && dataType == other.dataType
            && columnType.contains("unsigned") != other.columnType.contains("unsigned")
            && !["decimal", "float", "double"].contains(dataType)
    }

    /// A label that has another number there; nil: none, or no labels.
    func movedLabel(in other: TableShape.Column) -> String? {
        guard let labels = Labels(columnType: columnType), let others = Labels(columnType: other.columnType)
        else { return nil }
        return labels.firstMoved(in: others)
    }

    /// Compared and shown by number, not by label.
    package var isNumbered: Bool { ["enum", "set", "bit"].contains(dataType) }

    package var isNumber: Bool {
        ["tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "float", "double"].contains(dataType)
    }

    package var isBinary: Bool {
        ["binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"].contains(dataType)
    }

    /// Values may be longer than a statement's answer should have in one piece.
    package var isLong: Bool { dataType.hasSuffix("text") || dataType.hasSuffix("blob") || dataType == "json" }

    package var quoted: String { name.asSQLName }
}
