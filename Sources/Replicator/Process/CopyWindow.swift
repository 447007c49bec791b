internal import Binlog

/// Between the places at which a full copy read its tables, some rows have seen a change and some have not.
struct CopyWindow: Sendable {
    private let tables: [TableName: CopyResult.Table]
    private let last: SnapshotPosition

    /// Nil: the copy was read at one place.
    init?(_ result: CopyResult) {
        tables = result.tables.filter { $0.value.since != result.start }
        guard let last = result.tables.values.map(\.settled).max(by: { $0 < $1 }), result.start < last else {
            return nil
        }
        self.last = last
    }

    /// Whether a change is in the target already.
    func holds(_ table: TableMap, _ origin: Origin) -> Bool {
        guard let copied = tables[TableName(table.schema, table.table)] else { return false }
        return SnapshotPosition(gtid: "", file: origin.file, position: Int(clamping: origin.position)) < copied.since
    }

    /// Whether it is behind what was read up to here.
    func isBehind(_ file: String, _ position: UInt64) -> Bool {
        !(SnapshotPosition(gtid: "", file: file, position: Int(clamping: position)) < last)
    }
}

extension SnapshotPosition: Comparable {
    /// In the order in which a source writes: files by their numbers.
    package static func < (left: SnapshotPosition, right: SnapshotPosition) -> Bool {
        (left.number, left.position) < (right.number, right.position)
    }

    private var number: Int { Int(file.split(separator: ".").last ?? "") ?? 0 }
}
