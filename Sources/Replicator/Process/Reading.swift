internal import SQLClient

/// The thread that fills the spool, or the wish that the source's process does it.
final class Reading: Sendable {
    private let work: TargetWork
    private let isMariaDB: Bool
    private let state = Monitor(State())

    private struct State {
        var thread: OwnThread?
        var stop = StopFlag()
    }

    init(_ work: TargetWork, isMariaDB: Bool) {
        self.work = work
        self.isMariaDB = isMariaDB
    }

    /// Begins once; what is in the spool is gone on with when it begins early enough.
    func begin(after executed: ExecutedSet) throws {
        guard state.withLock({ $0.thread }) == nil else { return }
        guard !work.spool.isShared else {
            return work.watch.relay(after: executed.text(isMariaDB: isMariaDB))
        }
        if !work.spool.begins(by: executed, from: work.source.origin) { try work.spool.clear() }
        let stop = StopFlag()
        let reader = BinlogReader(
            work.source, spool: work.spool, traffic: work.traffic, gate: work.gate, stop: stop, board: work.board)
        let thread = OwnThread("reader") { reader.run(after: executed) }
        state.withLock { $0 = State(thread: thread, stop: stop) }
    }

    /// What is in the spool cannot be read: it is removed, and the source is read from `executed` on.
    func beginAnew(after executed: ExecutedSet) throws {
        end()
        try work.spool.clear()
        // The source's process has ended for good and says why.
        if work.spool.isShared, let ending = work.spool.ending { throw ending }
        work.spool.reopen()
        guard !work.spool.isShared else {
            return work.watch.relay(after: executed.text(isMariaDB: isMariaDB), isAnew: true)
        }
        state.withLock { $0 = State() }
        try begin(after: executed)
    }

    func end() {
        let (thread, stop) = state.withLock { ($0.thread, $0.stop) }
        stop.raise()
        thread?.join()
    }
}
