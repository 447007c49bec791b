package import Foundation
import GRDB
package import MartletCore

/// What becomes of a time that meets a run of before.
extension SQLiteStore {
    /// Of one schedule; more are skipped.
    static let mostQueued = 1000

    /// Does with one time what the overlap rule says. A time that has an entry already is left alone.
    func start(
        _ schedule: Schedule, _ kind: Fire.Kind, due: Date, _ row: InsertRow, at now: Date, _ result: inout FireResult,
        _ scope: inout WriteScope
    ) throws {
        func entry(_ outcome: FireOutcome, _ why: String?, _ run: RunID? = nil) throws -> Fire? {
            let fire = Fire(
                number: 0, schedule: schedule.name, due: due, kind: kind, at: now, outcome: outcome, why: why, run: run,
                endedAt: outcome.isOver ? now : nil)
            // What is made up for has its whole grace from now on.
            let overdueAt = kind == .due ? schedule.grace.map { max(due, now).adding($0) } : nil
            return try fire.insert(isLive: run != nil, overdueAt: overdueAt, scope.db)
        }
        guard schedule.overlap != .allow, let holder = try holder(of: schedule.name, scope.db) else {
            guard let entry = try entry(.running, nil, row.run.id) else { return }
            result.fires.append(try run(row, for: entry, schedule.overlap, &scope))
            return
        }
        let isMadeUp = now.milliseconds - due.milliseconds > FirePlan.tolerance.milliseconds
        // Those who want all missed times want them one after the other; and nobody's backfill takes the place of the
        // schedule's own times.
        let waits = (isMadeUp && schedule.missed == .all) || holder.isBackfill
        switch schedule.overlap {
        case .allow: return
        case .skip where !waits:
            let why = "\(holder.text) is not over, and overlapping times are skipped"
            if let entry = try entry(.skipped, why) { result.fires.append(entry) }
        case .skip, .queue:
            let isFull = try countQueued(schedule.name, scope.db) >= Self.mostQueued
            let why = isFull ? "\(Self.mostQueued) times wait for their turn already" : "\(holder.text) is not over"
            if let entry = try entry(isFull ? .skipped : .queued, why) { result.fires.append(entry) }
        case .replace, .latest:
            let why = schedule.overlap == .replace ? "\(holder.text) is stopped first" : "\(holder.text) is not over"
            guard let entry = try entry(.queued, why) else { return }
            try skipQueued(schedule.name, before: entry, at: now, scope.db)
            result.fires.append(entry)
        }
    }

    /// Inserts the run of an entry that is stored, and notes there when it could not be, or joined another. A run of
    /// others that holds its key is a run of before.
    private func run(
        _ row: InsertRow, for entry: Fire, _ overlap: Schedule.Overlap, isWaiting: Bool = false,
        _ scope: inout WriteScope
    ) throws -> Fire {
        do {
            if let joined = try join(row, &scope) {
                return try note(entry, .running, joined, "its work was under way already", scope.db)
            }
            var isRefused = false
            let id = try admit(row, &scope, &isRefused)
            if isRefused { return try note(entry, .skipped, id, "its job has as many runs as it may have", scope.db) }
            return id == row.run.id ? entry : try note(entry, .running, id, "its job had a run already", scope.db)
        } catch let error as MartletError where error.code == .conflict {
            if isWaiting { return try note(entry, .queued, nil, error.message, scope.db) }
            switch overlap {
            case .latest:
                try skipQueued(entry.schedule, before: entry, at: entry.at, scope.db)
                return try note(entry, .queued, nil, error.message, scope.db)
            case .queue where try countQueued(entry.schedule, scope.db) < Self.mostQueued:
                return try note(entry, .queued, nil, error.message, scope.db)
            case .queue, .skip: return try note(entry, .skipped, nil, error.message, scope.db)
            case .allow, .replace: return try note(entry, .refused, nil, error.message, scope.db)
            }
        }
    }

    private func note(_ entry: Fire, _ outcome: FireOutcome, _ run: RunID?, _ why: String, _ db: Database) throws
        -> Fire
    {
        let endedAt = outcome.isOver ? entry.at : nil
        try db.cachedStatement(
            sql: "UPDATE schedule_fires SET outcome = ?, run = ?, why = ?, live = ?, ended_at = ? WHERE number = ?"
        ).execute(arguments: [
            outcome.rawValue, run?.blob, String(why.prefix(1000)), run != nil && !outcome.isOver, endedAt?.milliseconds,
            entry.number,
        ])
        return Fire(
            number: entry.number, schedule: entry.schedule, due: entry.due, kind: entry.kind, at: entry.at,
            outcome: outcome, why: why, run: run, endedAt: endedAt)
    }

    /// What keeps the next time of a schedule from starting.
    struct Holder {
        let run: RunID?
        let isBackfill: Bool
        var text: String { run.map { "run \($0)" } ?? "an earlier time" }
    }

    /// Nil: nothing of it runs, and nothing but a backfill waits.
    func holder(of name: String, _ db: Database) throws -> Holder? {
        let live = try db.cachedStatement(
            sql: """
                SELECT run, kind = 'backfill' FROM schedule_fires INDEXED BY schedule_fires_live
                WHERE schedule = ? AND live = 1 ORDER BY number DESC LIMIT 1
                """)
        if let row = try Row.fetchOne(live, arguments: [name]) {
            return Holder(run: try (row[0] as Data?).map(RunID.init(blob:)), isBackfill: row[1])
        }
        let queued = try db.cachedStatement(
            sql: """
                SELECT 1 FROM schedule_fires INDEXED BY schedule_fires_queued
                WHERE schedule = ? AND outcome = 'queued' AND kind <> 'backfill' LIMIT 1
                """)
        return try Int.fetchOne(queued, arguments: [name]) == nil ? nil : Holder(run: nil, isBackfill: false)
    }

    private func countQueued(_ name: String, _ db: Database) throws -> Int {
        let statement = try db.cachedStatement(
            sql: """
                SELECT count(*) FROM schedule_fires INDEXED BY schedule_fires_queued
                WHERE schedule = ? AND outcome = 'queued' AND kind <> 'backfill'
                """)
        return try Int.fetchOne(statement, arguments: [name]) ?? 0
    }

    private func skipQueued(_ name: String, before entry: Fire, at now: Date, _ db: Database) throws {
        try db.cachedStatement(
            sql: """
                UPDATE schedule_fires SET outcome = 'skipped', why = 'a later time took its place', ended_at = ?,
                  overdue_at = NULL WHERE schedule = ? AND outcome = 'queued' AND kind <> 'backfill' AND number < ?
                """
        ).execute(arguments: [now.milliseconds, name, entry.number])
    }

    // MARK: Turns

    package func queuedFires(limit: Int) async throws -> [QueuedFire] {
        try await read { db in
            let numbers = try Int64.fetchAll(db.cachedStatement(sql: Self.turnSQL), arguments: [max(0, limit)])
            return try numbers.compactMap { number in
                guard let fire = try Fire.find(number, db), let stored = try StoredSchedule.find(fire.schedule, db)
                else {
                    return nil
                }
                return QueuedFire(fire: fire, stored: stored)
            }
        }
    }

    /// The schedule's own times come before a backfill. What somebody asked for does not wait for the end of a pause.
    static let turnSQL = """
        SELECT turn FROM (
          SELECT (SELECT number FROM schedule_fires q INDEXED BY schedule_fires_queued
              WHERE q.schedule = w.schedule AND q.outcome = 'queued' AND (s.paused_at IS NULL OR q.kind <> 'due')
              ORDER BY q.kind = 'backfill', q.number LIMIT 1) AS turn
          FROM (SELECT DISTINCT schedule FROM schedule_fires INDEXED BY schedule_fires_queued WHERE outcome = 'queued') w
          JOIN schedules s ON s.name = w.schedule
          WHERE NOT EXISTS (SELECT 1 FROM schedule_fires f INDEXED BY schedule_fires_live
            WHERE f.schedule = w.schedule AND f.live = 1))
        WHERE turn IS NOT NULL LIMIT ?
        """

    package func hasQueuedFires() async throws -> Bool {
        try await read { db in
            let statement = try db.cachedStatement(
                sql: "SELECT 1 FROM schedule_fires INDEXED BY schedule_fires_queued WHERE outcome = 'queued' LIMIT 1")
            return try Int.fetchOne(statement) != nil
        }
    }

    package func runsInTheWay(limit: Int) async throws -> [RunID] {
        try await read { [decoding] db in
            let statement = try db.cachedStatement(
                sql: """
                    SELECT f.run, f.schedule FROM (
                        SELECT DISTINCT schedule FROM schedule_fires INDEXED BY schedule_fires_queued
                        WHERE outcome = 'queued' AND kind <> 'backfill') w
                      JOIN schedules s ON s.name = w.schedule AND json_extract(s.definition, '$.overlap') = 'replace'
                      JOIN schedule_fires f INDEXED BY schedule_fires_live ON f.schedule = w.schedule AND f.live = 1
                      JOIN runs r ON r.id = f.run
                    WHERE r.state IN ('pending','running','paused') LIMIT ?
                    """)
            return try Row.fetchAll(statement, arguments: [max(0, limit)]).compactMap { row in
                let run = try decoding.run(RunID(blob: row[0]), db)
                // A run of others that this time joined is not ours to end.
                return run.flatMap { $0.isOf(schedule: row[1]) ? $0.id : nil }
            }
        }
    }

    package func release(
        _ queued: QueuedFire, run new: NewRun?, refusal: String?, at now: Date
    ) async throws -> Fire? {
        let row = try new.map { try InsertRow($0, box, encoding) }
        return try await writer.write { [self] scope in
            let name = queued.fire.schedule
            guard let fire = try Fire.find(queued.fire.number, scope.db), fire.outcome == .queued,
                try StoredSchedule.find(name, scope.db)?.version == queued.stored.version
            else { return nil }
            guard let row else { return try note(fire, .refused, nil, refusal ?? "its run cannot be made", scope.db) }
            if queued.stored.schedule.overlap != .allow, try isLive(name, scope.db) { return nil }
            let entry = try note(fire, .running, row.run.id, "it waited for its turn", scope.db)
            let started = try run(row, for: entry, queued.stored.schedule.overlap, isWaiting: true, &scope)
            try settle(&scope)
            return started
        }
    }

    private func isLive(_ name: String, _ db: Database) throws -> Bool {
        let statement = try db.cachedStatement(
            sql: "SELECT 1 FROM schedule_fires INDEXED BY schedule_fires_live WHERE schedule = ? AND live = 1 LIMIT 1")
        return try Int.fetchOne(statement, arguments: [name]) != nil
    }
}

extension Run {
    /// Made for a time of this schedule.
    func isOf(schedule name: String) -> Bool { trigger.caller == name && trigger.due != nil }
}
