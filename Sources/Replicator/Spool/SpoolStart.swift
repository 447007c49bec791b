internal import Binlog

/// What a segment of the spool says of itself before its events.
struct SpoolStart: Codable, Sendable, Equatable {
    var v = 1
    /// Everything that stands before the segment, by the source's count.
    var executed: String
    var isMariaDB: Bool
    /// Which server it was read from: `host:port`.
    var origin: String
    /// Bytes of the segment before this one; nil: it is the first, or of an older version.
    var previous: Int?

    init(executed: ExecutedSet, isMariaDB: Bool, origin: String, previous: Int? = nil) {
        self.previous = previous
        self.executed = executed.text(isMariaDB: isMariaDB)
        self.isMariaDB = isMariaDB
        self.origin = origin
    }

    func set() throws(BinlogError) -> ExecutedSet { try ExecutedSet(executed, isMariaDB: isMariaDB) }
}

/// The bytes of a segment are not what was written; the source has them still, or has purged them.
package struct SpoolDamage: Error, CustomStringConvertible {
    package let segment: Int
    package let offset: Int

    package var description: String {
        "the spool is damaged in segment \(segment) at byte \(offset): it is removed and the source is read again"
    }
}
