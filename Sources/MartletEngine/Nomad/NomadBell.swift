package import MartletCore
import Synchronization

/// Tells those who wait that lists have changed, and the scheduler that somebody wants something.
package final class NomadBell: Sendable {
    private struct State {
        var indexes: [NomadTable: Int64] = [:]
        var nextToken = 0
        var subscribers: [Int: (table: NomadTable, continuation: AsyncStream<Int64>.Continuation)] = [:]
        /// When the last order came, and how long after the one before it.
        var lastOrder: (at: ContinuousClock.Instant, gap: Duration)?
    }

    private let state = Mutex(State())
    let orders: AsyncStream<Void>
    private let order: AsyncStream<Void>.Continuation

    package init() { (orders, order) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    /// After a change that no run's event tells of.
    package func ring() {
        let now = ContinuousClock.now
        state.withLock { $0.lastOrder = (now, $0.lastOrder.map { now - $0.at } ?? .seconds(1)) }
        order.yield()
    }

    /// Returns when orders do not come one after the other any more, but after `longest` at the latest: who calls is waiting
    /// for an answer, and what was ordered is decided on in fewer rounds. One order alone is not waited for.
    package func lull(atMost longest: Duration) async throws {
        let end = ContinuousClock.now + longest
        while true {
            let now = ContinuousClock.now
            let isBusy = state.withLock { state in
                state.lastOrder.map { $0.gap < Self.breath && now - $0.at < Self.breath } ?? false
            }
            guard isBusy, now < end else { return }
            try await Task.sleep(for: Self.breath)
        }
    }

    /// Orders that are closer together come one after the other.
    private static let breath = Duration.milliseconds(5)

    /// The index of the list's newest change: the one that is known now, then each later one; several may join into one.
    package func changes(of table: NomadTable) -> AsyncStream<Int64> {
        let (stream, continuation) = AsyncStream<Int64>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let token = state.withLock { state in
            state.nextToken += 1
            state.subscribers[state.nextToken] = (table, continuation)
            // Under the lock: it would else take the place of a later one that is published meanwhile.
            if let known = state.indexes[table] { continuation.yield(known) }
            return state.nextToken
        }
        continuation.onTermination = { [self] _ in
            _ = state.withLock { $0.subscribers.removeValue(forKey: token) }
        }
        return stream
    }

    func publish(_ indexes: [NomadTable: Int64]) {
        let woken = state.withLock { state in
            let changed = indexes.filter { state.indexes[$0.key] != $0.value }
            state.indexes = indexes
            return state.subscribers.values.compactMap { subscriber in
                changed[subscriber.table].map { (subscriber.continuation, $0) }
            }
        }
        for (continuation, index) in woken { continuation.yield(index) }
    }
}
