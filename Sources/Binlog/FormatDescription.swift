/// The first event of every file: which server wrote it and how.
package struct FormatDescription: Sendable, Equatable {
    package let serverVersion: String
    /// By event type, from 1.
    package let postHeaderLengths: [UInt8]
    package let checksum: Checksum

    package var isMariaDB: Bool { serverVersion.contains("MariaDB") }

    /// Type 15 carries checksum algorithm and room for a checksum whether or not events have one.
    init(_ reader: inout ByteReader) throws(BinlogError) {
        let version = try reader.u16()
        guard version == 4 else { throw BinlogError(.unsupported, "binlog format \(version) instead of 4") }
        let name = try reader.take(50)
        serverVersion = String(decoding: reader.bytes[name].prefix { $0 != 0 }, as: UTF8.self)
        try reader.skip(4)
        let headerSize = try reader.u8()
        guard headerSize == EventHeader.size else {
            throw BinlogError(.malformed, "event headers of \(headerSize) bytes instead of \(EventHeader.size)")
        }
        guard Self.hasChecksumByte(serverVersion) else {
            let lengths = try reader.take(reader.remaining)
            postHeaderLengths = Array(reader.bytes[lengths])
            checksum = .none
            return
        }
        let lengths = try reader.take(reader.remaining - 5)
        postHeaderLengths = Array(reader.bytes[lengths])
        let algorithm = try reader.u8()
        guard let known = Checksum(rawValue: algorithm) else {
            throw BinlogError(.unsupported, "checksum algorithm \(algorithm): set binlog_checksum to CRC32 or NONE")
        }
        checksum = known
    }

    /// Since MySQL 5.6.1 and MariaDB 5.3.
    private static func hasChecksumByte(_ version: String) -> Bool {
        let parts = version.split(whereSeparator: { !$0.isNumber }).prefix(3).compactMap { UInt32($0) }
        guard parts.count == 3 else { return true }
        if version.contains("MariaDB") { return (parts[0], parts[1]) >= (5, 3) }
        return (parts[0], parts[1], parts[2]) >= (5, 6, 1)
    }

    /// Whether rows and table events of this type carry a table id of six bytes; old servers wrote four.
    func postHeaderLength(of type: EventType) -> UInt8? {
        let index = Int(type.rawValue) - 1
        return postHeaderLengths.indices.contains(index) ? postHeaderLengths[index] : nil
    }
}
