/// Starts a MariaDB transaction or stands before a single statement.
package struct MariaGTIDEvent: Sendable, Equatable {
    package struct Flags: OptionSet, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        /// One statement follows, without a commit after it.
        package static let standalone = Flags(rawValue: 1)
        package static let groupCommit = Flags(rawValue: 2)
        package static let transactional = Flags(rawValue: 4)
        package static let allowsParallel = Flags(rawValue: 8)
        package static let waited = Flags(rawValue: 16)
        package static let ddl = Flags(rawValue: 32)
        package static let preparedXA = Flags(rawValue: 64)
        package static let completedXA = Flags(rawValue: 128)
    }

    package let gtid: MariaGTID
    package let flags: Flags
    /// Transactions with the same number were committed together and do not depend on each other.
    package let commitID: UInt64?

    init(_ reader: inout ByteReader, server: UInt32) throws(BinlogError) {
        let sequence = try reader.u64()
        let domain = try reader.u32()
        gtid = MariaGTID(domain: domain, server: server, sequence: sequence)
        flags = Flags(rawValue: try reader.u8())
        commitID = flags.contains(.groupCommit) ? try reader.u64() : nil
        if !flags.isDisjoint(with: [.preparedXA, .completedXA]) {
            try reader.skip(4)
            let lengths = (Int(try reader.u8()), Int(try reader.u8()))
            try reader.skip(lengths.0 + lengths.1)
        }
        // Two, four and eight: an ALTER TABLE logged as start and commit or rollback.
        if !reader.isAtEnd, try reader.u8() & 0b1110 != 0 {
            throw BinlogError(
                .unsupported, "an ALTER TABLE in two phases: set binlog_alter_two_phase=OFF at the source")
        }
    }
}
