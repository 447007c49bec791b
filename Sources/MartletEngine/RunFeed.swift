package import MartletCore
import Synchronization

/// Tells those who wait that runs changed: subscribers of the event stream, callers that wait for an end, and
/// the dispatcher. Carries no data a reader could miss: everybody reads the store after a wake-up.
package final class RunFeed: Sendable {
    /// What changed and is no event: a hint to read it anew. One that nobody hears is lost.
    package enum Hint: Sendable, Hashable {
        /// A notice is owed, or its state is another one.
        case notice(Int64)
        /// What a task of a run tells is another progress, result or warning.
        case progress(RunID)
    }

    private struct Subscriber {
        let wants: @Sendable (RunEvent) -> Bool
        let continuation: AsyncStream<Void>.Continuation
    }

    private struct State {
        var nextToken = 0
        var subscribers: [Int: Subscriber] = [:]
        var waiters: [RunID: [Int: AsyncStream<Void>.Continuation]] = [:]
        var places = 0
        var hints: [Int: AsyncStream<Hint>.Continuation] = [:]
    }

    /// Hints that a slow listener has not taken; older ones are forgotten for newer ones.
    private static let mostHints = 1000

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

    package func hint(_ hint: Hint) {
        for listener in state.withLock({ Array($0.hints.values) }) { listener.yield(hint) }
    }

    package func hints() -> AsyncStream<Hint> {
        let (stream, continuation) = AsyncStream<Hint>.makeStream(bufferingPolicy: .bufferingNewest(Self.mostHints))
        let token = state.withLock { state in
            state.nextToken += 1
            state.hints[state.nextToken] = continuation
            return state.nextToken
        }
        continuation.onTermination = { [self] _ in _ = state.withLock { $0.hints.removeValue(forKey: token) } }
        return stream
    }

    /// Callers that hold a place.
    package var waiting: Int { state.withLock { $0.places } }

    /// A place among those who may wait, given back when it is released. Throws `unavailable` when there is none.
    func place() throws(MartletError) -> WaitingPlace {
        let taken = state.withLock { state in
            guard state.places < mostWaiters else { return false }
            state.places += 1
            return true
        }
        guard taken else {
            throw MartletError(
                .unavailable, "as many callers wait as may (\(mostWaiters), limits.waiters); ask again without waiting")
        }
        return WaitingPlace { [self] in state.withLock { $0.places -= 1 } }
    }

    /// One element when run `id` reaches an end.
    func end(of id: RunID) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let token = state.withLock { state in
            state.nextToken += 1
            state.waiters[id, default: [:]][state.nextToken] = continuation
            return state.nextToken
        }
        continuation.onTermination = { [self] _ in
            state.withLock { state in
                state.waiters[id]?[token] = nil
                if state.waiters[id]?.isEmpty == true { state.waiters[id] = nil }
            }
        }
        return stream
    }
}

/// The right to wait for the end of a run; held for as long as somebody waits.
package final class WaitingPlace: Sendable {
    private let release: @Sendable () -> Void
    init(release: @escaping @Sendable () -> Void) { self.release = release }
    deinit { release() }
}
