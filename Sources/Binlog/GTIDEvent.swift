/// Starts a MySQL transaction: who counted it, and which transactions had to be committed before it ran.
package struct GTIDEvent: Sendable, Equatable {
    /// nil: anonymous, the source counts none.
    package internal(set) var gtid: GTID?
    /// Logical clock of the source's group commit; both 0 where the source has none.
    package internal(set) var lastCommitted: Int64 = 0
    package internal(set) var sequenceNumber: Int64 = 0
    /// Microseconds since 1970 at this source and at the first one; nil before 8.0.
    package internal(set) var immediateCommit: UInt64?
    package internal(set) var originalCommit: UInt64?
    /// Bytes of the whole transaction in the file, with this event; nil before 8.0.
    package internal(set) var transactionLength: UInt64?

    /// Types 33 and 34.
    init(_ reader: inout ByteReader, isAnonymous: Bool) throws(BinlogError) {
        try reader.skip(1)
        let server = try SourceID(&reader)
        let number = Int64(bitPattern: try reader.u64())
        if !isAnonymous { gtid = try Self.checked(GTIDSource(server: server), number) }
        guard reader.remaining >= 17, try reader.u8() == 2 else { return }
        lastCommitted = Int64(bitPattern: try reader.u64())
        sequenceNumber = Int64(bitPattern: try reader.u64())
        guard reader.remaining >= 7 else { return }
        let immediate = try reader.little(7)
        let hasOriginal = immediate >> 55 == 1
        immediateCommit = immediate & (1 << 55 - 1)
        originalCommit = hasOriginal ? try reader.little(7) : immediateCommit
        guard !reader.isAtEnd else { return }
        transactionLength = try reader.lengthEncoded()
    }

    fileprivate static func checked(_ source: GTIDSource, _ number: Int64) throws(BinlogError) -> GTID {
        guard (1...GTIDSet.lastNumber).contains(number) else {
            throw BinlogError(.malformed, "transaction number \(number)")
        }
        return GTID(source: source, number: number)
    }
}

extension GTIDEvent {
    private init() {}

    /// Type 42 (MySQL 8.3 and later): fields with numbers, each a number of variable length.
    init(tagged reader: inout ByteReader) throws(BinlogError) {
        self.init()
        guard try reader.variableLength() == 1 else {
            throw BinlogError(.unsupported, "serialisation version of a tagged GTID")
        }
        // The size of the message and the last field that a reader has to know.
        _ = try reader.variableLength()
        guard try reader.variableLength() <= 11 else {
            throw BinlogError(.unsupported, "a tagged GTID with fields that are not known")
        }
        var server: SourceID?
        var tag = ""
        var number: Int64 = 0
        while !reader.isAtEnd {
            switch try reader.variableLength() {
            case 0: _ = try reader.variableLength()
            case 1: server = try SourceID(tagged: &reader)
            case 2: number = try reader.variableLengthSigned()
            case 3: tag = try reader.string(count: Int(try reader.variableLength() & 0xff))
            case 4: lastCommitted = try reader.variableLengthSigned()
            case 5: sequenceNumber = try reader.variableLengthSigned()
            case 6: immediateCommit = try reader.variableLength()
            case 7: originalCommit = try reader.variableLength()
            case 8: transactionLength = try reader.variableLength()
            case 9, 10, 11: _ = try reader.variableLength()
            // What comes after the known fields may be ignored.
            default: try reader.skip(reader.remaining)
            }
        }
        guard let server else { throw BinlogError(.malformed, "a tagged GTID without a server") }
        if originalCommit == nil { originalCommit = immediateCommit }
        gtid = try Self.checked(GTIDSource(server: server, tag: tag), number)
    }
}

extension SourceID {
    /// Sixteen numbers, one for each byte.
    fileprivate init(tagged reader: inout ByteReader) throws(BinlogError) {
        var bytes: [UInt8] = []
        for _ in 0..<16 { bytes.append(UInt8(truncatingIfNeeded: try reader.variableLength())) }
        var packed = ByteReader(bytes)
        try self.init(&packed)
    }
}
