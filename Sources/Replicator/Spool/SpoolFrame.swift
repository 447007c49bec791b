internal import Binlog

/// How things stand in a segment of the spool: length of the payload (32 bits, little-endian), CRC-32 of kind and payload, kind,
/// payload.
enum SpoolFrame {
    static let headSize = 9
    /// A longer one is damage; events themselves are at most this long.
    static let longest = Int(Int32.max)

    enum Kind: UInt8 {
        /// The first of a segment: a `SpoolStart` as JSON.
        case start = 1
        /// One event of the binlog, without the byte before it.
        case event = 2
    }

    static func append(_ kind: Kind, _ bytes: ArraySlice<UInt8>, to buffer: inout [UInt8]) {
        let start = buffer.count
        buffer.appendLittle(UInt32(bytes.count))
        buffer.appendLittle(0)
        buffer.append(kind.rawValue)
        buffer += bytes
        let sum = Checksum.crc(buffer, (start + 8)..<buffer.count)
        for index in 0..<4 { buffer[start + 4 + index] = UInt8(truncatingIfNeeded: sum >> (8 * UInt32(index))) }
    }

    /// How many bytes of payload follow the head at `offset`; nil: the head is not there yet.
    static func length(_ buffer: [UInt8], at offset: Int) -> Int? {
        buffer.count - offset >= headSize ? Int(buffer.little(at: offset)) : nil
    }

    /// The frame that stands whole at `offset`; nil when it is damaged.
    static func read(_ buffer: [UInt8], at offset: Int, length: Int) -> (kind: Kind, payload: Range<Int>)? {
        let body = (offset + headSize)..<(offset + headSize + length)
        guard let kind = Kind(rawValue: buffer[offset + 8]),
            Checksum.crc(buffer, (offset + 8)..<body.upperBound) == buffer.little(at: offset + 4)
        else { return nil }
        return (kind, body)
    }
}

extension [UInt8] {
    fileprivate mutating func appendLittle(_ value: UInt32) {
        for index in 0..<4 { append(UInt8(truncatingIfNeeded: value >> (8 * UInt32(index)))) }
    }

    fileprivate func little(at offset: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(self[offset + $1]) << (8 * UInt32($1)) }
    }
}
