internal import Binlog
internal import MartletCore
internal import Replication
internal import SQLClient

/// Where a run of the target's process begins, and what it found out for that.
struct Beginning: Sendable {
    let place: StartPoint
    /// What an earlier full copy left behind; nil: there was none, or it is not complete.
    let copied: CopyResult?
    let flavor: Flavor
    /// Seconds that the source's clock is ahead of ours.
    let clockDifference: Double
    let characterSets: CharacterSets
    /// The source's `lower_case_table_names` is 1 or 2.
    let ignoresCase: Bool

    /// Asks both servers; a reset is done here, and the place is written down at the target.
    init(_ work: TargetWork) throws {
        let (source, target) = (SQLInterrupter(), SQLInterrupter())
        let end: @Sendable () -> Void = {
            source.interrupt()
            target.interrupt()
        }
        self = try work.stop.whileUp(end) {
            let sessions = (
                try SQLSession(SQLSettings(work.source), interrupter: source),
                try SQLSession(work.target, interrupter: target)
            )
            defer {
                sessions.0.close()
                sessions.1.close()
            }
            return try Beginning(work, source: sessions.0, target: sessions.1)
        }
    }

    private init(_ work: TargetWork, source: SQLSession, target: SQLSession) throws {
        flavor = source.flavor
        clockDifference = try Self.clockDifference(source)
        characterSets = try CharacterSets(source)
        ignoresCase = try source.value("SELECT @@GLOBAL.lower_case_table_names") != "0"
        let copy = FullCopy(try work.plan())
        let checkpoint = Checkpoint(target, job: work.task.job)
        try checkpoint.prepare()
        try copy.ledger.prepare(target)
        if !work.task.progress.isPresent {
            copied = nil
            place = try StartPoint.resolve(work.settings, work.task.progress, rows: nil, source: source)
            if place == .full { try Self.empty(copy, target) }
            try checkpoint.reset()
            try copy.ledger.remove(target)
            if !work.spool.isShared { try work.spool.clear() }
            work.board.note(.info, "nothing is kept of this job: it begins anew")
            return
        }
        copied = try copy.result(target)
        var rows = try checkpoint.executed()
        if let copied { rows.formUnion(try ExecutedSet(copied.start.gtid, isMariaDB: flavor.isMaria)) }
        let isCopying = try copied == nil && !copy.ledger.positions(target).isEmpty
        if isCopying, work.task.progress.executed.isEmpty, work.settings.executed.isEmpty {
            place = .full
        } else {
            place = try StartPoint.resolve(work.settings, work.task.progress, rows: rows, source: source)
        }
    }

    /// What this job copied before of tables without a key would come a second time.
    private static func empty(_ copy: FullCopy, _ target: SQLSession) throws {
        for name in try copy.ledger.tables(target).keys {
            guard let route = try copy.plan.selection.route(name),
                let shape = try Catalogue.shape(route.target, target),
                shape.orderedKey == nil
            else { continue }
            try target.run("DELETE FROM \(route.target.quoted)")
        }
    }

    private static func clockDifference(_ session: SQLSession) throws -> Double {
        let before = Clock.now
        let theirs = try session.value("SELECT UNIX_TIMESTAMP(NOW(6))").flatMap(Double.init)
        return theirs.map { $0 - (before + Clock.now) / 2 } ?? 0
    }
}
