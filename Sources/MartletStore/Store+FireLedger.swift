package import Foundation
import GRDB
package import MartletCore

extension SQLiteStore {
    package func fires(_ query: FireQuery) async throws -> [Fire] {
        try await read { db in
            let statement = try db.cachedStatement(
                sql: """
                    SELECT \(Fire.columns) FROM schedule_fires INDEXED BY schedule_fires_newest
                    WHERE schedule = ? AND number < ? AND outcome = ifnull(?, outcome) ORDER BY number DESC LIMIT ?
                    """)
            return try Row.fetchAll(
                statement,
                arguments: [query.schedule, query.before ?? .max, query.outcome?.rawValue, max(0, query.limit)]
            ).map(Fire.init(row:))
        }
    }

    package func firedTimes(of schedule: String, among times: [Date]) async throws -> Set<Date> {
        try await read { db in
            let statement = try db.cachedStatement(
                sql: """
                    SELECT 1 FROM schedule_fires INDEXED BY schedule_fires_time WHERE schedule = ? AND due = ? AND kind <> 'manual'
                      AND outcome <> 'missed' AND through IS NULL AND outcome NOT IN ('skipped','refused')
                    """)
            return Set(
                try times.filter { try Int.fetchOne(statement, arguments: [schedule, $0.milliseconds]) != nil })
        }
    }

    package func deleteFires(before horizon: Date, limit: Int) async throws -> Int {
        try await writer.write { scope in
            try scope.db.cachedStatement(
                sql: """
                    DELETE FROM schedule_fires WHERE number IN
                      (SELECT number FROM schedule_fires INDEXED BY schedule_fires_age
                       WHERE at < ? AND live = 0 AND outcome <> 'queued' ORDER BY at LIMIT ?)
                    """
            ).execute(arguments: [horizon.milliseconds, limit])
            return scope.db.changesCount
        }
    }

    /// The run of a time is over, and so is the time.
    func closeFires(of run: Run, _ db: Database) throws {
        try db.cachedStatement(
            sql: """
                UPDATE schedule_fires INDEXED BY schedule_fires_run
                SET outcome = ?, ended_at = ?, live = 0, overdue_at = NULL WHERE live = 1 AND run = ?
                """
        ).execute(arguments: [
            FireOutcome(run.state).rawValue, (run.finishedAt ?? now()).milliseconds, run.id.blob,
        ])
    }

    // MARK: Pings

    /// A watched time has come. What was told of it a little before counts; what nobody told of the time before is closed,
    /// and its deadline goes on: pings may be rarer than times.
    func beginWatch(_ schedule: Schedule, due: Date, at now: Date, _ db: Database) throws -> Fire? {
        let name = schedule.name
        let horizon = Date(milliseconds: due.milliseconds - FirePlan.tolerance.milliseconds)
        let deadline = schedule.grace.map { max(due, now).adding($0).milliseconds }
        if let early = try openWatch(name, db), early.kind == .manual, early.due > horizon {
            try db.cachedStatement(
                sql: "UPDATE OR IGNORE schedule_fires SET kind = 'due', due = ?, overdue_at = ? WHERE number = ?"
            ).execute(arguments: [due.milliseconds, deadline, early.number])
            return try Fire.find(early.number, db)
        }
        let open = try closeWatch(of: name, at: now, db)
        let told = try earlyPing(name, after: horizon, before: due, db)
        let fire = Fire(
            number: 0, schedule: name, due: due, kind: .due, at: now, outcome: told ?? .waiting,
            why: told.map { _ in "a ping told of it a little before its time" }, endedAt: told.map { _ in now })
        let overdueAt = told == nil ? [open, deadline].compactMap(\.self).min() : nil
        return try fire.insert(isLive: told == nil, overdueAt: overdueAt.map { Date(milliseconds: $0) }, db)
    }

    /// Returns the deadline that was not over.
    private func closeWatch(of name: String, at now: Date, _ db: Database) throws -> Int64? {
        let deadline = try db.cachedStatement(
            sql: """
                SELECT min(overdue_at) FROM schedule_fires INDEXED BY schedule_fires_live
                WHERE schedule = ? AND live = 1 AND run IS NULL
                """)
        let open = try Int64.fetchOne(deadline, arguments: [name])
        try db.cachedStatement(
            sql: """
                UPDATE schedule_fires INDEXED BY schedule_fires_live SET outcome = 'missed', live = 0, ended_at = ?,
                  overdue_at = NULL, why = iif(outcome = 'running', 'no ping told its end before the next time',
                    'no ping came before the next time')
                WHERE schedule = ? AND live = 1 AND run IS NULL
                """
        ).execute(arguments: [now.milliseconds, name])
        return open
    }

    /// What pings were to tell will not be told.
    func endWatch(_ name: String, _ why: String, at now: Date, _ db: Database) throws {
        try db.cachedStatement(
            sql: """
                UPDATE schedule_fires INDEXED BY schedule_fires_live SET outcome = 'skipped', why = ?, ended_at = ?,
                  live = 0, overdue_at = NULL WHERE schedule = ? AND live = 1 AND run IS NULL
                """
        ).execute(arguments: [why, now.milliseconds, name])
    }

    /// Clocks differ: what others told shortly before its time counts for it.
    private func earlyPing(_ name: String, after horizon: Date, before due: Date, _ db: Database) throws -> FireOutcome?
    {
        let statement = try db.cachedStatement(
            sql: """
                SELECT outcome FROM schedule_fires INDEXED BY schedule_fires_time
                WHERE schedule = ? AND kind = 'manual' AND due > ? AND due < ? AND outcome <> 'missed' AND through IS NULL
                ORDER BY due DESC LIMIT 1
                """)
        return try String.fetchOne(statement, arguments: [name, horizon.milliseconds, due.milliseconds]).map(word)
    }

    package func ping(_ name: String, _ ping: Ping, at now: Date) async throws -> Fire {
        try await writer.write { [self] scope in
            let db = scope.db
            guard let stored = try StoredSchedule.find(name, db), stored.schedule.isWatch else {
                throw MartletError(.notFound, "there is no schedule \(name) that waits for pings")
            }
            let open = try openWatch(name, db)
            guard let outcome = ping.kind.outcome else {
                return try keep(ping.text, with: open ?? newest(name, db), of: name, &scope)
            }
            // Nothing waits: the work was done out of turn, or a little early.
            let fire = try open ?? outOfTurn(name, at: now, db)
            guard let fire else { throw MartletError(.unavailable, "too many pings in one millisecond") }
            try db.cachedStatement(
                sql: """
                    UPDATE schedule_fires SET outcome = ?1, live = ?2, started_at = ifnull(started_at, ?3), ended_at = ?4,
                      overdue_at = iif(?2, overdue_at, NULL), note = ifnull(?5, note) WHERE number = ?6
                    """
            ).execute(arguments: [
                outcome.rawValue, !outcome.isOver, ping.kind == .start ? now.milliseconds : nil,
                outcome.isOver ? now.milliseconds : nil, ping.text.isEmpty ? nil : ping.text, fire.number,
            ])
            if outcome.isOver { try tell(of: fire, stored.schedule, isGood: outcome == .succeeded, at: now, &scope) }
            scope.changed("schedule \(name)", before: fire.outcome.rawValue, after: outcome.rawValue)
            return try require(fire.number, db)
        }
    }

    /// A text alone changes nothing but what people read.
    private func keep(_ text: String, with fire: Fire?, of name: String, _ scope: inout WriteScope) throws -> Fire {
        guard let fire else {
            throw MartletError(.conflict, "no time of \(name) has come yet that a text could be kept with")
        }
        try scope.db.cachedStatement(sql: "UPDATE schedule_fires SET note = ? WHERE number = ?")
            .execute(arguments: [text, fire.number])
        scope.changed("schedule \(name)", before: fire.note, after: text)
        return try require(fire.number, scope.db)
    }

    private func require(_ number: Int64, _ db: Database) throws -> Fire {
        if let fire = try Fire.find(number, db) { return fire }
        throw MartletError(.internal, "fire \(number) is gone")
    }

    private func newest(_ name: String, _ db: Database) throws -> Fire? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT \(Fire.columns) FROM schedule_fires INDEXED BY schedule_fires_newest
                WHERE schedule = ? ORDER BY number DESC LIMIT 1
                """)
        return try Row.fetchOne(statement, arguments: [name]).map(Fire.init(row:))
    }

    private func openWatch(_ name: String, _ db: Database) throws -> Fire? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT \(Fire.columns) FROM schedule_fires INDEXED BY schedule_fires_live
                WHERE schedule = ? AND live = 1 AND run IS NULL ORDER BY number DESC LIMIT 1
                """)
        return try Row.fetchOne(statement, arguments: [name]).map(Fire.init(row:))
    }

    private func outOfTurn(_ name: String, at now: Date, _ db: Database) throws -> Fire? {
        for step in 0..<100 {
            let due = Date(milliseconds: now.milliseconds + Int64(step))
            let fire = Fire(number: 0, schedule: name, due: due, kind: .manual, at: now, outcome: .waiting)
            if let fire = try fire.insert(isLive: true, overdueAt: nil, db) { return fire }
        }
        return nil
    }

    private func tell(
        of fire: Fire, _ schedule: Schedule, isGood: Bool, at now: Date, _ scope: inout WriteScope
    ) throws {
        let policy = notices.policy
        guard !policy.channels.isEmpty || !schedule.notify.isEmpty else { return }
        try Outbox(db: scope.db, policy: policy, box: box, decoding: decoding, owed: owed).told(
            of: fire, schedule, verdict: isGood, isGood ? "success" : "failed", at: now)
    }

    // MARK: Overdue

    package func markOverdue(at now: Date, limit: Int) async throws -> (marked: [Fire], next: Date?) {
        let next = try await nextOverdue()
        guard let next, next <= now else { return ([], next) }
        let marked = try await writer.write { [self] scope in
            let statement = try scope.db.cachedStatement(
                sql: """
                    SELECT \(Fire.columns) FROM schedule_fires INDEXED BY schedule_fires_overdue
                    WHERE overdue_at <= ? ORDER BY overdue_at LIMIT ?
                    """)
            return try Row.fetchAll(statement, arguments: [now.milliseconds, limit]).map { row in
                let fire = try Fire(row: row)
                try scope.db.cachedStatement(
                    sql: "UPDATE schedule_fires SET overdue_at = NULL, is_overdue = 1 WHERE number = ?"
                ).execute(arguments: [fire.number])
                try told(of: fire, at: now, scope.db)
                return fire
            }
        }
        return (marked, try await nextOverdue())
    }

    private func nextOverdue() async throws -> Date? {
        try await read { db in
            let statement = try db.cachedStatement(
                sql: """
                    SELECT overdue_at FROM schedule_fires INDEXED BY schedule_fires_overdue
                    WHERE overdue_at IS NOT NULL ORDER BY overdue_at LIMIT 1
                    """)
            return try Int64.fetchOne(statement).map { Date(milliseconds: $0) }
        }
    }

    /// What cannot be read must not keep others from being told.
    private func told(of fire: Fire, at now: Date, _ db: Database) throws {
        do {
            try db.inSavepoint {
                try tellOverdue(fire, at: now, db)
                return .commit
            }
        } catch let error as DatabaseError {
            throw error
        } catch {
            try db.cachedStatement(sql: "UPDATE schedule_fires SET why = ? WHERE number = ?")
                .execute(arguments: [
                    "nobody was told that it is overdue: \(error)".prefix(1000).description, fire.number,
                ])
        }
    }

    private func tellOverdue(_ fire: Fire, at now: Date, _ db: Database) throws {
        guard let schedule = try StoredSchedule.find(fire.schedule, db)?.schedule else { return }
        let zone = TimeZone(identifier: schedule.zone) ?? .gmt
        let due = fire.due.formatted(
            Date.ISO8601FormatStyle(dateSeparator: .dash, dateTimeSeparator: .space, timeZone: zone)
                .year().month().day().time(includingFractionalSeconds: false))
        let grace = schedule.grace.map { ", 宽限 \($0)" } ?? ""
        let text = "overdue: 应于 \(due) (\(schedule.zone)) 运行\(grace), 至今未成功结束 (\(fire.outcome.rawValue))"
        try Outbox(db: db, policy: notices.policy, box: box, decoding: decoding, owed: owed).told(
            of: fire, schedule, verdict: schedule.isWatch ? false : nil, isOverdue: true, text, at: now)
    }
}
