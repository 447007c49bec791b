internal import SQLClient

/// What tells whether rows of two servers are equal: expressions that give the same text for the same value on both.
struct RowDigest {
    /// Columns that the two products write in different ways, so that they cannot be compared.
    let uncompared: [String]
    private let source: [String]
    private let target: [String]

    init(_ transfer: TableTransfer, _ flavors: (source: Flavor, target: Flavor)) {
        let isMixed = flavors.source.product != flavors.target.product
        let pairs = transfer.pairs.filter { !isMixed || !Self.isOwnSpelling($0) }
        uncompared = transfer.pairs.filter { isMixed && Self.isOwnSpelling($0) }.map(\.source.name)
        source = pairs.map { Self.text($0.source, beside: $0.target) }
        target = pairs.map { Self.text($0.target, beside: $0.source) }
    }

    /// JSON is normalised by MySQL alone; floating numbers are written with and without an exponent.
    private static func isOwnSpelling(_ pair: TableTransfer.Pair) -> Bool {
        [pair.source, pair.target].contains { ["json", "float", "double"].contains($0.dataType) }
    }

    private static func text(_ column: TableShape.Column, beside other: TableShape.Column) -> String {
        let name = column.quoted
        switch column.dataType {
        case "bit": return "CAST(\(name) AS UNSIGNED)"
        case "enum", "set":
            let isNumber = column.dataType == other.dataType && column.movedLabel(in: other) == nil
            return isNumber ? "CAST(\(name) AS UNSIGNED)" : "CONVERT(\(name) USING utf8mb4)"
        case "float", "double": return "\(name) * 1e0"
        case "uuid", "inet4", "inet6": return "CAST(\(name) AS CHAR)"
        default: break
        }
        if column.isGeometry || column.dataType == "vector" { return hash(name) }
        guard column.characterSet != nil || column.isBinary || column.dataType == "json" else { return name }
        let isSame = column.characterSet == other.characterSet
        let bytes = isSame && column.dataType != "json" ? "CAST(\(name) AS BINARY)" : "CONVERT(\(name) USING utf8mb4)"
        // Long values would make a text that no server gives.
        return column.isLong ? hash(bytes) : bytes
    }

    /// MySQL 9 has neither MD5 nor SHA1 any more.
    private static func hash(_ text: String) -> String { "SHA2(\(text), 224)" }

    /// A row as hexadecimal digits.
    private static func row(_ texts: [String]) -> String {
        let parts = texts.map { "COALESCE(CONCAT(LENGTH(\($0)), ':', \($0)), 'N')" }
        return hash("CONCAT(\((parts + ["''"]).joined(separator: ", ")))")
    }

    var sourceRow: String { Self.row(source) }
    var targetRow: String { Self.row(target) }

    /// Rows of a piece, in any order: their number and two sums of 60 bits each.
    static func sums(_ row: String, from table: String, where condition: String) -> String {
        let halves = [1, 17].map { "COALESCE(SUM(CAST(CONV(SUBSTRING(h, \($0), 15), 16, 10) AS UNSIGNED)), 0)" }
        return "SELECT COUNT(*), \(halves.joined(separator: ", ")) FROM (SELECT \(row) AS h FROM \(table) "
            + "WHERE \(condition)) AS rows_of_piece"
    }
}
