import Binlog
import SQLClient

/// Gives transactions to workers: those that depend on each other to the same one, in order; others to whoever is free. While a
/// worker is busy its next transactions gather, and become one at the target.
struct Scheduler {
    private static let mostWriters = 500_000

    private struct Writer {
        let lane: Int
        let bundle: Int
    }

    private struct Place {
        let writer: Writer
        /// A worker may be waiting for just this.
        let wakes: Bool
    }

    private let shared: ApplyState
    /// The last bundle that writes what a hash stands for.
    private var writers: [UInt64: Writer] = [:]
    /// Tables and families of which everything is done one after another.
    private var serial: Set<UInt64> = []
    private var hashes: Set<UInt64> = []

    init(_ shared: ApplyState) { self.shared = shared }

    /// Notes what the rows of an event write, for the transaction that is being read.
    mutating func add(_ change: RowChange) throws {
        let set = change.plan.writeSet
        if serial.contains(set.family) {
            hashes.insert(set.family)
            return
        }
        var scope = serial.contains(set.table) ? max(set.scope, .table) : set.scope
        if scope < .family { try addRows(of: change, &scope) }
        switch scope {
        case .rows: return
        case .table: try becomeSerial(set.table)
        case .family: try becomeSerial(set.family)
        }
    }

    private mutating func addRows(of change: RowChange, _ scope: inout WriteSet.Scope) throws {
        let set = change.plan.writeSet
        var reader = try RowReader(change.event, layout: change.plan.layout)
        while scope < .family, try reader.next() {
            if change.event.kind != .insert {
                scope = try set.hashes(of: reader.before, scope) { hashes.insert($0) }
            }
            if change.event.kind != .delete {
                scope = try set.hashes(of: reader.after, scope) { hashes.insert($0) }
            }
        }
    }

    /// What is on its way was handed over without the hash that from now on all put in.
    private mutating func becomeSerial(_ hash: UInt64) throws {
        hashes.insert(hash)
        if serial.insert(hash).inserted { try drain() }
    }

    /// The transaction that was being read is given up, or goes another way.
    mutating func forgetHashes() { hashes = [] }

    /// Waits for a place, then hands the transaction over.
    mutating func put(_ transaction: SourceTransaction, _ end: TransactionEnd) throws {
        let needed = needed()
        let take = { [grouping = shared.grouping] (content: inout ApplyState.Content) -> Result<Place, any Error>? in
            if let failure = content.failure { return .failure(failure) }
            if content.isCut { return .failure(ApplyState.Stopped()) }
            guard content.waiting < grouping.mostWaiting, let lane = Self.lane(needed, content.lanes, grouping)
            else { return nil }
            var transaction = transaction
            transaction.ordinal = content.tracker.begin(end, timestamp: transaction.timestamp)
            return .success(Self.append(transaction, to: lane, &content, grouping))
        }
        guard let place = try (shared.monitor.quietly(take) ?? shared.waitUrgently(take))?.get() else { return }
        if place.wakes { shared.monitor.wake() }
        for hash in hashes { writers[hash] = place.writer }
        hashes = []
        if writers.count > Self.mostWriters { prune() }
    }

    /// The last bundle of each lane that has to be committed first.
    private func needed() -> [Int: Int] {
        var needed: [Int: Int] = [:]
        for hash in hashes {
            guard let writer = writers[hash] else { continue }
            needed[writer.lane] = max(needed[writer.lane] ?? 0, writer.bundle)
        }
        return needed
    }

    private static func lane(_ needed: [Int: Int], _ lanes: [ApplyState.Lane], _ grouping: Grouping) -> Int? {
        let busy = needed.filter { lanes[$0.key].committed < $0.value }
        if let only = busy.first {
            return busy.count == 1 && !grouping.isFull(lanes[only.key].open) ? only.key : nil
        }
        if let idle = lanes.firstIndex(where: \.isIdle) { return idle }
        let best = lanes.indices.min { (lanes[$0].open?.bytes ?? 0) < (lanes[$1].open?.bytes ?? 0) }
        return best.flatMap { grouping.isFull(lanes[$0].open) ? nil : $0 }
    }

    private static func append(
        _ transaction: SourceTransaction, to lane: Int, _ content: inout ApplyState.Content, _ grouping: Grouping
    ) -> Place {
        let wasEnough = content.lanes[lane].open.map(grouping.isEnough)
        var bundle = content.lanes[lane].open ?? ApplyState.Bundle(number: content.lanes[lane].next)
        if content.lanes[lane].open == nil { content.lanes[lane].next += 1 }
        bundle.transactions.append(transaction)
        bundle.bytes += transaction.bytes
        content.lanes[lane].open = bundle
        return Place(
            writer: Writer(lane: lane, bundle: bundle.number),
            wakes: wasEnough == nil || wasEnough != grouping.isEnough(bundle))
    }

    private mutating func prune() {
        let committed = shared.monitor.quietly { $0.lanes.map(\.committed) }
        writers = writers.filter { $0.value.bundle > committed[$0.value.lane] }
    }

    /// Waits until everything that was handed over is committed.
    mutating func drain() throws {
        let end = shared.waitUrgently { content -> Result<Void, any Error>? in
            if let failure = content.failure { return .failure(failure) }
            if content.isCut { return .failure(ApplyState.Stopped()) }
            return content.lanes.allSatisfy(\.isIdle) ? .success(()) : nil
        }
        try end?.get()
        writers = [:]
    }

    /// Starts a transaction that goes to the target while it is read. Everything before it is committed.
    mutating func start(_ giant: GiantTransaction) throws {
        try drain()
        hashes = []
        shared.monitor.withLock { $0.lanes[0].stream = giant }
    }
}
