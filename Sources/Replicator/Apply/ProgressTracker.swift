import Binlog

/// Transactions in the source's order, and which of them are done.
struct ProgressTracker: Sendable {
    private struct Slot: Sendable {
        let identity: TransactionHead.Identity
        let file: String
        let position: UInt64
        let timestamp: UInt32
        /// What was cut off is not executed: where a connection broke, it comes again.
        let isKept: Bool
        var isDone = false
    }

    var progress = ApplyProgress()
    private var slots: [Slot] = []
    private var head = 0
    /// The ordinal of the first slot.
    private var first = 0
    /// Rows of the checkpoint that a compaction would cover.
    private(set) var rows: [CheckpointRow] = []
    private(set) var isChanged = false

    init(_ start: ExecutedSet) { progress.executed = start }

    /// Its ordinal.
    mutating func begin(_ end: TransactionEnd, timestamp: UInt32) -> Int {
        if progress.timestamp == 0 { progress.timestamp = timestamp }
        slots.append(
            Slot(
                identity: end.identity, file: end.file, position: end.position, timestamp: timestamp,
                isKept: end.kind != .cut))
        return first + slots.count - head - 1
    }

    /// A transaction of no concern here. Many in a row take the place of one, while an earlier one is still at work.
    mutating func pass(_ end: TransactionEnd, timestamp: UInt32) {
        if slots.count > head, let last = slots.last, last.isDone, last.isKept, end.kind != .cut,
            Self.areOfOneLine(last.identity, end.identity)
        {
            if case .mysql(let gtid) = end.identity { progress.executed.set.insert(gtid) }
            slots.removeLast()
            slots.append(
                Slot(
                    identity: end.identity, file: end.file, position: end.position, timestamp: timestamp, isKept: true,
                    isDone: true)
            )
            return
        }
        finish(begin(end, timestamp: timestamp))
    }

    private static func areOfOneLine(_ left: TransactionHead.Identity, _ right: TransactionHead.Identity) -> Bool {
        switch (left, right) {
        case (.mysql, .mysql): true
        case (.maria(let left), .maria(let right)): left.domain == right.domain
        default: false
        }
    }

    mutating func finish(_ ordinal: Int) {
        let index = ordinal - first + head
        slots[index].isDone = true
        isChanged = true
        if case .mysql(let gtid) = slots[index].identity, slots[index].isKept { progress.executed.set.insert(gtid) }
        while head < slots.count, slots[head].isDone {
            let slot = slots[head]
            head += 1
            first += 1
            guard slot.isKept else { continue }
            if case .maria(let gtid) = slot.identity { progress.executed.maria.advance(to: gtid) }
            progress.file = slot.file
            progress.position = slot.position
            progress.timestamp = slot.timestamp
            progress.transactions += 1
        }
        if head > 1024, head * 2 > slots.count {
            slots.removeFirst(head)
            head = 0
        }
    }

    mutating func add(_ more: [CheckpointRow]) { rows += more }

    /// What a compaction may write, and the rows that it makes superfluous.
    mutating func startCompaction() -> (ExecutedSet, [CheckpointRow]) {
        let covered = rows.filter { row in
            guard let origin = MariaOrigin.domainAndServer(row.source) else { return true }
            return progress.executed.maria.last[origin.domain].map { $0.sequence >= UInt64(max(row.last, 0)) } == true
        }
        isChanged = false
        return (progress.executed, covered)
    }

    mutating func endCompaction(_ covered: [CheckpointRow]) {
        let gone = Set(covered)
        rows.removeAll { gone.contains($0) }
    }
}
