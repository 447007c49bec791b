import Binlog
import Replication
import SQLClient

/// What the threads of one application share.
final class ApplyState: Sendable {
    /// Source transactions that go to the target as one.
    struct Bundle: Sendable {
        let number: Int
        var transactions: [SourceTransaction] = []
        var bytes = 0
    }

    /// The queue of one worker.
    struct Lane: Sendable {
        /// Collects while the worker is busy.
        var open: Bundle?
        /// The giant transaction that comes next.
        var stream: GiantTransaction?
        var next = 1
        /// Bundles up to this number are committed.
        var committed = 0
        var isBusy = false

        var isIdle: Bool { open == nil && stream == nil && !isBusy }
    }

    struct Content: Sendable {
        var lanes: [Lane]
        var tracker: ProgressTracker
        var failure: (any Error)?
        /// Somebody waits for what is gathered: it goes at once.
        var isAwaited = false
        var isStopping = false
        var isCut = false
        var interrupters: [SQLInterrupter] = []

        /// Transactions that no worker has taken yet.
        var waiting: Int { lanes.reduce(0) { $0 + ($1.open?.transactions.count ?? 0) } }
    }

    let monitor: Monitor<Content>
    let grouping: Grouping
    let report: @Sendable (ApplyNotice) -> Void

    init(_ options: ApplyOptions, start: ExecutedSet) {
        let lanes = Array(repeating: Lane(), count: options.settings.workers)
        monitor = Monitor(Content(lanes: lanes, tracker: ProgressTracker(start)))
        grouping = Grouping(options.settings)
        report = options.report
    }

    /// Waits until `body` gives something, and has workers gather no longer meanwhile.
    func waitUrgently<Result>(_ body: (inout Content) throws -> Result?) rethrows -> Result? {
        monitor.withLock { $0.isAwaited = true }
        defer { monitor.quietly { $0.isAwaited = false } }
        return try monitor.wait(body)
    }

    /// For a new session; ended at once when everything is being cut.
    func interrupter() -> SQLInterrupter {
        let interrupter = SQLInterrupter()
        monitor.withLock { content in
            content.interrupters.removeAll { $0.isInterrupted }
            if content.interrupters.count > 64 { content.interrupters.removeFirst(32) }
            content.interrupters.append(interrupter)
            if content.isCut { interrupter.interrupt() }
        }
        return interrupter
    }

    func fail(_ error: any Error) { monitor.withLock { if $0.failure == nil { $0.failure = error } } }

    func checkFailure() throws { if let failure = monitor.quietly({ $0.failure }) { throw failure } }

    /// Counts an error that passes.
    func note(_ error: SQLError) throws {
        let isStopping = monitor.withLock { content in
            content.tracker.progress.retries += 1
            content.tracker.progress.lastError = error.description
            return content.isStopping || content.isCut
        }
        if isStopping { throw Stopped() }
        report(.waiting(error.kind, error.description))
    }

    /// Waits, but not past the end.
    func pause(_ duration: Duration) throws {
        let isStopped = monitor.wait(atMost: duration) { $0.isStopping || $0.isCut || $0.failure != nil ? true : nil }
        if isStopped == true { throw Stopped() }
    }

    /// The work was given up on request; nothing of it is kept.
    struct Stopped: Error {}
}
