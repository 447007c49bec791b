/// Inserted, changed or deleted rows of one table; the rows stay in the packet until a `RowReader` walks them.
package struct RowsEvent: Sendable {
    package enum Kind: Sendable, Equatable {
        case insert
        case update
        case delete
    }

    package let kind: Kind
    package let table: TableMap
    package let origin: Origin
    /// The last event of its statement.
    package let endsStatement: Bool
    /// The source did not check foreign keys.
    package let isWithoutForeignKeyChecks: Bool
    let bytes: [UInt8]
    let rows: Range<Int>
    /// Which columns the images carry, a bit for each; `after` only for updates.
    let before: ColumnMask
    let after: ColumnMask

    /// Bytes of the rows.
    package var size: Int { rows.count }

    /// Whether every column stands in the images (`binlog_row_image=FULL`).
    package var isFullImage: Bool { before.isFull && after.isFull }
}

/// A set of columns.
struct ColumnMask: Sendable, Equatable {
    let indexes: [Int]
    let isFull: Bool

    init(_ reader: inout ByteReader, columns: Int) throws(BinlogError) {
        let bits = try reader.take((columns + 7) / 8)
        indexes = (0..<columns).filter { reader.bytes[bits.lowerBound + $0 / 8] >> UInt8($0 % 8) & 1 == 1 }
        isFull = indexes.count == columns
    }
}

extension RowsEvent {
    /// What stands before the rows.
    struct Head {
        let tableID: UInt64
        let flags: UInt16

        var endsStatement: Bool { flags & 1 != 0 }

        /// Version 2 has extra data, whose length counts itself.
        init(_ reader: inout ByteReader, idSize: Int, isVersion2: Bool) throws(BinlogError) {
            tableID = try reader.little(idSize)
            flags = try reader.u16()
            if isVersion2 {
                let extra = Int(try reader.u16())
                guard extra >= 2 else { throw BinlogError(.malformed, "extra data of \(extra) bytes") }
                try reader.skip(extra - 2)
            }
        }
    }

    init(
        _ reader: inout ByteReader, head: Head, kind: Kind, table: TableMap, origin: Origin, inflateLimit: Int?
    ) throws(BinlogError) {
        let width = try reader.lengthEncoded()
        guard width == UInt64(table.columns.count) else {
            throw BinlogError(.malformed, "\(width) columns, the table map has \(table.columns.count)")
        }
        before = try ColumnMask(&reader, columns: Int(width))
        after = kind == .update ? try ColumnMask(&reader, columns: Int(width)) : before
        self.kind = kind
        self.table = table
        self.origin = origin
        endsStatement = head.endsStatement
        isWithoutForeignKeyChecks = head.flags & 2 != 0
        if let inflateLimit {
            bytes = try Inflated.record(reader.bytes, reader.rest, limit: inflateLimit)
            rows = 0..<bytes.count
        } else {
            bytes = reader.bytes
            rows = reader.rest
        }
    }
}
