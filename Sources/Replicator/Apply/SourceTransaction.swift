import Binlog
import SQLClient

/// Rows of one event with the way they go.
struct RowChange: Sendable {
    let event: RowsEvent
    let plan: RowPlan
    /// A full copy may have seen it: the rows are made what they are after it, whatever they were.
    var isSettling = false
}

/// A transaction of the source, as much of it as is replicated.
struct SourceTransaction: Sendable {
    let identity: TransactionHead.Identity
    let timestamp: UInt32
    var changes: [RowChange] = []
    var bytes = 0
    /// Its place in the order of the source.
    var ordinal = 0
}

/// A transaction that is too large to be held: it goes to the target while it comes from the source.
final class GiantTransaction: Sendable {
    enum Part: Sendable {
        case change(RowChange)
        /// It is over, and kept or not.
        case end(isKept: Bool, ordinal: Int)
    }

    private static let capacity = 16 << 20

    let identity: TransactionHead.Identity
    let parts = BoundedQueue<Part>(capacity: GiantTransaction.capacity)

    init(_ identity: TransactionHead.Identity) { self.identity = identity }
}
