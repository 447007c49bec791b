/// The session variables that a statement was logged with.
package struct SessionState: Sendable, Equatable {
    package private(set) var sqlMode: UInt64?
    /// Option bits: foreign key checks (1 << 26), unique checks (1 << 27), both inverted.
    package private(set) var options: UInt32?
    package private(set) var timeZone: String?
    package private(set) var autoIncrementIncrement: UInt16?
    package private(set) var autoIncrementOffset: UInt16?
    /// Collation numbers of character_set_client, collation_connection and collation_server.
    package private(set) var client: UInt16?
    package private(set) var connection: UInt16?
    package private(set) var server: UInt16?
    package private(set) var database: UInt16?
    package private(set) var localeNumber: UInt16?
    /// What the statement's NOW(6) has after the second.
    package private(set) var microseconds: UInt32?
    package private(set) var explicitDefaultsForTimestamp: Bool?
    /// Collation that utf8mb4 has where none is named (MySQL 8).
    package private(set) var utf8mb4Default: UInt16?
    /// The transaction id of an atomic DDL statement (MySQL 8).
    package private(set) var ddlTransaction: UInt64?

    /// Foreign keys were not checked.
    package var isWithoutForeignKeyChecks: Bool { (options ?? 0) & 1 << 26 != 0 }
    package var isWithoutUniqueChecks: Bool { (options ?? 0) & 1 << 27 != 0 }

    package init() {}

    /// Variables follow each other as number and value; what follows an unknown number cannot be read and is left out,
    /// as replicas do.
    init(_ reader: inout ByteReader) throws(BinlogError) {
        while !reader.isAtEnd {
            guard try read(try reader.u8(), &reader) else { return }
        }
    }

    private mutating func read(_ number: UInt8, _ reader: inout ByteReader) throws(BinlogError) -> Bool {
        switch number {
        case 0: options = try reader.u32()
        case 1: sqlMode = try reader.u64()
        case 2: try reader.skip(Int(try reader.u8()) + 1)
        case 3: (autoIncrementIncrement, autoIncrementOffset) = (try reader.u16(), try reader.u16())
        case 4: (client, connection, server) = (try reader.u16(), try reader.u16(), try reader.u16())
        case 5: timeZone = try reader.string(count: Int(try reader.u8()))
        case 6: try reader.skip(Int(try reader.u8()))
        case 7: localeNumber = try reader.u16()
        case 8: database = try reader.u16()
        default: return try readLater(number, &reader)
        }
        return true
    }

    /// Those that came with MySQL 5.5 and later; 128 and 129 are MariaDB's.
    private mutating func readLater(_ number: UInt8, _ reader: inout ByteReader) throws(BinlogError) -> Bool {
        switch number {
        case 9: try reader.skip(8)
        case 10: try reader.skip(4)
        case 11:
            try reader.skip(Int(try reader.u8()))
            try reader.skip(Int(try reader.u8()))
        case 12: try skipDatabases(&reader)
        case 13: microseconds = try reader.u24()
        case 14, 15: return false
        case 16: explicitDefaultsForTimestamp = try reader.u8() != 0
        case 17: ddlTransaction = try reader.u64()
        case 18: utf8mb4Default = try reader.u16()
        case 19, 20: try reader.skip(1)
        case 128: microseconds = try reader.u24()
        case 129: try reader.skip(8)
        default: return false
        }
        return true
    }

    /// The schemas a statement touched; 254: more than it could name.
    private func skipDatabases(_ reader: inout ByteReader) throws(BinlogError) {
        let count = try reader.u8()
        guard count != 254 else { return }
        for _ in 0..<count { _ = try reader.zeroTerminated() }
    }
}
