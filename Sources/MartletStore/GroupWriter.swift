import GRDB
import MartletCore
import Synchronization

/// What one operation works with inside the shared transaction.
struct WriteScope {
    let db: Database
    /// Events stored by the transaction so far, in the order of their numbers.
    var events: [RunEvent] = []
    /// The run of each event.
    var runs: [Run] = []
    /// Runs that the operation ended, of which notices may be owed.
    var ended: [Run] = []
    fileprivate var isAudited = false
    /// What the operation changed, for the audit trail.
    fileprivate(set) var note: AuditNote?

    /// Notes what an audited operation changed; the first note counts. `before`, `after`: what is stored of it; nil: nothing.
    mutating func changed(
        _ target: @autoclosure () -> String, before: @autoclosure () throws -> String? = nil,
        after: @autoclosure () throws -> String? = nil
    ) rethrows {
        guard isAudited, note == nil else { return }
        note = AuditNote(
            target: target(), before: try before().map(AuditChain.digest), after: try after().map(AuditChain.digest))
    }

    /// The same for an operation that had the digest computed where it costs the writer nothing.
    mutating func changed(_ target: @autoclosure () -> String, afterDigest: [UInt8]?) {
        guard isAudited, note == nil else { return }
        note = AuditNote(target: target(), before: nil, after: afterDigest)
    }

    fileprivate mutating func begin(isAudited: Bool) { (self.isAudited, note, ended) = (isAudited, nil, []) }
}

/// What an audited operation changed, with the SHA-256 of what is stored of it before and after.
struct AuditNote {
    let target: String
    let before: [UInt8]?
    let after: [UInt8]?
}

/// Joins concurrent writes into shared transactions: one sync to disk serves all that wait.
///
/// Each operation has a savepoint of its own, so that a failing one fails alone. Nobody is answered before
/// COMMIT has returned; when COMMIT fails, everybody's operation failed. Waiting holds no thread, and works
/// in a cancelled task too: a continuation does not look at cancellation.
final class GroupWriter: Sendable {
    /// Runs inside the transaction; the closure it returns tells the caller, after COMMIT.
    private struct Operation: Sendable {
        let isAudited: Bool
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
    private let audit: AuditChain
    private let queue = Mutex(Queue())
    private let meter: RunMeter
    private let onCommit: @Sendable ([RunEvent]) -> Void
    private let onRollback: @Sendable () -> Void
    /// Called on the writer after each transaction, and told whether nothing waits any more.
    private let afterBatch: @Sendable (Database, _ isIdle: Bool) -> Void

    init(
        _ pool: DatabasePool, audit: AuditChain, longest: Duration = .milliseconds(5), meter: RunMeter = RunMeter(),
        onCommit: @escaping @Sendable ([RunEvent]) -> Void,
        onRollback: @escaping @Sendable () -> Void,
        afterBatch: @escaping @Sendable (Database, _ isIdle: Bool) -> Void
    ) {
        self.pool = pool
        self.audit = audit
        self.longest = longest
        self.meter = meter
        self.onCommit = onCommit
        self.onRollback = onRollback
        self.afterBatch = afterBatch
    }

    /// Returns what `body` returned, once it is durable. The first change that an audited call makes
    /// carries its record.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (inout WriteScope) throws -> Value
    ) async throws -> Value {
        let call = AuditScope.current
        let entry = call?.take()
        return try await withCheckedThrowingContinuation { continuation in
            submit(
                Operation(
                    isAudited: entry != nil,
                    run: { [audit] scope in
                        let value = try body(&scope)
                        if let entry {
                            if let note = scope.note {
                                try audit.append(entry, note, scope.db)
                            } else {
                                call?.giveBack()
                            }
                        }
                        return { continuation.resume(returning: value) }
                    },
                    fail: { error in
                        if entry != nil { call?.giveBack() }
                        continuation.resume(throwing: storeFailure(error))
                    }))
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
        let started = ContinuousClock.now
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
            audit.forget()
            let cause = (error as? TransactionLost)?.cause ?? error
            for (operation, _) in done { operation.fail(cause) }
            return
        }
        meter.committed(scope.events, of: scope.runs, in: ContinuousClock.now - started)
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
                // What refused it may be a change of this transaction: whoever is told must find it stored.
                done.append((operation, { operation.fail(error) }))
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
            scope.begin(isAudited: operation.isAudited)
            try db.cachedStatement(sql: "SAVEPOINT operation").execute()
            let tell = try operation.run(&scope)
            try db.cachedStatement(sql: "RELEASE operation").execute()
            return tell
        } catch {
            scope.events.removeLast(scope.events.count - events)
            scope.runs.removeLast(scope.runs.count - events)
            audit.forget()
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
