/// One image of one row: where each column's value stands. Valid until the reader goes on; a copy stays valid.
package struct RowImage: Sendable {
    private static let absent: Int32 = -1
    private static let null: Int32 = -2

    package let layout: RowLayout
    let bytes: [UInt8]
    private let origin: Origin
    private let base: Int
    private let end: Int
    /// From `base`; of each column.
    private var starts: [Int32]

    init(_ event: RowsEvent, _ layout: RowLayout) {
        self.layout = layout
        bytes = event.bytes
        origin = event.origin
        base = event.rows.lowerBound
        end = event.rows.upperBound
        starts = Array(repeating: Self.absent, count: event.table.columns.count)
    }

    package var count: Int { starts.count }

    /// Whether the image carries the column (`binlog_row_image=MINIMAL` and `NOBLOB` leave columns out).
    package func isPresent(_ column: Int) -> Bool { starts.indices.contains(column) && starts[column] != Self.absent }

    package func isNull(_ column: Int) -> Bool { starts.indices.contains(column) && starts[column] == Self.null }

    /// The value of a column; nil when the image does not carry it.
    /// - Throws: `malformed` or `unsupported` with table, column, file and position.
    package func value(_ column: Int) throws(BinlogError) -> Value? {
        guard starts.indices.contains(column), starts[column] != Self.absent else { return nil }
        guard starts[column] != Self.null else { return .null }
        var reader = ByteReader(bytes, (base + Int(starts[column]))..<end)
        do throws(BinlogError) {
            return try layout.codecs[column].decode(&reader)
        } catch {
            throw error.at(origin, table: layout.table.name, column: layout.names[column])
        }
    }

    /// Notes where the columns of the image at `start` stand; returns where it ends.
    mutating func walk(
        _ extents: [ColumnCodec.Extent], _ mask: ColumnMask, from start: Int, _ event: RowsEvent
    ) throws(BinlogError) -> Int {
        let nulls = start
        var position = start + (mask.indexes.count + 7) / 8
        guard position <= end else { throw fail(.truncated, nil) }
        for (bit, column) in mask.indexes.enumerated() {
            if bytes[nulls + (bit >> 3)] >> UInt8(truncatingIfNeeded: bit & 7) & 1 == 1 {
                starts[column] = Self.null
                continue
            }
            starts[column] = Int32(truncatingIfNeeded: position - base)
            switch extents[column] {
            case .fixed(let size): position += size
            case .prefixed(let lengthBytes):
                guard position + lengthBytes <= end else { throw fail(.truncated, column) }
                var length = 0
                for index in (0..<lengthBytes).reversed() { length = length << 8 | Int(bytes[position + index]) }
                position += lengthBytes + length
            }
            guard position <= end else { throw fail(.truncated, column) }
        }
        return position
    }

    private func fail(_ error: BinlogError, _ column: Int?) -> BinlogError {
        error.at(origin, table: layout.table.name, column: column.map { layout.names[$0] })
    }
}
