import Foundation
import GRDB
package import MartletCore
import Synchronization

/// Keys in this server's own database. One per store: who waits is told by the one who writes.
package final class EmbeddedCheckpoints: CheckpointStore {
    private let store: SQLiteStore
    private let bell = KeyBell()

    package init(_ store: SQLiteStore) { self.store = store }

    package func entry(_ key: String, _ wait: CheckpointWait?) async throws -> Indexed<CheckpointEntry?> {
        try await watching(key, wait) { try CheckpointShelf(db: $0).entry(key) }
    }

    package func entries(under prefix: String, _ wait: CheckpointWait?) async throws -> Indexed<[CheckpointEntry]> {
        try await watching(prefix, wait) { try CheckpointShelf(db: $0).entries(under: prefix) }
    }

    package func keys(under prefix: String, _ wait: CheckpointWait?) async throws -> Indexed<[String]> {
        try await watching(prefix, wait) { try CheckpointShelf(db: $0).keys(under: prefix) }
    }

    package func put(_ key: String, _ value: [UInt8], flags: UInt64, ifIndex: Int64?) async throws -> Bool {
        try await changing(key) { try $0.put(key, value, flags, ifIndex: ifIndex) }
    }

    package func delete(_ key: String, ifIndex: Int64?) async throws -> Bool {
        try await changing(key) { try $0.delete(key, ifIndex: ifIndex) }
    }

    package func delete(under prefix: String) async throws {
        _ = try await changing(prefix) { try $0.delete(under: prefix) }
    }

    private func changing(
        _ key: String, _ body: @escaping @Sendable (CheckpointShelf) throws -> CheckpointShelf.Outcome
    ) async throws -> Bool {
        let outcome = try await store.writer.write { scope in
            let outcome = try body(CheckpointShelf(db: scope.db))
            // Values have no digest in the trail: they change all the time, and their index tells them apart.
            if outcome == .changed { try scope.changed("key \(key)") }
            return outcome
        }
        if outcome == .changed { bell.ring(key) }
        return outcome != .refused
    }

    /// Answers when the index is above that of `wait`, or after its limit.
    private func watching<Value: Sendable>(
        _ key: String, _ wait: CheckpointWait?, _ read: @escaping @Sendable (Database) throws -> Indexed<Value>
    ) async throws -> Indexed<Value> {
        guard let wait else { return try await store.read(read) }
        // Before the first look: no change is missed.
        let changes = bell.changes(of: key)
        let first = try await store.read(read)
        if first.index > wait.index { return first }
        let changed = try await withThrowingTaskGroup(of: Indexed<Value>?.self) { group in
            group.addTask { [store] in
                for await _ in changes {
                    let answer = try await store.read(read)
                    if answer.index > wait.index { return answer }
                }
                return nil
            }
            group.addTask {
                try await Task.sleep(for: wait.limit)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
        if let changed { return changed }
        try Task.checkCancellation()
        return try await store.read(read)
    }
}

/// Tells those who wait for keys of changes.
private final class KeyBell: Sendable {
    private struct Listener {
        let key: [UInt8]
        let continuation: AsyncStream<Void>.Continuation
    }

    private struct State {
        var nextToken = 0
        var listeners: [Int: Listener] = [:]
    }

    private let state = Mutex(State())

    /// Of a key, or of all that begin with it; several may join into one.
    func changes(of key: String) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let token = state.withLock { state in
            state.nextToken += 1
            state.listeners[state.nextToken] = Listener(key: Array(key.utf8), continuation: continuation)
            return state.nextToken
        }
        continuation.onTermination = { [self] _ in _ = state.withLock { $0.listeners.removeValue(forKey: token) } }
        return stream
    }

    /// A key was changed, or all that begin with it: of either, those who listen to a part of the other are told, too.
    func ring(_ key: String) {
        let bytes = Array(key.utf8)
        let woken = state.withLock { state in
            state.listeners.values.filter { bytes.starts(with: $0.key) || $0.key.starts(with: bytes) }
        }
        for listener in woken { listener.continuation.yield() }
    }
}
