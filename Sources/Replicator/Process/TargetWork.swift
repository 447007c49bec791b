internal import Binlog
internal import Foundation
internal import MartletCore
internal import Replication
internal import SQLClient

/// What the target's process does once it has met the source's: decides where to begin, copies, follows.
final class TargetWork: Sendable {
    let task: TaskFile
    /// The source's, with what the target's task says of writing.
    let settings: ReplicationSettings
    let source: Replication.ConnectionSettings
    let target: SQLSettings
    let spool: Spool
    let stop: StopFlag
    let board: StatusBoard
    private let guest: RendezvousGuest
    let gate = ReadingGate()
    let watch: SourceWatch
    let traffic: Traffic
    let state: Monitor<State>

    struct State: Sendable {
        var copy: FullCopy?
        var copied: CopyResult?
        var application: Application?
        /// Counts of applications before the present one.
        var carried = AppliedCounts()
        /// Seconds that the source's clock is ahead of ours.
        var clockDifference = 0.0
        var rowPace = Pace()
        var transactionPace = Pace()
        var watchdog = Watchdog()
    }

    init(
        _ task: TaskFile, _ own: ReplicationSettings, _ target: SQLSettings, _ guest: RendezvousGuest,
        _ folder: JobFolder, stop: StopFlag, board: StatusBoard
    ) throws {
        let theirs = try TaskFile.settings(guest.introduction.config, .source)
        guard case .server(let source) = theirs.endpoint else {
            throw MartletError(.invalid, "ConnectionConfig: a source reads from a server")
        }
        (self.task, self.source, self.target, self.guest) = (task, source, target, guest)
        (self.stop, self.board) = (stop, board)
        settings = theirs.writing(as: own)
        spool = try Spool(folder.spool, limit: task.spoolLimit, isShared: theirs.relaysBinlog)
        watch = SourceWatch(folder, spool, gate: gate, stop: stop, board: board)
        traffic = Traffic(gibibytes: theirs.trafficLimit)
        state = Monitor(State())
    }

    /// Returns when the process is to end.
    func run() throws {
        let watching = OwnThread("watch") { [self] in watch.run(guest) }
        defer {
            stop.raise()
            watching.join()
        }
        board.enter(.checking)
        guard let beginning = try retrying("the start", { try Beginning(self) }) else { return }
        state.withLock { $0.clockDifference = beginning.clockDifference }
        let reading = Reading(self, isMariaDB: beginning.flavor.isMaria)
        defer { reading.end() }
        guard let executed = try place(beginning, reading) else { return }
        board.change { $0.gtid = executed.text(isMariaDB: beginning.flavor.isMaria) }
        board.reach(StatusBoard.incrementalStage)
        guard !settings.skipsIncrement else { return try idle() }
        try reading.begin(after: executed)
        try apply(executed, beginning, reading)
    }

    /// What is in the target when the stream begins; nil: the process is to end.
    private func place(_ beginning: Beginning, _ reading: Reading) throws -> ExecutedSet? {
        if case .after(let executed) = beginning.place { return executed }
        return try copy(beginning, reading)
    }

    /// Again and again while a server is away; nil: the process is to end.
    private func retrying<Result>(_ what: String, _ body: () throws -> Result) throws -> Result? {
        var backoff = Backoff()
        while !stop.isRaised {
            do { return try body() } catch {
                if stop.isRaised { return nil }
                guard Failure.isTransient(error) else { throw error }
                board.retry(after: error, what)
                guard stop.sleep(backoff.pause()) else { return nil }
            }
        }
        return nil
    }

    // MARK: Copy

    private func copy(_ beginning: Beginning, _ reading: Reading) throws -> ExecutedSet? {
        board.enter(.copying)
        let isMariaDB = beginning.flavor.isMaria
        let copied = try retrying("the full copy") { try copyOnce(isMariaDB, reading) }
        guard let copied else { return nil }
        state.withLock { $0.copied = copied }
        tickCopy()
        board.change { report in
            report.full?.done = true
            report.full?.eta = 0
            (report.file, report.position) = (copied.start.file, UInt64(max(0, copied.start.position)))
        }
        return try ExecutedSet(copied.start.gtid, isMariaDB: isMariaDB)
    }

    /// The binlog is read from the snapshot on while the copy goes on: what the source purges meanwhile is on our disk.
    private func copyOnce(_ isMariaDB: Bool, _ reading: Reading) throws -> CopyResult {
        let opened: @Sendable (SnapshotPosition) throws -> Void = { [self] start in
            guard !settings.skipsIncrement else { return }
            try reading.begin(after: try ExecutedSet(start.gtid, isMariaDB: isMariaDB))
        }
        let copy = FullCopy(try plan(), note: { [board] in board.note(.info, $0) }, opened: opened)
        state.withLock { $0.copy = copy }
        do {
            return try stop.whileUp({ copy.stop() }) { try copy.run() }
        } catch {
            try traffic.check()
            throw error
        }
    }

    func plan() throws -> CopyPlan {
        var plan = CopyPlan(
            job: task.job, source: SQLSettings(source), target: target, selection: try Selection(settings))
        plan.chunkSize = settings.chunkSize
        plan.workers = settings.workers + 2
        (plan.dropsTables, plan.skipsCreation) = (settings.dropsTables, settings.skipsCreation)
        plan.copiesObjects = settings.expandsSyntax
        return plan
    }

    /// The copy is all that is wanted; the task stays.
    private func idle() throws {
        board.enter(.idle)
        while stop.sleep(.seconds(1)) { try watch.check() }
    }

    // MARK: Follow

    /// Once more from the spool's beginning when the target was lost in the middle of what cannot be kept in memory, and from the
    /// source where the spool is damaged.
    private func apply(_ executed: ExecutedSet, _ beginning: Beginning, _ reading: Reading) throws {
        board.enter(.applying)
        var executed = executed
        let copied = state.withLock { $0.copied } ?? beginning.copied
        var isDamaged = false
        _ = try retrying("applying") {
            if isDamaged {
                try reading.beginAnew(after: executed)
                isDamaged = false
            }
            let application = Application(self, executed, beginning, window: copied.flatMap(CopyWindow.init))
            state.withLock { $0.application = application }
            defer {
                tickApplication()
                executed.formUnion(application.progress.executed)
                state.withLock { state in
                    state.application = nil
                    state.carried.add(application)
                }
            }
            do {
                try stop.whileUp({ application.interrupt() }) { try application.run() }
            } catch let damage as SpoolDamage {
                isDamaged = true
                throw damage
            }
        }
    }
}
