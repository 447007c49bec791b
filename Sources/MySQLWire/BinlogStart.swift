package import Binlog

/// From where a stream begins.
package enum BinlogStart: Sendable, Equatable {
    /// A file of the source and an offset of an event in it, from 4.
    case file(String, position: UInt64)
    /// Everything that the set does not hold (MySQL).
    case excluding(GTIDSet)
    /// Everything after the last transaction of each domain (MariaDB).
    case after(MariaGTIDPosition)
}

/// How a stream is asked for.
package struct BinlogRequest: Sendable {
    package var start: BinlogStart
    /// Differs from that of the source and of all its replicas.
    package var serverID: UInt32
    /// Shown by SHOW REPLICAS.
    package var hostname = ""
    /// A sign of life when the source has nothing.
    package var heartbeat: Duration = .seconds(3)
    /// Statements beside their rows (MariaDB; MySQL sends what its binlog_rows_query_log_events wrote).
    package var wantsAnnotations = false
    package var limits = BinlogLimits()

    package init(start: BinlogStart, serverID: UInt32) {
        self.start = start
        self.serverID = serverID
    }
}
