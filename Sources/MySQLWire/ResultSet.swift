internal import Binlog

/// The answer to a query, as text.
package struct ResultSet: Sendable, Equatable {
    /// Empty for statements that return no rows.
    package internal(set) var columns: [String] = []
    /// nil: NULL.
    package internal(set) var rows: [[[UInt8]?]] = []
    package internal(set) var affectedRows: UInt64 = 0
    package internal(set) var warnings: UInt16 = 0

    /// A value as text; nil for NULL and where there is none.
    package func text(_ row: Int, _ column: Int) -> String? {
        guard rows.indices.contains(row), rows[row].indices.contains(column), let bytes = rows[row][column]
        else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// One row of an answer that is read as it comes; its values are slices of the packet.
package struct ResultRow: Sendable {
    let bytes: [UInt8]
    private let values: [Range<Int>?]

    package var count: Int { values.count }

    /// nil: NULL, or no such column.
    package subscript(_ column: Int) -> ArraySlice<UInt8>? {
        guard values.indices.contains(column), let range = values[column] else { return nil }
        return bytes[range]
    }

    init(_ packet: [UInt8], columns: Int) throws(BinlogError) {
        var reader = ByteReader(packet)
        var values: [Range<Int>?] = []
        values.reserveCapacity(columns)
        for _ in 0..<columns {
            if !reader.isAtEnd, packet[reader.position] == 0xfb {
                try reader.skip(1)
                values.append(nil)
            } else {
                values.append(try reader.lengthEncodedRange())
            }
        }
        bytes = packet
        self.values = values
    }
}
