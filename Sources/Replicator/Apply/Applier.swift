package import Binlog
import Replication
import SQLClient

/// Applies what a `TransactionFramer` gives to a target. One thread calls `accept`; workers on threads of their own write. An
/// error stops all: whatever `accept` throws, the target holds whole transactions with their account.
package final class Applier {
    /// Bytes of a transaction from which on it is not held any more.
    private static let giantBytes = 4 << 20
    private static let mostRowsBetweenCompactions = 2048
    private static let compactionInterval = Duration.seconds(15)

    /// The transaction that is being read.
    private enum Current {
        case none
        /// Of no concern, or applied already.
        case skipped(TransactionHead)
        case held(TransactionHead, SourceTransaction, savepoints: [String: Int])
        case giant(TransactionHead, GiantTransaction)
        /// A statement of it ran, which the target kept at once.
        case defined(TransactionHead, SourceTransaction)
    }

    private let options: ApplyOptions
    private let selection: Selection
    private let planner: DefinitionPlanner
    /// For other threads.
    let shared: ApplyState
    private let control: TargetSession
    private let started: ExecutedSet
    /// Of statements that were running when an earlier process ended.
    private let notes: [String]
    private var scheduler: Scheduler
    private var book: PlanBook
    private var echo: EchoDetector
    /// nil: what comes is later than all that was copied.
    private var window: CopyWindow?
    private var workers: [OwnThread] = []
    private var current = Current.none
    private var lastCompaction = ContinuousClock.now
    /// Nothing was committed yet: the first statement may have run before a crash.
    private var isFirst = true
    /// In which the last statement ran: where it was cut off it comes again, and the target has kept the statement.
    private var defined: TransactionHead.Identity?
    private var comesAgain = false

    /// Reads the target's account and starts the workers.
    /// - Throws: `InvalidSetting`, `SQLError`, `ApplyError`.
    package init(_ options: ApplyOptions) throws {
        self.options = options
        window = options.window
        selection = try Selection(options.settings, ignoresCase: options.ignoresCase)
        for (index, rule) in options.settings.replicated.enumerated() {
            for (number, table) in rule.tables.enumerated() where !table.condition.isEmpty {
                _ = try Condition(table.condition, field: "ReplicateDoDb[\(index)].Tables[\(number)].Where")
            }
        }
        let session = try SQLSession(options.target)
        defer { session.close() }
        planner = DefinitionPlanner(
            selection, options.settings, characterSets: options.characterSets,
            servers: (options.sourceFlavor, session.flavor))
        try Self.endOlder(session, options)
        let (executed, rows) = try Self.readAccount(session, options)
        started = executed
        notes = rows.compactMap(\.note)
        book = try PlanBook(options, selection, session)
        echo = try EchoDetector(session)
        shared = ApplyState(options, start: executed)
        shared.monitor.withLock { $0.tracker.add(rows.filter { !$0.isMark }) }
        var patient = options.target
        patient.readTimeout = nil
        control = TargetSession(patient, job: options.job, number: options.settings.workers, shared)
        scheduler = Scheduler(shared)
        startWorkers()
    }

    /// Sessions of a process that was killed may still be at work at the target.
    private static func endOlder(_ session: SQLSession, _ options: ApplyOptions) throws {
        let names = (0...256).map { TargetSession.lock(job: options.job, number: $0) }
        let list = names.map { "IS_USED_LOCK(\(SQLText.quoted($0)))" }.joined(separator: ",")
        for _ in 0..<100 {
            let owners = try session.rows("SELECT \(list)").first?.compactMap(\.self) ?? []
            if owners.isEmpty { return }
            for owner in owners {
                do {
                    try session.run("KILL \(owner)")
                } catch {
                    // 1094: it is gone by itself.
                    if error.code != 1094 { throw error }
                }
            }
            try session.run("DO SLEEP(0.1)")
        }
        throw ApplyError("an older session of this job still works at the target")
    }

    private static func readAccount(
        _ session: SQLSession, _ options: ApplyOptions
    ) throws -> (ExecutedSet, [CheckpointRow]) {
        let checkpoint = Checkpoint(session, job: options.job)
        try checkpoint.prepare()
        if options.isReset { try checkpoint.reset() }
        let rows = try checkpoint.rows()
        var executed = try checkpoint.executed()
        executed.formUnion(options.executed)
        // Those of statements that may have run and are not accounted for are kept until they are.
        let isOpen: (CheckpointRow) -> Bool = { row in
            row.note.map { !DefinitionRun.isCovered($0, by: executed) } == true
        }
        try checkpoint.compact(executed, covering: rows.filter { $0.isMark && !isOpen($0) })
        return (executed, rows.filter { $0.number != 0 && (!$0.isMark || isOpen($0)) })
    }

    private func startWorkers() {
        let (options, shared) = (options, shared)
        workers = (0..<options.settings.workers).map { number in
            OwnThread("apply \(number)") { ApplyWorker(number, options, shared).run() }
        }
    }

    // MARK: For the caller

    /// Where the stream has to begin: what is applied, of the job's own account and of the target's.
    package var executed: ExecutedSet { started }

    package var progress: ApplyProgress { shared.monitor.quietly { $0.tracker.progress } }

    /// Takes the next item. Waits while the workers have enough to do.
    package func accept(_ item: StreamItem) throws {
        switch item {
        case .begin(let head): try begin(head)
        case .rows(let event): try add(event)
        case .statement(let query, _): try run(query)
        case .change(let query): try refuse(query)
        case .savepoint(let query): try savepoint(query)
        case .end(let end): try finish(end)
        case .heartbeat:
            try shared.checkFailure()
            try compactIfDue()
        case .annotation, .rotated, .previous, .previousOfMariaDB: try shared.checkFailure()
        }
    }

    /// Waits until everything that was accepted is committed, and says so at the target.
    package func flush() throws {
        try scheduler.drain()
        try compact()
    }

    /// Ends the workers: what was accepted as a whole is committed unless the target does not take it within `patience`.
    package func stop(within patience: Duration = .seconds(10)) {
        if case .giant(_, let giant) = current { giant.parts.clear() }
        current = .none
        shared.monitor.withLock { $0.isStopping = true }
        _ = shared.monitor.wait(atMost: patience) { content -> Bool? in
            content.failure != nil || content.lanes.allSatisfy(\.isIdle) ? true : nil
        }
        do {
            try shared.checkFailure()
            try compact()
        } catch {
            // The next start reads the rows as they are.
            shared.fail(error)
        }
        shared.monitor.withLock { content in
            content.isCut = true
            for interrupter in content.interrupters { interrupter.interrupt() }
        }
        for worker in workers { worker.join() }
        control.close()
    }

    // MARK: Transactions

    private func begin(_ head: TransactionHead) throws {
        if head.identity == .anonymous {
            throw ApplyError("a transaction without GTID: set gtid_mode=ON at the source", "none", head.origin)
        }
        echo.begin(head)
        if window?.isBehind(head.origin) == true { window = nil }
        comesAgain = head.identity == defined
        scheduler.forgetHashes()
        let transaction = SourceTransaction(identity: head.identity, timestamp: head.timestamp)
        current = started.contains(head.identity) ? .skipped(head) : .held(head, transaction, savepoints: [:])
    }

    private func add(_ event: RowsEvent) throws {
        if case .skipped = current { return }
        if event.table.schema == Checkpoint.name.schema {
            let isEcho = try echo.notices(event) {
                try control.perform { try $0.value("SELECT @@global.gtid_binlog_state") ?? "" }
            }
            if isEcho { skip() }
            return
        }
        let name = TableName(event.table.schema, event.table.table)
        if window?.holds(name, event.origin) == true { return }
        guard isWanted(event.kind), let plan = try plan(for: event) else { return }
        let isSettling = window?.isSettling(name, event.origin) == true
        let change = RowChange(event: event, plan: plan, isSettling: isSettling)
        switch current {
        case .held(let head, var transaction, let savepoints):
            // Released first, so that the array grows in place.
            current = .none
            try scheduler.add(change)
            transaction.changes.append(change)
            transaction.bytes += event.size
            current = .held(head, transaction, savepoints: savepoints)
            if transaction.bytes >= Self.giantBytes { try becomeGiant(head, transaction) }
        case .defined(let head, var transaction):
            current = .none
            transaction.changes.append(change)
            transaction.bytes += event.size
            current = .defined(head, transaction)
            guard transaction.bytes >= Self.giantBytes else { return }
            try removeMark()
            try becomeGiant(head, transaction)
        case .giant(_, let giant):
            if !giant.parts.put(.change(change), cost: event.size) { try shared.checkFailure() }
        case .none, .skipped: return
        }
    }

    private func skip() {
        switch current {
        case .held(let head, _, _), .defined(let head, _): current = .skipped(head)
        case .none, .skipped, .giant: return
        }
    }

    private func isWanted(_ kind: RowsEvent.Kind) -> Bool {
        let filter = options.settings.filter
        if filter.contains(.allRows) { return false }
        return switch kind {
        case .insert: !filter.contains(.inserts)
        case .update: !filter.contains(.updates)
        case .delete: !filter.contains(.deletes)
        }
    }

    private func plan(for event: RowsEvent) throws -> RowPlan? {
        try book.plan(for: event, control)
    }

    private func becomeGiant(_ head: TransactionHead, _ transaction: SourceTransaction) throws {
        let giant = GiantTransaction(transaction.identity)
        try scheduler.start(giant)
        for change in transaction.changes where !giant.parts.put(.change(change), cost: change.event.size) {
            try shared.checkFailure()
        }
        current = .giant(head, giant)
    }

    private func finish(_ end: TransactionEnd) throws {
        defer { current = .none }
        guard end.kind != .prepared else {
            throw ApplyError("\(UnfollowedStatement.xa) (file \(end.file), position \(end.position))")
        }
        switch current {
        case .none: return
        case .skipped(let head): pass(end, head)
        case .held(let head, let transaction, _):
            guard end.kind == .commit, !transaction.changes.isEmpty else {
                pass(end, head)
                break
            }
            try scheduler.put(transaction, end)
            isFirst = false
        case .defined(let head, let transaction):
            guard end.kind == .commit else {
                try removeMark()
                pass(end, head)
                break
            }
            try scheduler.put(transaction, end)
            try scheduler.drain()
            try removeMark()
            isFirst = false
        case .giant(let head, let giant):
            let ordinal = shared.monitor.withLock { $0.tracker.begin(end, timestamp: head.timestamp) }
            if !giant.parts.put(.end(isKept: end.kind == .commit, ordinal: ordinal)) { try shared.checkFailure() }
            try scheduler.drain()
            isFirst = false
        }
        try compactIfDue()
    }

    private func pass(_ end: TransactionEnd, _ head: TransactionHead) {
        scheduler.forgetHashes()
        shared.monitor.quietly { $0.tracker.pass(end, timestamp: head.timestamp) }
    }

    /// `SAVEPOINT x`, `ROLLBACK TO x`: what came in between is not applied.
    private func savepoint(_ query: QueryEvent) throws {
        let tokens = SQLTokenizer.tokens(of: query.statement, rules: SQLTokenizer.Rules(query.session))
        guard let name = tokens.last?.text, let verb = tokens.first else { return }
        switch current {
        case .held(let head, var transaction, var savepoints):
            if verb.isWord("SAVEPOINT") {
                savepoints[name] = transaction.changes.count
            } else if let count = savepoints[name] {
                transaction.changes.removeSubrange(count...)
            } else {
                throw ApplyError("a ROLLBACK TO \(name) without its SAVEPOINT", "none", head.origin)
            }
            current = .held(head, transaction, savepoints: savepoints)
        case .giant(let head, _), .defined(let head, _):
            if verb.isWord("SAVEPOINT") { return }
            throw ApplyError("a ROLLBACK TO in a transaction that is too large to be held", "none", head.origin)
        case .none, .skipped: return
        }
    }

    /// A change that was logged as a statement is refused where it could concern us.
    private func refuse(_ query: QueryEvent) throws {
        if case .skipped = current { return }
        guard try planner.concerns(query) else { return }
        throw ApplyError("\(UnfollowedStatement.change): \(query.text.prefix(200))")
    }

    // MARK: Statements

    private func run(_ query: QueryEvent) throws {
        let (head, transaction): (TransactionHead, SourceTransaction)
        switch current {
        case .held(let one, let other, _), .defined(let one, let other): (head, transaction) = (one, other)
        case .none, .skipped, .giant: return
        }
        if echo.isOurs(query) { return skip() }
        do {
            try follow(query, head, transaction)
        } catch let error as UnfollowedStatement {
            throw error.at(head.origin)
        }
    }

    private func follow(_ query: QueryEvent, _ head: TransactionHead, _ transaction: SourceTransaction) throws {
        switch try planner.plan(query, read: name(_:in:)) {
        case .outside: return
        case .skip(let reason): shared.report(.skipped(statement: String(query.text.prefix(300)), reason: reason))
        case .run(let statement):
            if try isCopied(query, head) { return }
            try scheduler.drain()
            current = .defined(head, transaction)
            var run = DefinitionRun(
                query, statement, head, options,
                mayBeDone: isFirst || comesAgain || window != nil || options.policy == .idempotent
                    || query.errorCode != 0,
                before: DefinitionRun.look(notes, head))
            let reason = try control.perform { try run.run($0) }
            defined = head.identity
            let text = String(String(decoding: statement.text, as: UTF8.self).prefix(300))
            if let reason {
                shared.report(.skipped(statement: text, reason: "the target has it done (\(reason))"))
            } else {
                shared.report(.ran(statement: text))
            }
            book.forget()
        }
    }

    /// Whether the target has what the statement did.
    /// - Throws: `ApplyError` where it has a part of it.
    private func isCopied(_ query: QueryEvent, _ head: TransactionHead) throws -> Bool {
        switch try window?.verdict(query, head.origin, selection) {
        case .follow?, nil: return false
        case .held?:
            shared.report(
                .skipped(statement: String(query.text.prefix(300)), reason: "the full copy was made after it"))
            return true
        case .split(let held, let other)?:
            throw ApplyError(
                "the full copy was interrupted, and read \(held) after this statement but not \(other): remove the job's "
                    + "progress and begin with a full copy: \(query.text.prefix(300))", "\(held)", head.origin)
        }
    }

    /// As the target reads it; nil: it does not know the character set.
    private func name(_ bytes: [UInt8], in characterSet: String) throws -> String? {
        do {
            return try control.perform {
                try $0.value("SELECT CONVERT(_\(characterSet) \(SQLText.hex(bytes)) USING utf8mb4)")
            }
        } catch let error as SQLError where !error.isTransient {
            return nil
        }
    }

    private func removeMark() throws {
        try control.perform { try Checkpoint($0, job: options.job).unmark() }
    }

    // MARK: The account

    private func compactIfDue() throws {
        let (rows, isChanged) = shared.monitor.quietly { ($0.tracker.rows.count, $0.tracker.isChanged) }
        let isLate = isChanged && ContinuousClock.now - lastCompaction >= Self.compactionInterval
        guard isLate || rows >= Self.mostRowsBetweenCompactions * (lastCovered ? 1 : 4) else { return }
        try compact()
    }

    /// Whether the last compaction removed rows: while one transaction takes long, those after it cannot be covered.
    private var lastCovered = true

    private func compact() throws {
        let (executed, covered) = shared.monitor.withLock { $0.tracker.startCompaction() }
        try control.perform { try Checkpoint($0, job: options.job).compact(executed, covering: covered) }
        shared.monitor.withLock { $0.tracker.endCompaction(covered) }
        lastCovered = !covered.isEmpty
        lastCompaction = ContinuousClock.now
    }
}
