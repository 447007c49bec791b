/// A statement with the session it ran in: DDL, BEGIN and COMMIT, or a change logged as a statement.
package struct QueryEvent: Sendable, Equatable {
    package let connection: UInt32
    /// Seconds since 1970, UTC: the statement's NOW().
    package let timestamp: UInt32
    /// The error with which it ended at the source; 0: none.
    package let errorCode: UInt16
    /// The current schema; empty: none.
    package let schema: String
    package let session: SessionState
    /// In the character set of `session.client`.
    package let statement: [UInt8]

    /// Invalid UTF-8 is repaired: for reading and matching, not for running.
    package var text: String { String(decoding: statement, as: UTF8.self) }

    init(
        _ reader: inout ByteReader, timestamp: UInt32, isCompressed: Bool, limit: Int
    ) throws(BinlogError) {
        self.timestamp = timestamp
        connection = try reader.u32()
        try reader.skip(4)
        let schemaLength = Int(try reader.u8())
        errorCode = try reader.u16()
        var status = ByteReader(reader.bytes, try reader.take(Int(try reader.u16())))
        session = try SessionState(&status)
        schema = try reader.string(count: schemaLength)
        try reader.skip(1)
        if isCompressed {
            statement = try Inflated.record(reader.bytes, reader.rest, limit: limit)
        } else {
            statement = Array(reader.bytes[reader.rest])
        }
    }
}
