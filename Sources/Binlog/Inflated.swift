internal import CZlib

/// zlib's format, as MariaDB uses it for events and columns.
enum Inflated {
    /// A compressed part of an event: a byte with algorithm and width, the size (big-endian), then the stream.
    static func record(_ bytes: [UInt8], _ range: Range<Int>, limit: Int) throws(BinlogError) -> [UInt8] {
        var reader = ByteReader(bytes, range)
        let head = try reader.u8()
        guard head & 0x80 != 0, head & 0x78 == 0 else {
            throw BinlogError(.unsupported, "compression algorithm \(head >> 4 & 7): set log_bin_compress=OFF")
        }
        guard (1...4).contains(head & 7) else { throw BinlogError(.malformed, "compression header \(head)") }
        let size = try reader.big(Int(head & 7))
        return try expand(bytes, reader.rest, size: size, limit: limit, hasHeader: true)
    }

    /// A value of a COMPRESSED column: 0 and the plain bytes, or a header byte, the size (big-endian) and the stream.
    static func column(_ bytes: [UInt8], _ range: Range<Int>, limit: Int) throws(BinlogError) -> [UInt8] {
        guard !range.isEmpty else { return [] }
        var reader = ByteReader(bytes, range)
        let head = try reader.u8()
        guard head != 0 else { return Array(bytes[reader.rest]) }
        guard head >> 4 == 8 else { throw BinlogError(.unsupported, "column compression method \(head >> 4)") }
        guard (1...4).contains(head & 7) else { throw BinlogError(.malformed, "column compression header \(head)") }
        let size = try reader.big(Int(head & 7))
        return try expand(bytes, reader.rest, size: size, limit: limit, hasHeader: head & 8 == 0)
    }

    private static func expand(
        _ bytes: [UInt8], _ range: Range<Int>, size: UInt64, limit: Int, hasHeader: Bool
    ) throws(BinlogError) -> [UInt8] {
        guard size <= UInt64(limit) else {
            throw BinlogError(.tooLarge, "\(size) bytes uncompressed, the limit is \(limit)")
        }
        // zlib reaches at most about 1032 to 1: what claims more is not worth its memory.
        guard size / 1100 <= UInt64(range.count) else { throw BinlogError(.malformed, "compressed bytes too few") }
        var stream = z_stream()
        guard inflateInit2_(&stream, hasHeader ? 15 : -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { throw BinlogError(.malformed, "zlib does not start") }
        defer { inflateEnd(&stream) }
        let status = bytes.withUnsafeBufferPointer { source in
            [UInt8](unsafeUninitializedCapacity: Int(size)) { target, count in
                stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress?.advanced(by: range.lowerBound))
                stream.avail_in = UInt32(range.count)
                stream.next_out = target.baseAddress
                stream.avail_out = UInt32(size)
                _ = inflate(&stream, Z_FINISH)
                count = Int(size) - Int(stream.avail_out)
            }
        }
        guard status.count == Int(size) else { throw BinlogError(.malformed, "compressed bytes are damaged") }
        return status
    }
}
