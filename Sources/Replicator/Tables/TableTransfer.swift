/// How the values of a table's columns come to those of another, byte for byte.
package struct TableTransfer: Sendable {
    struct Pair: Sendable {
        let source: TableShape.Column
        let target: TableShape.Column
    }

    let pairs: [Pair]
    let source: TableShape
    let target: TableShape
    /// Of rows of the source, in SQL; empty: all.
    let condition: String

    /// - Throws: `CopyError` that names a column which one side lacks.
    package init(_ route: TableRoute, source: TableShape, target: TableShape) throws(CopyError) {
        self.source = source
        self.target = target
        condition = route.condition
        pairs = route.columns.isEmpty ? try Self.byName(source, target) : try Self.mapped(route.columns, source, target)
    }

    private static func byName(_ source: TableShape, _ target: TableShape) throws(CopyError) -> [Pair] {
        var pairs: [Pair] = []
        for column in source.writable {
            guard let other = target.column(column.name) else {
                throw CopyError(
                    target.name, "the target's table has no column \(column.name): add it, or use ColumnMapFrom")
            }
            if !other.isGenerated { pairs.append(Pair(source: column, target: other)) }
        }
        return pairs
    }

    private static func mapped(_ names: [String], _ source: TableShape, _ target: TableShape) throws(CopyError)
        -> [Pair]
    {
        let places = target.writable
        guard names.count <= places.count else {
            throw CopyError(
                target.name, "ColumnMapFrom has \(names.count) columns, the target's table only \(places.count)")
        }
        var pairs: [Pair] = []
        for (name, place) in zip(names, places) {
            guard let column = source.column(name) else {
                throw CopyError(source.name, "ColumnMapFrom names \(name), which is not a column of the source's table")
            }
            pairs.append(Pair(source: column, target: place))
        }
        return pairs
    }

    // MARK: Reading

    var selected: String { pairs.map { Self.selected($0.source) }.joined(separator: ", ") }

    var filter: String { condition.isEmpty ? "TRUE" : "(\(condition))" }

    /// Stands for the empty value of an ENUM that is none of its labels. Every server takes it as that and warns once.
    static let noLabel = "martlet: no label"

    /// Places of the columns that may hold it.
    var enumerations: [Int] { pairs.indices.filter { pairs[$0].source.dataType == "enum" } }

    /// FLOAT is shown with six digits, which is not what it holds.
    private static func selected(_ column: TableShape.Column) -> String {
        switch column.dataType {
        case "float", "double": "\(column.quoted) * 1e0"
        case "enum": "CASE WHEN \(column.quoted) + 0 = 0 THEN '\(noLabel)' ELSE \(column.quoted) END"
        default: column.quoted
        }
    }

    // MARK: Writing

    var columnList: String { pairs.map(\.target.quoted).joined(separator: ", ") }

    /// Nil: bytes go in as they are. Else the character set they are in, which the server has to know.
    static func characterSet(_ pair: Pair) -> String? {
        switch pair.target.dataType {
        case "json", "uuid", "inet4", "inet6": return pair.source.characterSet ?? "utf8mb4"
        default: break
        }
        guard let from = pair.source.characterSet else {
            return pair.target.characterSet != nil && !pair.source.isBinary ? "utf8mb4" : nil
        }
        return pair.target.characterSet == nil || pair.target.characterSet == from ? nil : from
    }

    /// With rows as tab-separated bytes; what is there under the same key is replaced.
    var load: String {
        var places: [String] = []
        var settings: [String] = []
        for (index, pair) in pairs.enumerated() {
            if let characterSet = Self.characterSet(pair) {
                places.append("@v\(index)")
                settings.append("\(pair.target.quoted) = CONVERT(@v\(index) USING \(characterSet))")
            } else {
                places.append(pair.target.quoted)
            }
        }
        return "LOAD DATA LOCAL INFILE 'rows' REPLACE INTO TABLE \(target.name.quoted) CHARACTER SET binary "
            + #"FIELDS TERMINATED BY '\t' ESCAPED BY '\\' LINES TERMINATED BY '\n' "#
            + "(\(places.joined(separator: ", ")))"
            + (settings.isEmpty ? "" : " SET \(settings.joined(separator: ", "))")
    }
}
