internal import SQLClient

/// The threads of a full copy.
final class CopyCrew: Sendable {
    private struct State {
        var failure: (any Error)?
        /// Pieces of each table that are not copied yet, and whether more come.
        var open: [TableName: (pieces: Int, isClosed: Bool)] = [:]
    }

    private static let chunksBetweenJoins = 200

    private let copy: FullCopy
    private let snapshot: Int
    private let loads: Bool
    private let queue: BoundedQueue<Piece>
    private let state = Monitor(State())
    private let threads = Monitor<[OwnThread]>([])

    init(_ copy: FullCopy, snapshot: Int, loads: Bool) {
        self.copy = copy
        self.snapshot = snapshot
        self.loads = loads
        queue = BoundedQueue(capacity: copy.plan.workers * 2)
    }

    /// Each thread owns one of the sessions from now on.
    func start(_ sessions: ArraySlice<SQLSession>) {
        for session in sessions {
            nonisolated(unsafe) let session = session
            let thread = OwnThread("copy") { [self] in
                do { try work(session) } catch { fail(error) }
            }
            threads.withLock { $0.append(thread) }
        }
    }

    func put(_ piece: Piece) {
        state.withLock { $0.open[piece.transfer.source.name, default: (0, false)].pieces += 1 }
        queue.put(piece)
    }

    /// No more pieces of this table come.
    func close(_ table: TableName) {
        let isDone = state.withLock { state -> Bool in
            state.open[table, default: (0, false)].isClosed = true
            return state.open[table]?.pieces == 0
        }
        if isDone { copy.progress.withLock { $0.tablesDone += 1 } }
    }

    var hasFailed: Bool { state.withLock { $0.failure != nil } }

    /// The first failure counts; all stop at once.
    func fail(_ error: any Error) {
        let isFirst = state.withLock { state -> Bool in
            defer { state.failure = state.failure ?? error }
            return state.failure == nil
        }
        queue.clear()
        if isFirst { copy.interruptAll() }
    }

    /// Waits for all pieces.
    func finish() throws {
        queue.close()
        for thread in threads.withLock({ $0 }) { thread.join() }
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    // MARK: On a thread

    private func work(_ source: SQLSession) throws {
        var target: SQLSession?
        while let piece = queue.take() {
            try copyUntilDone(piece, source, &target)
            if piece.number % Self.chunksBetweenJoins == Self.chunksBetweenJoins - 1, let target {
                try join(piece.transfer.source.name, target)
            }
            let name = piece.transfer.source.name
            let isDone = state.withLock { state -> Bool in
                state.open[name]?.pieces -= 1
                return state.open[name]?.pieces == 0 && state.open[name]?.isClosed == true
            }
            if isDone { copy.progress.withLock { $0.tablesDone += 1 } }
        }
    }

    /// Keeps the ledger short. Where it cannot be now, it can be later.
    private func join(_ name: TableName, _ target: SQLSession) throws {
        guard let last = try copy.ledger.tables(target)[name]?.joinable else { return }
        do {
            try copy.ledger.join(upTo: last, of: name, target)
        } catch let error as SQLError where error.kind == .deadlock || error.kind == .lockWait {
            try target.run("ROLLBACK")
        }
    }

    /// What ails the target passes; what ails the source ends the snapshot.
    private func copyUntilDone(_ piece: Piece, _ source: SQLSession, _ target: inout SQLSession?) throws {
        var piece = piece
        var wait = Duration.milliseconds(100)
        while true {
            do {
                let session = try target ?? copy.targetSession()
                target = session
                let chunk = ChunkCopy(
                    source: source, target: session, ledger: copy.ledger, snapshot: snapshot, loads: loads)
                count(try chunk.copy(piece))
                return
            } catch let error as SQLError where error.isTransient {
                // Whatever it holds is undone with it.
                target?.close()
                target = nil
                if hasFailed || copy.isStopped { throw error }
                copy.note("\(piece.transfer.target.name) is tried again: \(error)")
                guard copy.pause(wait) else { throw error }
                wait = min(wait * 2, .seconds(30))
                piece = Piece(
                    transfer: piece.transfer, key: piece.key, number: piece.number, range: piece.range,
                    isRepeated: true,
                    isFresh: piece.isFresh)
            }
        }
    }

    private func count(_ chunk: CopyLedger.Chunk) {
        copy.progress.withLock { progress in
            progress.rows += chunk.rows
            progress.rowsNow += chunk.rows
            progress.bytes += chunk.bytes
            progress.rowsTotal = max(progress.rowsTotal, progress.rows)
        }
    }
}
