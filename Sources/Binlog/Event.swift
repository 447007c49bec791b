/// One decoded event of a binlog stream.
package struct Event: Sendable {
    package enum Body: Sendable {
        case formatDescription(FormatDescription)
        /// The stream goes on in this file at this offset.
        case rotate(file: String, position: UInt64)
        case heartbeat
        case gtid(GTIDEvent)
        case mariaGTID(MariaGTIDEvent)
        /// What all files before this one hold.
        case previousGTIDs(GTIDSet)
        /// The same of MariaDB.
        case gtidList(MariaGTIDPosition)
        case query(QueryEvent)
        case tableMap(TableMap)
        case rows(RowsEvent)
        case payload(TransactionPayload)
        case xid(UInt64)
        /// The end of the first phase of an XA transaction; of both when `isOnePhase`.
        case xaPrepare(isOnePhase: Bool)
        /// The text of the statement behind the rows that follow.
        case annotation(String)
        /// Belongs to a change that was logged as a statement, not as rows.
        case statementPart
        /// Says nothing that a reader needs.
        case passed
    }

    package let header: EventHeader
    package let origin: Origin
    /// Offset after the event in its file.
    package let end: UInt64
    package let body: Body
}

/// What a stream may cost.
package struct BinlogLimits: Sendable, Equatable {
    /// Bytes of one event, compressed or not; at most 2 GiB − 1.
    package let event: Int
    /// Tables of one statement.
    package let tables: Int

    package init(event: Int = 1 << 30, tables: Int = 4096) {
        self.event = min(max(event, EventHeader.size), Int(Int32.max))
        self.tables = tables
    }
}
