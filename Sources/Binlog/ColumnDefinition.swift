/// What the source's catalogue says of a column at the time of an event. A row image alone does not tell signed from
/// unsigned numbers, bytes from text, or a UUID from 16 bytes.
package struct ColumnDefinition: Sendable, Equatable {
    /// How the bytes of a value are to be understood, beyond their type in the binlog.
    package enum Kind: Sendable, Equatable {
        case number
        /// CHAR, VARCHAR, TEXT and their likes.
        case characters
        /// BINARY, VARBINARY, BLOB.
        case bytes
        case uuid
        case inet4
        case inet6
        case enumeration
        case set
        /// Everything whose type in the binlog says all: dates and times, BIT, JSON, GEOMETRY, VECTOR.
        case other
    }

    package var name: String
    package var kind: Kind
    package var isUnsigned: Bool
    /// Digits after the second of TIME, DATETIME and TIMESTAMP.
    package var fraction: Int

    package init(name: String, kind: Kind, isUnsigned: Bool = false, fraction: Int = 0) {
        self.name = name
        self.kind = kind
        self.isUnsigned = isUnsigned
        self.fraction = fraction
    }

    /// From `information_schema.COLUMNS`: DATA_TYPE, COLUMN_TYPE and DATETIME_PRECISION.
    package init(name: String, dataType: String, columnType: String, dateTimePrecision: Int? = nil) {
        let kind: Kind =
            switch dataType.lowercased() {
            case "tinyint", "smallint", "mediumint", "int", "bigint", "float", "double", "decimal", "year": .number
            case "char", "varchar", "tinytext", "text", "mediumtext", "longtext": .characters
            case "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob": .bytes
            case "uuid": .uuid
            case "inet4": .inet4
            case "inet6": .inet6
            case "enum": .enumeration
            case "set": .set
            default: .other
            }
        let words = columnType.lowercased().split(separator: " ")
        self.init(
            name: name, kind: kind, isUnsigned: words.contains("unsigned") || words.contains("zerofill"),
            fraction: dateTimePrecision ?? 0)
    }
}
