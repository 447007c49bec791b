import Replication

/// How many small transactions of the source become one of the target, how long an idle worker waits for more of them, and how
/// many may wait for the workers.
struct Grouping: Sendable {
    /// Of memory: what is said to be joined beyond it is not.
    private static let mostBytes = 4 << 20

    /// From here on nothing more is joined.
    let fullBytes: Int
    let fullTransactions = 1000
    /// From here on a worker does not wait for more.
    let enoughBytes: Int
    let enoughTransactions: Int
    let patience: Duration
    /// Transactions, of all workers together.
    let mostWaiting: Int

    /// `GroupMaxSize` and `GroupTimeout` count as they are given; a size of 1 leaves both to us: a commit costs as much as many
    /// rows, and two milliseconds are too short for anyone to miss.
    init(_ settings: ReplicationSettings) {
        mostWaiting = settings.bufferSize ?? .max
        guard settings.groupBytes > 1 else {
            (fullBytes, enoughBytes, enoughTransactions) = (1 << 20, 128 << 10, 100)
            patience = .milliseconds(2)
            return
        }
        fullBytes = min(settings.groupBytes, Self.mostBytes)
        (enoughBytes, enoughTransactions) = (fullBytes, fullTransactions)
        patience = settings.groupTimeout
    }

    /// Nothing more is joined to it.
    func isFull(_ bundle: ApplyState.Bundle?) -> Bool {
        guard let bundle else { return false }
        return bundle.bytes >= fullBytes || bundle.transactions.count >= fullTransactions
    }

    /// Its worker begins.
    func isEnough(_ bundle: ApplyState.Bundle) -> Bool {
        bundle.bytes >= enoughBytes || bundle.transactions.count >= enoughTransactions
    }
}
