package import SQLClient

/// Copies everything that is selected, as it was at one place of the source's binlog. Every run goes on where the last one was:
/// what it still has to read it reads at a place of its own, which the result tells for each table.
package final class FullCopy: Sendable {
    package let progress = Monitor(CopyProgress())
    let plan: CopyPlan
    let ledger: CopyLedger
    /// For people: what was waited for and tried again.
    let note: @Sendable (String) -> Void
    /// Is told from where what follows has to be read, before anything is copied.
    private let opened: @Sendable (SnapshotPosition) throws -> Void
    private let sessions = Monitor(Sessions())

    private struct Sessions {
        var interrupters: [SQLInterrupter] = []
        var isStopped = false
    }

    package init(
        _ plan: CopyPlan, note: @escaping @Sendable (String) -> Void = { _ in },
        opened: @escaping @Sendable (SnapshotPosition) throws -> Void = { _ in }
    ) {
        self.plan = plan
        self.opened = opened
        self.note = note
        ledger = CopyLedger(job: plan.job)
    }

    /// From another thread: `run` throws `CopyInterrupted` soon.
    package func stop() {
        sessions.withLock { sessions in
            sessions.isStopped = true
            for interrupter in sessions.interrupters { interrupter.interrupt() }
        }
    }

    /// After a failure: whoever waits for a server need not any more.
    func interruptAll() {
        sessions.withLock { sessions in
            for interrupter in sessions.interrupters { interrupter.interrupt() }
        }
    }

    var isStopped: Bool { sessions.withLock { $0.isStopped } }

    func register(_ interrupter: SQLInterrupter) {
        sessions.withLock { sessions in
            sessions.interrupters.append(interrupter)
            if sessions.isStopped { interrupter.interrupt() }
        }
    }

    func targetSession() throws -> SQLSession {
        let interrupter = SQLInterrupter()
        register(interrupter)
        var settings = plan.target
        settings.readTimeout = nil
        let session = try SQLSession(settings, interrupter: interrupter)
        try session.prepareForWriting()
        return session
    }

    /// Waits; false: it was stopped meanwhile.
    func pause(_ duration: Duration) -> Bool {
        sessions.wait(atMost: duration) { $0.isStopped ? true : nil } == nil
    }

    // MARK: Running

    /// Blocks until all is copied.
    /// - Throws: `CopyInterrupted` where another run goes on; `CopyError` and `SQLError` where it would end the same.
    package func run() throws -> CopyResult {
        do {
            return try copy()
        } catch {
            if isStopped { throw CopyInterrupted(reason: "the copy was stopped") }
            if let failure = error as? SourceFailure { throw Self.meaning(failure.error) }
            if let failure = error as? SQLError, failure.isTransient { throw CopyInterrupted(reason: "\(failure)") }
            throw error
        }
    }

    /// A snapshot does not outlive its session or its tables' definitions.
    private static func meaning(_ error: SQLError) -> any Error {
        let isPassing = error.isTransient || error.code == 1412 || error.kind == .missing
        return isPassing ? CopyInterrupted(reason: "the snapshot of the source ended: \(error)") : error
    }

    private func copy() throws -> CopyResult {
        let target = try targetSession()
        try ledger.prepare(target)
        if let result = try result(target) { return result }
        let snapshot = try Snapshot(plan.source, count: plan.workers + 1, register: register)
        note("snapshot at \(snapshot.position.file):\(snapshot.position.position) by \(snapshot.method)")
        let number = try ledger.add(snapshot.position, target)
        try opened(try earliest(target) ?? snapshot.position)
        let leader = snapshot.sessions[0]
        let tables = try create(leader, target, snapshot: number)
        let loads = try target.value("SELECT @@GLOBAL.local_infile") == "1"
        // It would only wait for hours.
        target.close()
        try copy(tables, leader, CopyCrew(self, snapshot: number, loads: loads), snapshot.sessions.dropFirst())
        let loose = tables.filter { !$0.transfer.source.isTransactional }.map(\.transfer.source.name)
        return try close(leader, snapshot.position, loose: loose)
    }

    private func copy(
        _ tables: [CopiedTable], _ leader: SQLSession, _ crew: CopyCrew, _ sessions: ArraySlice<SQLSession>
    ) throws {
        progress.withLock { progress in
            progress = CopyProgress(tables: tables.count, started: .now)
            progress.rowsTotal = tables.reduce(0) { $0 + $1.transfer.source.rows }
        }
        crew.start(sessions)
        do {
            for table in tables { try walk(table, leader, crew) }
        } catch {
            crew.fail(error)
        }
        try crew.finish()
    }

    /// What comes after the last row.
    /// - Parameter loose: tables that no snapshot holds: they may show what was written until now.
    private func close(_ leader: SQLSession, _ last: SnapshotPosition, loose: [TableName]) throws -> CopyResult {
        let target = try targetSession()
        if !loose.isEmpty {
            let now = try ledger.add(try Snapshot.current(leader), target)
            for table in loose { try ledger.addNothing(of: table, snapshot: now, target) }
        }
        if plan.copiesObjects { try ObjectCopy(self, source: leader, target: target).run() }
        try ledger.finish(try earliest(target) ?? last, target)
        guard let result = try result(target) else { throw CopyError(nil, "the ledger of the copy lost its rows") }
        return result
    }

    /// What this job's copy left behind; nil: it is not complete.
    package func result(_ target: SQLSession) throws -> CopyResult? {
        let positions = try ledger.positions(target)
        guard let start = positions[0] else { return nil }
        var tables: [TableName: CopyResult.Table] = [:]
        for (name, table) in try ledger.tables(target) {
            let numbers = table.chunks.map(\.snapshot)
            guard let since = numbers.min().flatMap({ positions[$0] }),
                let settled = numbers.max().flatMap({ positions[$0] }),
                let route = try plan.selection.route(name)
            else { continue }
            tables[name] = CopyResult.Table(target: route.target, since: since, settled: settled)
        }
        return CopyResult(start: start, tables: tables)
    }

    /// Where the earliest piece that is there was read.
    private func earliest(_ target: SQLSession) throws -> SnapshotPosition? {
        let used = try ledger.tables(target).values.flatMap(\.chunks).map(\.snapshot).min()
        return try used.flatMap { try ledger.positions(target)[$0] }
    }

    // MARK: Cutting

    /// Cuts what is missing of a table into pieces and hands them out.
    private func walk(_ table: CopiedTable, _ leader: SQLSession, _ crew: CopyCrew) throws {
        let (source, transfer) = (table.transfer.source, table.transfer)
        let key = transfer.target.isTransactional ? source.orderedKey.map { ChunkKey(columns: $0) } : nil
        count(table.ledger.chunks)
        let missing = table.ledger.missing
        for gap in missing.gaps {
            crew.put(Piece(transfer: transfer, key: key, number: gap.number, range: gap.range, isRepeated: true))
        }
        if var rest = missing.rest {
            while !crew.hasFailed {
                let end = try key.flatMap { try boundary($0, after: rest.after, transfer, leader) }
                crew.put(
                    Piece(
                        transfer: transfer, key: key, number: rest.number,
                        range: KeyRange(after: rest.after, upTo: end), isRepeated: table.isRepeated,
                        isFresh: table.isFresh))
                guard let end else { break }
                rest = (rest.number + 1, end)
                try release(leader)
            }
        }
        try release(leader)
        crew.close(source.name)
    }

    private func release(_ leader: SQLSession) throws {
        do { try Snapshot.release(leader) } catch { throw SourceFailure(error: error) }
    }

    private func count(_ chunks: [CopyLedger.Chunk]) {
        progress.withLock { progress in
            for chunk in chunks {
                progress.rows += chunk.rows
                progress.bytes += chunk.bytes
            }
        }
    }

    /// The last key of the next piece; nil: fewer rows than that are left.
    private func boundary(
        _ key: ChunkKey, after: [String]?, _ transfer: TableTransfer, _ leader: SQLSession
    ) throws -> [String]? {
        var end: [String]?
        let condition = key.condition(KeyRange(after: after, upTo: nil))
        let query =
            "SELECT \(key.selected) FROM \(transfer.source.name.quoted) WHERE \(transfer.filter) AND \(condition) "
            + "ORDER BY \(key.order) LIMIT 1 OFFSET \(plan.chunkSize - 1)"
        do {
            try leader.query(query) { row in
                end = (0..<row.count).map { column in row[column].map { key.literal(column, $0) } ?? "NULL" }
            }
        } catch let error as SQLError {
            throw SourceFailure(error: error)
        }
        return end
    }
}
