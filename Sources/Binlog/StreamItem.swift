/// What a stream of events means: transactions with what they change, and the position after each.
package enum StreamItem: Sendable {
    case begin(TransactionHead)
    case rows(RowsEvent)
    /// DDL and the like: the whole of a transaction when `isAlone`, else inside one (CREATE TABLE … SELECT).
    case statement(QueryEvent, isAlone: Bool)
    /// A change of rows that the source logged as a statement (`binlog_format` is not ROW): to be refused where it matters.
    case change(QueryEvent)
    /// Undo up to a savepoint follows the text of the statement.
    case savepoint(QueryEvent)
    case annotation(String)
    case end(TransactionEnd)
    /// The source is alive and has nothing.
    case heartbeat
    /// The stream goes on in another file.
    case rotated(file: String, position: UInt64)
    /// All transactions before the file that begins.
    case previous(GTIDSet)
    case previousOfMariaDB(MariaGTIDPosition)
}

/// Who counted a transaction and when it happened.
package struct TransactionHead: Sendable {
    package enum Identity: Sendable, Equatable {
        case anonymous
        case mysql(GTID)
        case maria(MariaGTID)
    }

    package let identity: Identity
    /// Seconds since 1970, UTC.
    package let timestamp: UInt32
    package let serverID: UInt32
    /// What MySQL says more: logical clock, microseconds, size.
    package let mysql: GTIDEvent?
    package let maria: MariaGTIDEvent?
    package let origin: Origin
}

/// How a transaction ended and where the stream stands after it.
package struct TransactionEnd: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case commit
        /// Undone at the source: what it changed must not be applied, and it counts as executed.
        case rollback
        /// The stream broke off in it: it did not happen, or comes again.
        case cut
        /// The first phase of an XA transaction: not visible until a statement XA COMMIT of its own.
        case prepared
    }

    package let kind: Kind
    package let identity: TransactionHead.Identity
    package let file: String
    /// Offset after the transaction.
    package let position: UInt64
}
