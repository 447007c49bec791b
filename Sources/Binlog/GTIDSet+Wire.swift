extension GTIDSet {
    /// The body of a PREVIOUS_GTIDS event; also what a dump request by set carries.
    init(_ reader: inout ByteReader) throws(BinlogError) {
        self.init()
        let head = try reader.u64()
        let isTagged = head >> 56 == 1
        guard isTagged || head >> 56 == 0 else {
            throw BinlogError(.unsupported, "GTID set of format \(head >> 56)")
        }
        let sources = isTagged ? head >> 8 & 0xffff_ffff_ffff : head
        for _ in 0..<(try Self.bounded(sources, by: reader.remaining / 24)) {
            let server = try SourceID(&reader)
            let tag = isTagged ? try reader.string(count: Int(try reader.variableLength() & 0xff)) : ""
            let source = GTIDSource(server: server, tag: tag)
            for _ in 0..<(try Self.bounded(try reader.u64(), by: reader.remaining / 16)) {
                let start = try reader.u64()
                let end = try reader.u64()
                guard start >= 1, end > start, end <= UInt64(Self.lastNumber) + 1 else {
                    throw BinlogError(.malformed, "GTID interval \(start) to \(end)")
                }
                insert(Int64(start)...Int64(end - 1), of: source)
            }
        }
    }

    private static func bounded(_ count: UInt64, by limit: Int) throws(BinlogError) -> Int {
        guard count <= UInt64(limit) else { throw .truncated }
        return Int(count)
    }

    /// For a dump request. Servers before 8.3 know only sets without tags.
    package var encoded: [UInt8] {
        let isTagged = sources.contains { !$0.tag.isEmpty }
        let count = UInt64(sources.count)
        var bytes: [UInt8] = []
        bytes.appendLittle(isTagged ? 1 << 56 | count << 8 | 1 : count, count: 8)
        for source in sources {
            bytes += source.server.bytes
            if isTagged {
                // A length below 64 takes one byte: its value shifted over the marker bit.
                bytes.append(UInt8(truncatingIfNeeded: source.tag.utf8.count << 1))
                bytes += source.tag.utf8
            }
            let ranges = intervals[source] ?? []
            bytes.appendLittle(UInt64(ranges.count), count: 8)
            for range in ranges {
                bytes.appendLittle(UInt64(range.lowerBound), count: 8)
                bytes.appendLittle(UInt64(range.upperBound) + 1, count: 8)
            }
        }
        return bytes
    }
}

extension Array where Element == UInt8 {
    /// The low `count` bytes, least significant first.
    package mutating func appendLittle(_ value: UInt64, count: Int) {
        for index in 0..<count { append(UInt8(truncatingIfNeeded: value >> (8 * index))) }
    }
}

extension ByteReader {
    /// A number as MySQL's message serialisation writes it: the trailing one-bits of the first byte count the bytes after it.
    mutating func variableLength() throws(BinlogError) -> UInt64 {
        let first = try u8()
        let extra = (~first).trailingZeroBitCount
        guard extra < 8 else { return try little(8) }
        let high = try little(extra)
        // The marker takes extra + 1 bits of the first byte.
        let low = UInt64(first) >> UInt64(extra + 1)
        return low | (extra == 7 ? high : high << UInt64(7 - extra))
    }

    /// Signed ones carry their sign in the lowest bit.
    mutating func variableLengthSigned() throws(BinlogError) -> Int64 {
        let raw = try variableLength()
        let magnitude = Int64(truncatingIfNeeded: raw >> 1)
        return raw & 1 == 0 ? magnitude : ~magnitude
    }
}
