internal import SQLClient

/// The thread that fills the spool, or the wish that the source's process does it.
final class Reading: Sendable {
    private let work: TargetWork
    private let isMariaDB: Bool
    private let thread = Monitor<OwnThread?>(nil)
    private let stop = StopFlag()

    init(_ work: TargetWork, isMariaDB: Bool) {
        self.work = work
        self.isMariaDB = isMariaDB
    }

    /// Begins once; what is in the spool is gone on with when it begins early enough.
    func begin(after executed: ExecutedSet) throws {
        guard thread.withLock({ $0 }) == nil else { return }
        guard !work.spool.isShared else {
            return work.watch.relay(after: executed.text(isMariaDB: isMariaDB))
        }
        if !work.spool.begins(by: executed, from: work.source.origin) { try work.spool.clear() }
        let reader = BinlogReader(
            work.source, spool: work.spool, traffic: work.traffic, gate: work.gate, stop: stop, board: work.board)
        thread.withLock { $0 = OwnThread("reader") { reader.run(after: executed) } }
    }

    func end() {
        stop.raise()
        thread.withLock { $0 }?.join()
    }
}
