/// The first byte that tells events apart, MySQL's and MariaDB's. Unknown ones keep their number.
package struct EventType: RawRepresentable, Sendable, Hashable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    private init(_ rawValue: UInt8) { self.rawValue = rawValue }

    package static let query = EventType(2)
    package static let stop = EventType(3)
    package static let rotate = EventType(4)
    package static let intvar = EventType(5)
    package static let load = EventType(6)
    package static let appendBlock = EventType(9)
    package static let executeLoad = EventType(10)
    package static let deleteFile = EventType(11)
    package static let rand = EventType(13)
    package static let userVariable = EventType(14)
    package static let formatDescription = EventType(15)
    package static let xid = EventType(16)
    package static let beginLoadQuery = EventType(17)
    package static let executeLoadQuery = EventType(18)
    package static let tableMap = EventType(19)
    package static let writeRowsV1 = EventType(23)
    package static let updateRowsV1 = EventType(24)
    package static let deleteRowsV1 = EventType(25)
    package static let incident = EventType(26)
    package static let heartbeat = EventType(27)
    package static let ignorable = EventType(28)
    package static let rowsQuery = EventType(29)
    package static let writeRows = EventType(30)
    package static let updateRows = EventType(31)
    package static let deleteRows = EventType(32)
    package static let gtid = EventType(33)
    package static let anonymousGTID = EventType(34)
    package static let previousGTIDs = EventType(35)
    package static let transactionContext = EventType(36)
    package static let viewChange = EventType(37)
    package static let xaPrepare = EventType(38)
    package static let partialUpdateRows = EventType(39)
    package static let transactionPayload = EventType(40)
    package static let heartbeatV2 = EventType(41)
    package static let taggedGTID = EventType(42)
    package static let annotateRows = EventType(160)
    package static let binlogCheckpoint = EventType(161)
    package static let mariaGTID = EventType(162)
    package static let gtidList = EventType(163)
    package static let startEncryption = EventType(164)
    package static let compressedQuery = EventType(165)
    package static let compressedWriteRowsV1 = EventType(166)
    package static let compressedUpdateRowsV1 = EventType(167)
    package static let compressedDeleteRowsV1 = EventType(168)
    package static let compressedWriteRows = EventType(169)
    package static let compressedUpdateRows = EventType(170)
    package static let compressedDeleteRows = EventType(171)

    private static let names: [UInt8: String] = [
        2: "QUERY", 3: "STOP", 4: "ROTATE", 5: "INTVAR", 6: "LOAD", 9: "APPEND_BLOCK", 10: "EXEC_LOAD",
        11: "DELETE_FILE", 13: "RAND", 14: "USER_VAR", 15: "FORMAT_DESCRIPTION", 16: "XID",
        17: "BEGIN_LOAD_QUERY", 18: "EXECUTE_LOAD_QUERY", 19: "TABLE_MAP", 23: "WRITE_ROWS_V1",
        24: "UPDATE_ROWS_V1", 25: "DELETE_ROWS_V1", 26: "INCIDENT", 27: "HEARTBEAT", 28: "IGNORABLE",
        29: "ROWS_QUERY", 30: "WRITE_ROWS", 31: "UPDATE_ROWS", 32: "DELETE_ROWS", 33: "GTID",
        34: "ANONYMOUS_GTID", 35: "PREVIOUS_GTIDS", 36: "TRANSACTION_CONTEXT", 37: "VIEW_CHANGE",
        38: "XA_PREPARE", 39: "PARTIAL_UPDATE_ROWS", 40: "TRANSACTION_PAYLOAD", 41: "HEARTBEAT_V2",
        42: "GTID_TAGGED", 160: "ANNOTATE_ROWS", 161: "BINLOG_CHECKPOINT", 162: "GTID (MariaDB)",
        163: "GTID_LIST", 164: "START_ENCRYPTION", 165: "QUERY_COMPRESSED", 166: "WRITE_ROWS_COMPRESSED_V1",
        167: "UPDATE_ROWS_COMPRESSED_V1", 168: "DELETE_ROWS_COMPRESSED_V1", 169: "WRITE_ROWS_COMPRESSED",
        170: "UPDATE_ROWS_COMPRESSED", 171: "DELETE_ROWS_COMPRESSED",
    ]

    /// As the servers' documents write it; an unknown one by its number.
    package var name: String { Self.names[rawValue] ?? "number \(rawValue)" }
}
