/// A whole MySQL transaction in one event, usually compressed (`binlog_transaction_compression`).
package struct TransactionPayload: Sendable {
    let bytes: [UInt8]
    let content: Range<Int>
    let isCompressed: Bool
    /// As the event announces it.
    package let uncompressedSize: UInt64

    init(_ reader: inout ByteReader) throws(BinlogError) {
        var compression: UInt64 = 255
        var size: UInt64 = 0
        var payloadSize: UInt64?
        while true {
            let field = try reader.lengthEncoded()
            if field == 0 { break }
            var value = ByteReader(reader.bytes, try reader.lengthEncodedRange())
            switch field {
            case 1: payloadSize = try value.lengthEncoded()
            case 2: compression = try value.lengthEncoded()
            case 3: size = try value.lengthEncoded()
            default: break
            }
        }
        guard compression == 0 || compression == 255 else {
            throw BinlogError(
                .unsupported, "compression type \(compression): set binlog_transaction_compression=OFF")
        }
        guard let payloadSize, payloadSize <= UInt64(reader.remaining) else { throw .truncated }
        bytes = reader.bytes
        content = try reader.take(Int(payloadSize))
        isCompressed = compression == 0
        uncompressedSize = isCompressed ? size : UInt64(content.count)
    }

    /// Calls `body` with each event inside: header and body without a checksum. Only one stands in memory.
    /// - Throws: `tooLarge` for an event over the limit, and what `body` throws.
    func forEachEvent(limit: Int, _ body: ([UInt8]) throws -> Void) throws {
        guard isCompressed else { return try forEachPlainEvent(limit: limit, body) }
        var stream = try ZstdStream(bytes, content)
        var pending: [UInt8] = []
        var start = 0
        while true {
            while let size = try Self.eventSize(pending, start, limit: limit), size <= pending.count - start {
                try body(Array(pending[start..<(start + size)]))
                start += size
            }
            pending.removeFirst(start)
            start = 0
            let piece = try stream.read(1 << 16)
            if piece.isEmpty { break }
            pending += piece
        }
        guard pending.isEmpty else { throw BinlogError.truncated }
    }

    private func forEachPlainEvent(limit: Int, _ body: ([UInt8]) throws -> Void) throws {
        var start = content.lowerBound
        while start < content.upperBound {
            guard let size = try Self.eventSize(bytes, start, limit: limit), size <= content.upperBound - start
            else { throw BinlogError.truncated }
            try body(Array(bytes[start..<(start + size)]))
            start += size
        }
    }

    /// nil: the header is not whole yet.
    private static func eventSize(_ bytes: [UInt8], _ start: Int, limit: Int) throws(BinlogError) -> Int? {
        guard bytes.count - start >= EventHeader.size else { return nil }
        var reader = ByteReader(bytes, start..<bytes.count)
        let size = try EventHeader(&reader).size
        guard size >= EventHeader.size else { throw BinlogError(.malformed, "an event of \(size) bytes") }
        guard size <= limit else { throw BinlogError(.tooLarge, "an event of \(size) bytes, the limit is \(limit)") }
        return size
    }
}
