package import Binlog
package import MySQLWire

/// How the source itself writes and reads what is executed.
extension ExecutedSet {
    /// - Throws: `malformed`, which names the part that is wrong.
    package init(_ text: String, isMariaDB: Bool) throws(BinlogError) {
        self.init()
        if isMariaDB { maria = try MariaGTIDPosition(text) } else { set = try GTIDSet(text) }
    }

    /// Of MariaDB's single transactions after the position nothing is said: they would come again, and are known.
    package func text(isMariaDB: Bool) -> String { isMariaDB ? maria.description : set.description }

    package var isEmpty: Bool { self.set.isEmpty && maria.isEmpty }

    /// From where a stream brings the rest.
    package func start(isMariaDB: Bool) -> BinlogStart { isMariaDB ? .after(maria) : .excluding(set) }

    /// One that has no number changes nothing.
    package mutating func insert(_ identity: TransactionHead.Identity) {
        switch identity {
        case .anonymous: return
        case .mysql(let gtid): set.insert(gtid)
        case .maria(let gtid): if !maria.contains(gtid) { maria.advance(to: gtid) }
        }
    }

    /// Whether everything of the other is in this one.
    package func isSuperset(of other: ExecutedSet) -> Bool {
        set.isSuperset(of: other.set) && other.maria.last.values.allSatisfy(maria.contains)
    }
}
