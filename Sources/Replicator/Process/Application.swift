internal import Binlog
internal import Foundation
internal import SQLClient

/// Takes what is spooled and has it applied, in the source's order. Runs on the thread that calls `run`.
final class Application: Sendable {
    private struct State {
        /// What the workers share; nil: they are not there yet.
        var shared: ApplyState?
        /// Everything that was read is handed over.
        var isAtEnd = false
        /// When the first transaction was made that came after everything was applied.
        var oldest: UInt32 = 0
        var events = 0
        var statements = 0
        /// Why the target takes nothing at present.
        var waiting: String?
    }

    /// Time for what is under way when the process is to end.
    private static let patience = Duration.seconds(4)

    private let work: TargetWork
    private let options: ApplyOptions
    private let state = Monitor(State())
    let isMariaDB: Bool

    init(_ work: TargetWork, _ executed: ExecutedSet, _ beginning: Beginning, window: CopyWindow?) {
        self.work = work
        isMariaDB = beginning.flavor.isMaria
        var options = ApplyOptions(
            job: work.task.job, target: work.target, settings: work.settings, sourceFlavor: beginning.flavor)
        options.executed = executed
        options.window = window
        options.characterSets = beginning.characterSets
        options.ignoresCase = beginning.ignoresCase
        let (state, board) = (state, work.board)
        options.report = { notice in Self.tell(notice, state, board) }
        self.options = options
    }

    // MARK: For other threads

    /// Its workers are there.
    var hasBegun: Bool { shared != nil }
    var progress: ApplyProgress { shared?.monitor.withLock { $0.tracker.progress } ?? ApplyProgress() }
    /// Everything that was read is applied.
    var isAtEnd: Bool { state.withLock { $0.isAtEnd } && (shared?.isIdle ?? false) }
    /// When the newest applied change was made, or the first after a time in which there was nothing to apply.
    var timestamp: UInt32 { max(progress.timestamp, state.withLock { $0.oldest }) }
    var events: Int { state.withLock { $0.events } }
    var statements: Int { state.withLock { $0.statements } }
    var waiting: String? { state.withLock { $0.waiting } }
    /// That no worker has taken yet.
    var waitingTransactions: Int { shared?.monitor.quietly { $0.waiting } ?? 0 }
    private var shared: ApplyState? { state.withLock { $0.shared } }

    /// What is under way is finished when the target does that soon, else it is given up.
    func interrupt() {
        guard let monitor = shared?.monitor else { return }
        monitor.withLock { $0.isStopping = true }
        let isDone = monitor.wait(atMost: Self.patience) { content -> Bool? in
            content.failure != nil || content.lanes.allSatisfy(\.isIdle) ? true : nil
        }
        guard isDone == nil else { return }
        monitor.withLock { content in
            content.isCut = true
            for interrupter in content.interrupters { interrupter.interrupt() }
        }
    }

    // MARK: On its own thread

    /// Returns when the process is to end.
    /// - Throws: why nothing more can be applied; `ApplyError.replay` where the spool has to be read again.
    func run() throws {
        let applier = try Applier(options)
        state.withLock { $0.shared = applier.shared }
        defer { applier.stop(within: Self.patience) }
        let cursor = SpoolCursor(work.spool, stop: work.stop)
        var framer = TransactionFramer(decoder: EventDecoder())
        var lastRelease = ContinuousClock.now
        while !work.stop.isRaised {
            if let event = try cursor.next(atMost: .milliseconds(200)) {
                state.withLock { $0.events &+= 1 }
                try framer.accept(event) { item in
                    if case .begin(let head) = item, isAtEnd { state.withLock { $0.oldest = head.timestamp } }
                    state.withLock { $0.isAtEnd = false }
                    try hand(item, to: applier)
                }
            } else {
                state.withLock { $0.isAtEnd = true }
                try hand(.heartbeat, to: applier)
                try work.watch.check()
            }
            if ContinuousClock.now - lastRelease > .milliseconds(500) {
                cursor.release(applier.progress.executed)
                lastRelease = .now
            }
        }
    }

    private func hand(_ item: StreamItem, to applier: Applier) throws {
        do { try applier.accept(item) } catch is ApplyState.Stopped where work.stop.isRaised { return }
    }

    /// Seconds between a time of the source and now by our clock; nil: there was none.
    func age(of timestamp: UInt32) -> Double? { timestamp == 0 ? nil : Clock.now - Double(timestamp) }

    /// Of statements on accounts only what they are: they may hold a password.
    private static func shown(_ statement: String) -> String {
        let words = statement.split(whereSeparator: \.isWhitespace).prefix(3).map { $0.uppercased() }
        let isOfAccounts =
            words.first == "GRANT" || words.contains("USER") || words.contains { $0.hasPrefix("PASSWORD") }
            || statement.range(of: "identified", options: .caseInsensitive) != nil
        return isOfAccounts ? words.prefix(2).joined(separator: " ") + " …" : statement
    }

    private static func tell(_ notice: ApplyNotice, _ state: Monitor<State>, _ board: StatusBoard) {
        switch notice {
        case .waiting(let kind, let text):
            let text = "the target cannot take changes (\(kind.rawValue)): \(text)"
            state.withLock { $0.waiting = text }
            board.retry(text)
        case .resumed:
            state.withLock { $0.waiting = nil }
            board.note(.info, "the target takes changes again")
        case .skipped(let statement, let reason): board.note(.info, "not followed: \(reason): \(shown(statement))")
        case .ran(let statement):
            state.withLock { $0.statements += 1 }
            board.note(.info, "followed: \(shown(statement))")
        case .diverged(let text): board.note(.warning, text)
        }
    }
}

/// What was applied in this run.
struct AppliedCounts: Sendable {
    var transactions = 0
    var rows = 0
    var statements = 0
    var mismatches = 0
    var events = 0
    var fullGroups = 0
    var lateGroups = 0

    mutating func add(_ application: Application) {
        let progress = application.progress
        transactions += Int(progress.transactions)
        rows += Int(progress.rows)
        statements += application.statements
        mismatches += Int(progress.divergedRows)
        fullGroups += Int(progress.fullGroups)
        lateGroups += Int(progress.lateGroups)
        events += application.events
    }
}

extension ApplyState {
    /// Whether everything that was handed over is committed.
    fileprivate var isIdle: Bool { monitor.withLock { $0.lanes.allSatisfy(\.isIdle) } }
}
