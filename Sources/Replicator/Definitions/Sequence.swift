import Binlog

/// The columns of MariaDB's sequences, which are tables of one row.
private let sequenceColumns: [(name: String, type: ColumnType)] = [
    ("next_not_cached_value", .longLong), ("minimum_value", .longLong), ("maximum_value", .longLong),
    ("start_value", .longLong), ("increment", .longLong), ("cache_size", .longLong), ("cycle_option", .tiny),
    ("cycle_count", .longLong),
]

extension TableMap {
    /// By its columns' names, where the binlog has them, else by their types.
    var isLikeSequence: Bool {
        columns.count == sequenceColumns.count
            && zip(columns, sequenceColumns).allSatisfy { column, own in
                column.type == own.type && (column.name ?? own.name) == own.name && !column.isNullable
            }
    }
}

extension TargetTable {
    var isSequence: Bool { columns.map(\.name) == sequenceColumns.map(\.name) }
}
