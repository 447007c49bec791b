import CZlib

/// Packs bodies as gzip (RFC 1952).
package enum Gzip {
    /// Cheap: most of what can be won is won at once.
    private static let level: Int32 = 1
    /// The largest window, with the header of gzip.
    private static let window: Int32 = 15 + 16
    private static let memory: Int32 = 8

    /// Nil when zlib has no memory for it: then the bytes are sent as they are.
    package static func pack(_ bytes: [UInt8]) -> [UInt8]? {
        guard UInt64(bytes.count) < UInt64(UInt32.max) else { return nil }
        var stream = z_stream()
        guard
            deflateInit2_(
                &stream, level, Z_DEFLATED, window, memory, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { return nil }
        defer { deflateEnd(&stream) }
        var bytes = bytes
        let capacity = Int(deflateBound(&stream, UInt(bytes.count)))
        var isWhole = false
        let packed = bytes.withUnsafeMutableBufferPointer { input in
            [UInt8](unsafeUninitializedCapacity: capacity) { output, filled in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(clamping: capacity)
                isWhole = deflate(&stream, Z_FINISH) == Z_STREAM_END
                filled = capacity - Int(stream.avail_out)
            }
        }
        return isWhole ? packed : nil
    }
}
