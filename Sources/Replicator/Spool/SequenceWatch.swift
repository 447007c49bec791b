internal import Binlog

/// MariaDB's sequence numbers have to grow within a domain: one number for each domain is all that says what is read already.
struct SequenceWatch {
    /// The last of each domain that this connection brought.
    private var last: [UInt32: MariaGTID] = [:]

    /// - Parameter executed: what earlier connections brought; what one of its servers wrote may come again.
    /// - Throws: `ShrinkingSequence`.
    func check(_ identity: TransactionHead.Identity, after executed: ExecutedSet) throws(ShrinkingSequence) {
        guard case .maria(let gtid) = identity else { return }
        if let before = last[gtid.domain], before.sequence >= gtid.sequence {
            throw ShrinkingSequence(before: before, after: gtid)
        }
        if let before = executed.maria.last[gtid.domain], before.sequence >= gtid.sequence, before.server != gtid.server
        {
            throw ShrinkingSequence(before: before, after: gtid)
        }
    }

    mutating func add(_ identity: TransactionHead.Identity) {
        if case .maria(let gtid) = identity { last[gtid.domain] = gtid }
    }
}

/// A source with `gtid_strict_mode=OFF` mixes what several servers count in one domain: nobody could tell what is applied.
package struct ShrinkingSequence: Error, CustomStringConvertible {
    let before: MariaGTID
    let after: MariaGTID

    package var description: String {
        "the source's binlog has \(after) after \(before): within a domain sequence numbers have to grow. Give each server "
            + "that writes or replicates to the source a gtid_domain_id of its own, set gtid_strict_mode=ON at the source, "
            + "and begin with a full copy"
    }
}
