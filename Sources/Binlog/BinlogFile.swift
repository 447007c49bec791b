/// The events of a binlog file that stands in memory: for relayed files and recordings.
package struct BinlogFile {
    private static let magic: [UInt8] = [0xfe, 0x62, 0x69, 0x6e]

    private let bytes: [UInt8]
    private var position: Int

    /// - Throws: `malformed` when the bytes are not a binlog; an encrypted file says so.
    package init(_ bytes: [UInt8]) throws(BinlogError) {
        guard bytes.starts(with: Self.magic) else {
            let isEncrypted = bytes.starts(with: [0xfd, 0x62, 0x69, 0x6e])
            throw BinlogError(.malformed, isEncrypted ? "the file is encrypted: read it from the server" : "no binlog")
        }
        self.bytes = bytes
        position = Self.magic.count
    }

    /// The next event's bytes; nil at the end.
    /// - Throws: `truncated` for a file that ends inside an event.
    package mutating func next() throws(BinlogError) -> [UInt8]? {
        guard position < bytes.count else { return nil }
        var reader = ByteReader(bytes, position..<bytes.count)
        let size = try EventHeader(&reader).size
        guard size >= EventHeader.size, size <= bytes.count - position else { throw .truncated }
        defer { position += size }
        return Array(bytes[position..<(position + size)])
    }
}
