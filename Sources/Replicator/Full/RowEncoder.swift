internal import SQLClient

/// Turns rows into the bytes that a load reads: tabs between values, `\N` for NULL.
struct RowEncoder {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ row: SQLRow) {
        for column in 0..<row.count {
            if column > 0 { bytes.append(UInt8(0x09)) }
            if let value = row[column] {
                append(value)
            } else {
                bytes.append(UInt8(0x5c))
                bytes.append(UInt8(0x4e))
            }
        }
        bytes.append(UInt8(0x0a))
    }

    mutating func removeAll() { bytes.removeAll(keepingCapacity: bytes.capacity < 1 << 20) }

    private mutating func append(_ value: UnsafeRawBufferPointer) {
        var start = 0
        var position = 0
        while position < value.count {
            let byte = value[position]
            if byte <= 0x5c, let escape = Self.escape(byte) {
                bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: value[start..<position]))
                bytes.append(UInt8(0x5c))
                bytes.append(escape)
                start = position + 1
            }
            position += 1
        }
        bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: value[start...]))
    }

    /// What stands behind a backslash for it; nil: it stands for itself.
    private static func escape(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x00: 0x30
        case 0x09: 0x74
        case 0x0a: 0x6e
        case 0x5c: 0x5c
        default: nil
        }
    }
}

/// Feeds a load with the rows of a query as they come: neither side holds more than a few of them.
final class RowFeed {
    private static let piece = 1 << 16

    private let cursor: SQLCursor
    private let enumerations: [Int]
    private var encoder = RowEncoder()
    private var offset = 0
    private(set) var rows = 0
    private(set) var bytes = 0
    /// Of which the target warns, rightly.
    private(set) var emptyEnumerations = 0

    init(_ cursor: SQLCursor, enumerations: [Int]) {
        self.cursor = cursor
        self.enumerations = enumerations
    }

    /// Puts the next bytes into `buffer`; 0: there are no more.
    func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(SQLError) -> Int {
        if offset == encoder.bytes.count { try refill() }
        let count = min(buffer.count, encoder.bytes.count - offset)
        encoder.bytes.withUnsafeBytes { bytes in
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count]))
        }
        offset += count
        return count
    }

    private func refill() throws(SQLError) {
        encoder.removeAll()
        offset = 0
        while encoder.bytes.count < Self.piece, let row = try cursor.next() {
            encoder.append(row)
            emptyEnumerations += row.emptyEnumerations(enumerations)
            rows += 1
        }
        bytes += encoder.bytes.count
    }
}

extension SQLRow {
    /// How many of these columns hold the empty value of an ENUM.
    func emptyEnumerations(_ columns: [Int]) -> Int {
        columns.count { column in self[column].map { $0.elementsEqual(TableTransfer.noLabel.utf8) } ?? false }
    }
}
