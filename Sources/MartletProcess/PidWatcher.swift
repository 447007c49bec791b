import CMartlet
import Foundation
import Synchronization

/// Waits for the ends of any number of processes on one thread of its own.
final class PidWatcher: Sendable {
    private struct Waiter {
        let descriptor: Int32
        let continuation: CheckedContinuation<Void, any Error>
        /// Asked now and then; true ends the wait early.
        let recheck: @Sendable () -> Bool
        var nextCheck: ContinuousClock.Instant
    }
    private struct State {
        var waiters: [UInt64: Waiter] = [:]
        var nextToken: UInt64 = 1
    }

    private static let checkInterval = Duration.seconds(5)
    private let epoll: Int32
    private let state = Mutex(State())

    /// Nil with errno set.
    init?() {
        epoll = mt_epoll_create()
        guard epoll >= 0 else { return nil }
        let epoll = epoll
        Thread.detachNewThread { [weak self] in Self.loop(epoll) { self } }
    }

    /// Returns when the process of `pidfd` has ended or `recheck` says so. Cancelled: throws, and the
    /// process is left alone.
    func wait(for pidfd: borrowing Descriptor, recheck: @escaping @Sendable () -> Bool) async throws {
        let token = state.withLock { state in
            defer { state.nextToken += 1 }
            return state.nextToken
        }
        let descriptor = pidfd.number
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                add(token, descriptor, continuation, recheck)
            }
        } onCancel: {
            take(token)?.continuation.resume(throwing: CancellationError())
        }
    }

    private func add(
        _ token: UInt64, _ descriptor: Int32, _ continuation: CheckedContinuation<Void, any Error>,
        _ recheck: @escaping @Sendable () -> Bool
    ) {
        state.withLock {
            $0.waiters[token] = Waiter(
                descriptor: descriptor, continuation: continuation, recheck: recheck,
                nextCheck: .now + Self.checkInterval)
        }
        if mt_epoll_add(epoll, descriptor, token) != 0 {
            take(token)?.continuation.resume(throwing: ProcessWaitFailed(errno: errno))
        } else if Task.isCancelled {
            take(token)?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Whoever takes a waiter resumes it, so each is resumed once.
    private func take(_ token: UInt64) -> Waiter? {
        let waiter = state.withLock { $0.waiters.removeValue(forKey: token) }
        if let waiter { _ = mt_epoll_remove(epoll, waiter.descriptor) }
        return waiter
    }

    private static func loop(_ epoll: Int32, _ owner: () -> PidWatcher?) {
        var tokens = [UInt64](repeating: 0, count: 128)
        var nextCheck = ContinuousClock.now
        while true {
            let count = mt_epoll_wait(epoll, &tokens, tokens.count, 1_000)
            guard let watcher = owner() else { break }
            for token in tokens.prefix(count) { watcher.take(token)?.continuation.resume() }
            guard ContinuousClock.now >= nextCheck else { continue }
            nextCheck = .now + .seconds(1)
            watcher.recheck()
        }
        close(epoll)
    }

    private func recheck() {
        let now = ContinuousClock.now
        let due = state.withLock { state in
            let tokens = state.waiters.filter { $0.value.nextCheck <= now }.map { ($0.key, $0.value.recheck) }
            for (token, _) in tokens { state.waiters[token]?.nextCheck = now + Self.checkInterval }
            return tokens
        }
        for (token, check) in due where check() { take(token)?.continuation.resume() }
    }
}

/// The kernel refused to watch a process.
struct ProcessWaitFailed: Error {
    let errno: Int32
}
