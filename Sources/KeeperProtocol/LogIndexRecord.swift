/// One entry of a log's index: 32 bytes, little-endian. All zero bytes are no entry (a punched part).
package struct LogIndexRecord: Sendable, Equatable {
    package enum Kind: UInt8, Sendable {
        /// `length` bytes of one stream from `offset`; `lines` line ends in the log up to its end.
        case data = 1
        /// The log has no bytes from `offset` up to `lines`, which is an offset here, because it passed its
        /// limit of `length` KiB. A later hole contains every earlier one.
        case hole = 2
    }
    package enum Stream: UInt8, Sendable { case unknown = 0, stdout = 1, stderr = 2 }

    /// Milliseconds since 1970 of the first byte.
    package var time: Int64
    package var offset: Int64
    package var length: UInt32
    package var stream: Stream
    package var kind: Kind
    package var lines: Int64

    package init(time: Int64, offset: Int64, length: UInt32, stream: Stream, kind: Kind, lines: Int64) {
        self.time = time
        self.offset = offset
        self.length = length
        self.stream = stream
        self.kind = kind
        self.lines = lines
    }

    package static func hole(from offset: Int64, to end: Int64, at time: Int64, limit: Int64) -> LogIndexRecord {
        LogIndexRecord(
            time: time, offset: offset, length: UInt32(clamping: limit >> 10), stream: .unknown, kind: .hole, lines: end
        )
    }

    package static let size = 32

    package func append(to bytes: inout [UInt8]) {
        var writer = ByteWriter()
        writer.write(time)
        writer.write(offset)
        writer.write(length)
        writer.write(stream.rawValue)
        writer.write(kind.rawValue)
        writer.write(UInt16(0))
        writer.write(lines)
        bytes += writer.bytes
    }

    /// Nil for a punched or foreign entry.
    package init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == Self.size, let kind = Kind(rawValue: bytes[21]), let stream = Stream(rawValue: bytes[20])
        else { return nil }
        func integer<Value: FixedWidthInteger>(_ offset: Int, _: Value.Type = Value.self) -> Value {
            Value(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Value.self))
        }
        self.init(
            time: integer(0), offset: integer(8), length: integer(16), stream: stream, kind: kind,
            lines: integer(24))
        // Bounded, so that sums cannot overflow whatever the file holds.
        guard (0...1 << 60).contains(offset), (0...1 << 60).contains(lines) else { return nil }
        guard kind == .data || lines >= offset else { return nil }
    }
}
