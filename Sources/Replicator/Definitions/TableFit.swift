import Binlog

/// Whether a table map and a column of the target can be of one kind. Asked where the binlog does not say signs and character
/// sets, so that the target's have to do.
enum TableFit {
    /// The types in the binlog of each type of the catalogue.
    private static let types: [String: Set<ColumnType>] = {
        let text: Set<ColumnType> = [.blob, .blobCompressed, .tinyBlob, .mediumBlob, .longBlob]
        let fixed: Set<ColumnType> = [.string, .varString]
        let various: Set<ColumnType> = [.varchar, .varcharCompressed, .varString]
        var types: [String: Set<ColumnType>] = [
            "tinyint": [.tiny], "smallint": [.short], "mediumint": [.int24], "int": [.long], "bigint": [.longLong],
            "float": [.float], "double": [.double], "decimal": [.newDecimal], "bit": [.bit], "year": [.year],
            "date": [.date, .newDate], "time": [.time, .time2], "datetime": [.dateTime, .dateTime2],
            "timestamp": [.timestamp, .timestamp2], "char": fixed, "binary": fixed, "uuid": fixed, "inet4": fixed,
            "inet6": fixed, "varchar": various, "varbinary": various, "enum": [.enumeration], "set": [.set],
            "json": text.union([.json]), "vector": text.union([.vector, .varchar]),
        ]
        for name in ["tinytext", "text", "mediumtext", "longtext", "tinyblob", "blob", "mediumblob", "longblob"] {
            types[name] = text
        }
        for name in [
            "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon",
            "geometrycollection", "geomcollection",
        ] {
            types[name] = text.union([.geometry])
        }
        return types
    }()

    static func fits(_ shape: ColumnShape, _ column: TargetColumn) -> Bool {
        types[column.dataType]?.contains(shape.type) == true
    }

    /// Whether the binlog says of every column of the table what it takes to read it.
    static func isSelfContained(_ table: TableMap) -> Bool {
        table.columns.allSatisfy { column in
            switch column.type {
            case .tiny, .short, .int24, .long, .longLong: column.isUnsigned != nil
            case .varchar, .varString, .string, .blob, .tinyBlob, .mediumBlob, .longBlob, .blobCompressed,
                .varcharCompressed:
                column.collation != nil
            default: true
            }
        }
    }
}
