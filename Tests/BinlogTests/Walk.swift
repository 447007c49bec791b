import Binlog

/// Reads everything that a file in memory holds, as a replica would; used by recordings and by the fuzzers.
struct Walk {
    /// Whether checksums are made right again first: what was damaged on purpose shall be decoded all the same.
    var repairsChecksums = false
    /// Bytes of one event.
    var limit = 1 << 26

    /// Calls `body` with each item until the file ends or is refused.
    func run(_ bytes: [UInt8], _ body: (StreamItem) throws -> Void) throws {
        var file = try BinlogFile(bytes)
        var framer = TransactionFramer(
            decoder: EventDecoder(file: "bin.000001", limits: BinlogLimits(event: limit, tables: 64)))
        while var packet = try file.next() {
            if repairsChecksums, Self.hasChecksum(packet, framer.decoder.format) { Self.repair(&packet) }
            try framer.accept(packet, body)
        }
    }

    /// Decodes every value of every row.
    static func values(_ event: RowsEvent) throws -> [[Value?]] {
        var reader = try RowReader(event, layout: try RowLayout(event.table))
        var rows: [[Value?]] = []
        while try reader.next() {
            for image in [reader.before, reader.after] {
                rows.append(try (0..<image.count).map { try image.value($0) })
            }
        }
        return rows
    }

    /// A file's first event says it in its fifth byte from the end.
    private static func hasChecksum(_ packet: [UInt8], _ format: FormatDescription?) -> Bool {
        guard packet.count >= 23 else { return false }
        return packet[4] == 15 ? packet[packet.count - 5] == 1 : format?.checksum == .crc32
    }

    private static func repair(_ packet: inout [UInt8]) {
        let crc = Checksum.crc(packet, 0..<(packet.count - 4))
        for index in 0..<4 { packet[packet.count - 4 + index] = UInt8(truncatingIfNeeded: crc >> UInt32(8 * index)) }
    }
}
