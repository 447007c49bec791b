internal import Replication
internal import SQLClient

/// What changes with time alone: figures, and whether anything moves.
extension TargetWork {
    func tick() {
        tickCopy()
        tickApplication()
        tickPaces()
        tickWatchdog()
    }

    func tickCopy() {
        guard let copy = state.withLock({ $0.copy }) else { return }
        let progress = copy.progress.withLock { $0 }
        traffic.note(copied: progress.bytes)
        if (try? traffic.check()) == nil { copy.stop() }
        board.change { report in
            guard report.full?.done != true else { return }
            var full = StatusReport.Full()
            (full.tables, full.tablesDone) = (progress.tables, progress.tablesDone)
            (full.rows, full.rowsTotal, full.bytes) = (progress.rows, progress.rowsTotal, progress.bytes)
            full.eta = progress.remaining(at: .now).map { $0 / .seconds(1) }
            report.full = full
        }
    }

    func tickApplication() {
        let (application, carried, difference) = state.withLock { ($0.application, $0.carried, $0.clockDifference) }
        let (bytes, limit) = (spool.bytes, spool.limit)
        board.change { report in
            (report.spool.bytes, report.spool.limit) = (bytes, limit)
        }
        guard let application, application.hasBegun else { return }
        let progress = application.progress
        let lag =
            application.isAtEnd ? 0 : application.age(of: application.timestamp).map { max(0, $0 + difference) }
        let text = progress.executed.text(isMariaDB: application.isMariaDB)
        var counts = carried
        counts.add(application)
        let (total, waiting) = (counts, application.waitingTransactions)
        board.change { report in
            report.lag = lag
            report.gtid = text
            if !progress.file.isEmpty { (report.file, report.position) = (progress.file, progress.position) }
            report.incremental.transactions = total.transactions
            report.incremental.rows = total.rows
            report.incremental.mismatches = total.mismatches
            report.incremental.statements = total.statements
            report.incremental.events = total.events
            (report.incremental.fullGroups, report.incremental.lateGroups) = (total.fullGroups, total.lateGroups)
            report.incremental.waiting = waiting
        }
    }

    private func tickPaces() {
        let report = board.current
        let rows = (report.full?.rows ?? 0) + report.incremental.rows
        let transactions = report.incremental.transactions
        let now = ContinuousClock.now
        let paces = state.withLock { ($0.rowPace.add(rows, at: now), $0.transactionPace.add(transactions, at: now)) }
        board.change { ($0.rowsPerSecond, $0.transactionsPerSecond) = paces }
    }

    private func tickWatchdog() {
        let report = board.current
        let application = state.withLock { $0.application }
        let isBusy = report.state == .copying || report.state == .retrying || application?.isAtEnd == false
        let moved = [report.full?.rows, report.full?.bytes, report.incremental.transactions, report.incremental.rows]
        let progress = moved.compactMap(\.self).reduce(application?.events ?? 0, &+)
        let stalled = state.withLock { $0.watchdog.look(progress, isBusy: isBusy, at: .now) }
        guard let stalled else { return board.move() }
        if report.stall == nil { board.stall(for: stalled, cause: cause(report)) }
    }

    private func cause(_ report: StatusReport) -> String {
        if let hindrance = watch.hindrance { return hindrance }
        if let waiting = state.withLock({ $0.application })?.waiting { return waiting }
        if let work = try? TargetLook.find(target, job: task.job) { return work }
        return report.lastError?.text ?? "nothing is heard of the target"
    }
}
