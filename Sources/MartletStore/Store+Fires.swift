package import Foundation
import GRDB
package import MartletCore

extension SQLiteStore {
    /// Of one schedule; more wait for nothing.
    static let mostQueued = 1000

    package func fire(_ orders: [FireOrder], at now: Date) async throws -> [FireResult] {
        guard !orders.isEmpty else { return [] }
        // Encoded and sealed here, where it costs the writer nothing.
        let prepared = try orders.map { try PreparedOrder($0, box, encoding) }
        return try await writer.write { [self] scope in
            let results = try prepared.map { try put($0, at: now, &scope) }
            try settle(&scope)
            return results
        }
    }

    private func put(_ order: PreparedOrder, at now: Date, _ scope: inout WriteScope) throws -> FireResult {
        var result = FireResult()
        let schedule = order.stored.schedule
        let isAhead = order.firstDue.map { $0 > now } ?? false
        guard try isCurrent(order.stored, scope.db), try !isAhead || !hasUnfinished(schedule.name, scope.db) else {
            result.isPut = false
            return result
        }
        for step in order.steps { try put(step, of: schedule, at: now, &result, &scope) }
        try scope.db.cachedStatement(sql: "UPDATE schedules SET next_due = ? WHERE name = ?")
            .execute(arguments: [order.next?.milliseconds, schedule.name])
        return result
    }

    /// Nobody has changed it or acted on its time since it was read.
    private func isCurrent(_ stored: StoredSchedule, _ db: Database) throws -> Bool {
        let statement = try db.cachedStatement(
            sql: "SELECT 1 FROM schedules WHERE name = ? AND version = ? AND next_due IS ?")
        return try Int.fetchOne(
            statement, arguments: [stored.schedule.name, stored.version, stored.nextDue?.milliseconds]) != nil
    }

    private func put(
        _ step: PreparedOrder.Step, of schedule: Schedule, at now: Date, _ result: inout FireResult,
        _ scope: inout WriteScope
    ) throws {
        func fire(_ due: Date, _ outcome: FireOutcome, _ why: String? = nil, through: Date? = nil, count: Int = 1)
            -> Fire
        {
            Fire(
                number: 0, schedule: schedule.name, due: due, kind: .due, at: now, outcome: outcome, why: why,
                through: through, count: count, endedAt: outcome.isOver ? now : nil)
        }
        func insert(_ fire: Fire, isLive: Bool = false, isAwaited: Bool = true) throws {
            let overdueAt = isAwaited ? schedule.grace.map { (fire.through ?? fire.due).adding($0) } : nil
            if let fire = try fire.insert(isLive: isLive, overdueAt: overdueAt, scope.db) { result.fires.append(fire) }
        }
        switch step {
        case .missed(let due, let through, let count, let why):
            try insert(fire(due, .missed, why, through: through == due ? nil : through, count: count))
        case .refuse(let due, let why): try insert(fire(due, .refused, why))
        case .watch(let due):
            try closeWatch(of: schedule.name, at: now, scope.db)
            if let early = try earlyPing(schedule.name, before: due, scope.db) {
                try insert(fire(due, early, "a ping told of it a little before its time"), isAwaited: false)
            } else {
                try insert(fire(due, .waiting), isLive: true)
            }
        case .run(let due, let row):
            try start(schedule, .due, due: due, row, at: now, &result, &scope)
        }
    }

    // MARK: Runs

    /// Does with one time what the overlap rule says. A time that has an entry already is left alone.
    private func start(
        _ schedule: Schedule, _ kind: Fire.Kind, due: Date, _ row: InsertRow, at now: Date, _ result: inout FireResult,
        _ scope: inout WriteScope
    ) throws {
        func fire(_ outcome: FireOutcome, _ why: String?, _ run: RunID? = nil) -> Fire {
            Fire(
                number: 0, schedule: schedule.name, due: due, kind: kind, at: now, outcome: outcome, why: why, run: run,
                endedAt: outcome.isOver ? now : nil)
        }
        let overdueAt = schedule.grace.map { due.adding($0) }
        func insert(_ fire: Fire, isLive: Bool) throws -> Fire? {
            try fire.insert(isLive: isLive, overdueAt: overdueAt, scope.db)
        }
        let holder = schedule.overlap == .allow ? nil : try unfinished(schedule.name, scope.db)
        guard let holder else {
            guard let entry = try insert(fire(.running, nil, row.run.id), isLive: true) else { return }
            result.fires.append(try run(row, for: entry, &scope))
            return
        }
        switch schedule.overlap {
        case .allow: return
        case .skip:
            let why = "\(holder.text) is not over, and overlapping times are skipped"
            if let entry = try insert(fire(.skipped, why), isLive: false) { result.fires.append(entry) }
        case .queue:
            let isFull = try countQueued(schedule.name, scope.db) >= Self.mostQueued
            let why = isFull ? "\(Self.mostQueued) times wait for their turn already" : "\(holder.text) is not over"
            if let entry = try insert(fire(isFull ? .skipped : .queued, why), isLive: false) {
                result.fires.append(entry)
            }
        case .replace:
            guard let entry = try insert(fire(.queued, "\(holder.text) is stopped first"), isLive: false) else {
                return
            }
            try skipQueued(schedule.name, before: entry, at: now, scope.db)
            result.fires.append(entry)
            if let run = holder.run { result.replaced.append(run) }
        }
    }

    /// Inserts the run of an entry that is stored, and notes there when it could not be, or joined another.
    private func run(_ row: InsertRow, for entry: Fire, _ scope: inout WriteScope) throws -> Fire {
        do {
            if let joined = try join(row, &scope) {
                return try note(entry, .running, joined, "its work was under way already", isLive: true, scope.db)
            }
            var isRefused = false
            let id = try admit(row, &scope, &isRefused)
            if isRefused {
                return try note(entry, .skipped, id, "its job has as many runs as it may have", isLive: false, scope.db)
            }
            if id != row.run.id {
                return try note(entry, .running, id, "its job had a run already", isLive: true, scope.db)
            }
            return entry
        } catch let error as MartletError where error.code == .conflict {
            return try note(entry, .refused, nil, error.message, isLive: false, scope.db)
        }
    }

    private func note(
        _ entry: Fire, _ outcome: FireOutcome, _ run: RunID?, _ why: String, isLive: Bool, _ db: Database
    ) throws -> Fire {
        try db.cachedStatement(
            sql: "UPDATE schedule_fires SET outcome = ?, run = ?, why = ?, live = ?, ended_at = ? WHERE number = ?"
        ).execute(arguments: [
            outcome.rawValue, run?.blob, why, isLive, outcome.isOver ? entry.at.milliseconds : nil, entry.number,
        ])
        return Fire(
            number: entry.number, schedule: entry.schedule, due: entry.due, kind: entry.kind, at: entry.at,
            outcome: outcome, why: why, run: run, endedAt: outcome.isOver ? entry.at : nil)
    }

    /// What keeps the next time of a schedule from starting.
    private struct Holder {
        let run: RunID?
        var text: String { run.map { "run \($0)" } ?? "an earlier time" }
    }

    private func unfinished(_ name: String, _ db: Database) throws -> Holder? {
        let live = try db.cachedStatement(
            sql: """
                SELECT run FROM schedule_fires INDEXED BY schedule_fires_live WHERE schedule = ? AND live = 1
                ORDER BY number DESC LIMIT 1
                """)
        if let row = try Row.fetchOne(live, arguments: [name]) {
            return Holder(run: try (row[0] as Data?).map(RunID.init(blob:)))
        }
        return try countQueued(name, db) > 0 ? Holder(run: nil) : nil
    }

    private func hasUnfinished(_ name: String, _ db: Database) throws -> Bool { try unfinished(name, db) != nil }

    private func countQueued(_ name: String, _ db: Database) throws -> Int {
        let statement = try db.cachedStatement(
            sql: """
                SELECT count(*) FROM schedule_fires INDEXED BY schedule_fires_queued
                WHERE schedule = ? AND outcome = 'queued'
                """)
        return try Int.fetchOne(statement, arguments: [name]) ?? 0
    }

    private func skipQueued(_ name: String, before entry: Fire, at now: Date, _ db: Database) throws {
        try db.cachedStatement(
            sql: """
                UPDATE schedule_fires SET outcome = 'skipped', why = 'a later time took its place', ended_at = ?
                WHERE schedule = ? AND outcome = 'queued' AND number < ?
                """
        ).execute(arguments: [now.milliseconds, name, entry.number])
    }

    // MARK: Asked for

    package func fire(
        _ stored: StoredSchedule, _ kind: Fire.Kind, due: [Date], runs: [NewRun], at now: Date
    ) async throws -> FireResult {
        let rows = try runs.map { try InsertRow($0, box, encoding) }
        return try await writer.write { [self] scope in
            let schedule = stored.schedule
            var result = FireResult()
            if kind == .manual, schedule.overlap == .skip, let holder = try unfinished(schedule.name, scope.db) {
                throw MartletError(
                    .conflict, "\(holder.text) of the schedule \(schedule.name) is not over, and its overlap is skip")
            }
            for (due, row) in zip(due, rows) {
                // One after the other, however many there are: only where runs may overlap they are all started.
                if kind == .backfill, schedule.overlap != .allow {
                    let entry = Fire(
                        number: 0, schedule: schedule.name, due: due, kind: kind, at: now, outcome: .queued,
                        why: "it waits for its turn")
                    if let entry = try entry.insert(isLive: false, overdueAt: nil, scope.db) {
                        result.fires.append(entry)
                    }
                } else {
                    try start(schedule, kind, due: due, row, at: now, &result, &scope)
                }
            }
            try settle(&scope)
            try scope.changed("schedule \(schedule.name)", after: "\(result.fires.count) fires")
            return result
        }
    }

    package func queuedFires(limit: Int) async throws -> [QueuedFire] {
        try await read { db in
            let numbers = try Int64.fetchAll(db.cachedStatement(sql: Self.turnSQL), arguments: [max(0, limit)])
            return try numbers.compactMap { number in
                guard let fire = try Fire.find(number, db),
                    let stored = try StoredSchedule.find(fire.schedule, db)
                else { return nil }
                return QueuedFire(fire: fire, stored: stored)
            }
        }
    }

    package func hasQueuedFires() async throws -> Bool {
        try await read { db in
            let statement = try db.cachedStatement(
                sql: """
                    SELECT 1 FROM schedule_fires INDEXED BY schedule_fires_queued WHERE outcome = 'queued' LIMIT 1
                    """)
            return try Int.fetchOne(statement) != nil
        }
    }

    static let turnSQL = """
        SELECT min(number) FROM schedule_fires q INDEXED BY schedule_fires_queued WHERE outcome = 'queued'
          AND NOT EXISTS (SELECT 1 FROM schedule_fires f INDEXED BY schedule_fires_live
            WHERE f.schedule = q.schedule AND f.live = 1)
          AND EXISTS (SELECT 1 FROM schedules s WHERE s.name = q.schedule AND s.paused_at IS NULL)
        GROUP BY schedule LIMIT ?
        """

    package func release(_ number: Int64, run new: NewRun?, refusal: String?, at now: Date) async throws -> Fire? {
        let row = try new.map { try InsertRow($0, box, encoding) }
        return try await writer.write { [self] scope in
            guard let fire = try Fire.find(number, scope.db), fire.outcome == .queued else { return nil }
            guard let row else {
                return try note(fire, .refused, nil, refusal ?? "its run cannot be made", isLive: false, scope.db)
            }
            let entry = try note(fire, .running, row.run.id, "it waited for its turn", isLive: true, scope.db)
            let started = try run(row, for: entry, &scope)
            try settle(&scope)
            return started
        }
    }
}

/// An order with its runs encoded.
private struct PreparedOrder: Sendable {
    enum Step: Sendable {
        case run(due: Date, InsertRow)
        case watch(due: Date)
        case refuse(due: Date, why: String)
        case missed(due: Date, through: Date, count: Int, why: String)
    }

    let stored: StoredSchedule
    let steps: [Step]
    let next: Date?
    let firstDue: Date?

    init(_ order: FireOrder, _ box: SecretBox, _ encoding: InsertRow.Encoding) throws {
        stored = order.stored
        next = order.next
        firstDue = order.stored.nextDue
        steps = try order.steps.map { step in
            switch step {
            case .run(let due, let new): .run(due: due, try InsertRow(new, box, encoding))
            case .watch(let due): .watch(due: due)
            case .refuse(let due, let why): .refuse(due: due, why: why)
            case .missed(let due, let through, let count, let why):
                .missed(due: due, through: through, count: count, why: why)
            }
        }
    }
}
