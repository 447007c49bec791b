import Synchronization

/// Rung when something may have changed. Who waits for it misses no ring, also not one from before he waited.
package final class Bell: Sendable {
    private struct State {
        var count = 0
        var next = 0
        var waiting: [Int: AsyncStream<Void>.Continuation] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    package func ring() {
        let waiting = state.withLock { state in
            state.count += 1
            return Array(state.waiting.values)
        }
        for continuation in waiting { continuation.finish() }
    }

    /// Returns when it was rung more often than `count` times, or after `limit`; how often it was rung by then.
    package func wait(since count: Int, upTo limit: Duration) async -> Int {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let token = state.withLock { state -> Int? in
            guard state.count <= count else { return nil }
            state.next += 1
            state.waiting[state.next] = continuation
            return state.next
        }
        if let token {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { for await _ in stream {} }
                group.addTask { try? await Task.sleep(for: limit) }
                await group.next()
                group.cancelAll()
            }
            _ = state.withLock { $0.waiting.removeValue(forKey: token) }
        }
        return state.withLock { $0.count }
    }
}
