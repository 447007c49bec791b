internal import CZstd

/// Expands zstd bytes piece by piece, so that a large transaction never stands whole in memory.
struct ZstdStream: ~Copyable {
    private let context: OpaquePointer
    private let bytes: [UInt8]
    private var position: Int
    private let end: Int

    /// - Throws: `malformed` when the library has no memory for its state.
    init(_ bytes: [UInt8], _ range: Range<Int>) throws(BinlogError) {
        guard let context = ZSTD_createDCtx() else { throw BinlogError(.malformed, "zstd does not start") }
        // 128 MiB: the largest window that a server's highest level uses.
        ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, 27)
        self.context = context
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    deinit { ZSTD_freeDCtx(context) }

    /// Up to `count` expanded bytes; none at the end.
    mutating func read(_ count: Int) throws(BinlogError) -> [UInt8] {
        var code = 0
        let piece = bytes.withUnsafeBytes { source in
            [UInt8](unsafeUninitializedCapacity: count) { target, initialized in
                var output = ZSTD_outBuffer(dst: target.baseAddress, size: count, pos: 0)
                var isMoving = true
                while output.pos < count, isMoving, ZSTD_isError(code) == 0 {
                    let before = (position, output.pos)
                    var input = ZSTD_inBuffer(
                        src: source.baseAddress?.advanced(by: position), size: end - position, pos: 0)
                    code = ZSTD_decompressStream(context, &output, &input)
                    position += input.pos
                    isMoving = (position, output.pos) != before
                }
                initialized = output.pos
            }
        }
        guard ZSTD_isError(code) == 0 else { throw BinlogError(.malformed, "compressed transaction is damaged") }
        return piece
    }
}
