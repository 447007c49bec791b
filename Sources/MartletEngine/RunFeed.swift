package import MartletCore
import Synchronization

/// Tells those who wait that runs changed: subscribers of the event stream, callers that wait for an end, and
/// the dispatcher. Carries no data a reader could miss: everybody reads the store after a wake-up.
package final class RunFeed: Sendable {
    private struct Subscriber {
        let wants: @Sendable (RunEvent) -> Bool
        let continuation: AsyncStream<Void>.Continuation
    }

    private struct State {
        var nextToken = 0
        var subscribers: [Int: Subscriber] = [:]
        var waiters: [RunID: [Int: AsyncStream<Void>.Continuation]] = [:]
        var waiterCount = 0
    }

    private let state = Mutex(State())
    private let mostWaiters: Int

    package init(mostWaiters: Int = 1000) { self.mostWaiters = mostWaiters }

    /// Called after each commit, with its events in order.
    package func publish(_ events: [RunEvent]) {
        let woken = state.withLock { state in
            var woken = state.subscribers.values.filter { events.contains(where: $0.wants) }.map(\.continuation)
            for event in events where event.to.isEnd {
                woken += state.waiters[event.run].map { Array($0.values) } ?? []
            }
            return woken
        }
        for continuation in woken { continuation.yield() }
    }

    /// One element at once, then one after each commit that has a wanted event; several may join into one.
    package func changes(where wants: @escaping @Sendable (RunEvent) -> Bool = { _ in true }) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        continuation.yield()
        let token = state.withLock { state in
            state.nextToken += 1
            state.subscribers[state.nextToken] = Subscriber(wants: wants, continuation: continuation)
            return state.nextToken
        }
        continuation.onTermination = { [self] _ in
            _ = state.withLock { $0.subscribers.removeValue(forKey: token) }
        }
        return stream
    }

    /// One element when run `id` reaches an end. Throws `unavailable` when too many wait already.
    func end(of id: RunID) throws(MartletError) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let token: Int? = state.withLock { state in
            guard state.waiterCount < mostWaiters else { return nil }
            state.nextToken += 1
            state.waiterCount += 1
            state.waiters[id, default: [:]][state.nextToken] = continuation
            return state.nextToken
        }
        guard let token else {
            throw MartletError(.unavailable, "\(mostWaiters) callers wait already; ask again without waiting")
        }
        continuation.onTermination = { [self] _ in
            state.withLock { state in
                state.waiterCount -= 1
                state.waiters[id]?[token] = nil
                if state.waiters[id]?.isEmpty == true { state.waiters[id] = nil }
            }
        }
        return stream
    }
}
