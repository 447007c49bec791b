import GRDB
import MartletCore
import Synchronization

/// What one operation works with inside the shared transaction.
struct WriteScope {
    let db: Database
    /// Events stored by the transaction so far, in the order of their numbers.
    var events: [RunEvent] = []
}

/// Joins concurrent writes into shared transactions: one sync to disk serves all that wait.
///
/// Each operation has a savepoint of its own, so that a failing one fails alone. Nobody is answered before
/// COMMIT has returned; when COMMIT fails, everybody's operation failed. Waiting holds no thread, and works
/// in a cancelled task too: a continuation does not look at cancellation.
final class GroupWriter: Sendable {
    /// Runs inside the transaction; the closure it returns tells the caller, after COMMIT.
    private struct Operation: Sendable {
        let run: @Sendable (inout WriteScope) throws -> @Sendable () -> Void
        let fail: @Sendable (any Error) -> Void
    }

    private struct Queue {
        var waiting: [Operation] = []
        var isDraining = false
        var isClosed = false
    }

    static let mostOperations = 256

    /// How long a transaction takes operations in.
    private let longest: Duration
    private let pool: DatabasePool
    private let queue = Mutex(Queue())
    private let onCommit: @Sendable ([RunEvent]) -> Void
    private let onRollback: @Sendable () -> Void
    /// Called on the writer after each transaction, and told whether nothing waits any more.
    private let afterBatch: @Sendable (Database, _ isIdle: Bool) -> Void

    init(
        _ pool: DatabasePool, longest: Duration = .milliseconds(5),
        onCommit: @escaping @Sendable ([RunEvent]) -> Void,
        onRollback: @escaping @Sendable () -> Void,
        afterBatch: @escaping @Sendable (Database, _ isIdle: Bool) -> Void
    ) {
        self.pool = pool
        self.longest = longest
        self.onCommit = onCommit
        self.onRollback = onRollback
        self.afterBatch = afterBatch
    }

    /// Returns what `body` returned, once it is durable.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (inout WriteScope) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            submit(
                Operation(
                    run: { scope in
                        let value = try body(&scope)
                        return { continuation.resume(returning: value) }
                    },
                    fail: { continuation.resume(throwing: storeFailure($0)) }))
        }
    }

    /// Operations that no transaction has taken yet.
    var waiting: Int { queue.withLock { $0.waiting.count } }

    /// Later writes fail; those that wait are still done.
    func close() { queue.withLock { $0.isClosed = true } }

    private func submit(_ operation: Operation) {
        let (isFirst, isClosed) = queue.withLock { queue in
            if queue.isClosed { return (false, true) }
            queue.waiting.append(operation)
            defer { queue.isDraining = true }
            return (!queue.isDraining, false)
        }
        if isClosed { operation.fail(MartletError(.unavailable, "the store is closed")) }
        if isFirst { scheduleBatch() }
    }

    private func scheduleBatch() {
        pool.asyncWriteWithoutTransaction { db in
            self.commitBatch(self.next(), db)
            let isIdle = self.queue.withLock { queue in
                queue.isDraining = !queue.waiting.isEmpty
                return queue.waiting.isEmpty
            }
            if !isIdle { self.scheduleBatch() }
            self.afterBatch(db, isIdle)
        }
    }

    private func next() -> [Operation] {
        queue.withLock { queue in
            let batch = Array(queue.waiting.prefix(Self.mostOperations))
            queue.waiting.removeFirst(batch.count)
            return batch
        }
    }
}

// MARK: One transaction

/// The transaction is gone with everything in it, because of `cause`.
private struct TransactionLost: Error {
    let cause: any Error
}

extension GroupWriter {
    private typealias Done = (operation: Operation, tell: @Sendable () -> Void)

    private func commitBatch(_ batch: [Operation], _ db: Database) {
        do {
            try db.beginTransaction(.immediate)
        } catch {
            for operation in batch { operation.fail(error) }
            return
        }
        var scope = WriteScope(db: db)
        var done: [Done] = []
        do {
            try runAll(batch, &scope, &done)
            try db.commit()
        } catch {
            // Not even what had succeeded in the transaction is stored.
            if db.isInsideTransaction { try? db.rollback() }
            onRollback()
            let cause = (error as? TransactionLost)?.cause ?? error
            for (operation, _) in done { operation.fail(cause) }
            return
        }
        if !scope.events.isEmpty { onCommit(scope.events) }
        for (_, tell) in done { tell() }
    }

    /// Runs operations until the batch is used up or its time is; the rest goes back to the queue's front.
    private func runAll(
        _ batch: [Operation], _ scope: inout WriteScope, _ done: inout [Done]
    ) throws(TransactionLost) {
        let deadline = ContinuousClock.now + longest
        for (index, operation) in batch.enumerated() {
            if index > 0, ContinuousClock.now > deadline {
                putBack(batch[index...])
                return
            }
            do {
                done.append((operation, try runAlone(operation, &scope)))
            } catch let lost as TransactionLost {
                operation.fail(lost.cause)
                putBack(batch[(index + 1)...])
                throw lost
            } catch {
                operation.fail(error)
            }
        }
    }

    private func putBack(_ rest: ArraySlice<Operation>) {
        queue.withLock { $0.waiting.insert(contentsOf: rest, at: 0) }
    }

    /// Runs one operation in its own savepoint; what it throws leaves the transaction as it was before.
    private func runAlone(_ operation: Operation, _ scope: inout WriteScope) throws -> @Sendable () -> Void {
        let events = scope.events.count
        let db = scope.db
        do {
            try db.cachedStatement(sql: "SAVEPOINT operation").execute()
            let tell = try operation.run(&scope)
            try db.cachedStatement(sql: "RELEASE operation").execute()
            return tell
        } catch {
            scope.events.removeLast(scope.events.count - events)
            // SQLite itself gives up the whole transaction when the disk is full, for one.
            guard db.isInsideTransaction else { throw TransactionLost(cause: error) }
            do {
                try db.cachedStatement(sql: "ROLLBACK TO operation").execute()
                try db.cachedStatement(sql: "RELEASE operation").execute()
            } catch let second {
                throw TransactionLost(cause: second)
            }
            throw error
        }
    }
}
