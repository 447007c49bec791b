package import Foundation
import GRDB
package import MartletCore

extension SQLiteStore: ScheduleStore {
    package func put(_ new: StoredSchedule, ifVersion: Int?, skipped: Fire?) async throws -> StoredSchedule {
        try await writer.write { [self] scope in
            let name = new.schedule.name
            let old = try StoredSchedule.find(name, scope.db)
            try checkVersion(ifVersion, against: old?.version ?? 0, of: "the schedule \"\(name)\"")
            if let old, old.schedule == new.schedule, old.source == new.source { return old }
            try withdraw(name, at: new.updatedAt, &scope)
            let stored = StoredSchedule(
                schedule: new.schedule, version: (old?.version ?? 0) + 1, source: new.source, anchor: new.anchor,
                createdAt: old?.createdAt ?? new.createdAt, updatedAt: new.updatedAt, nextDue: new.nextDue,
                pausedAt: new.pausedAt)
            try stored.save(scope.db)
            _ = try skipped?.insert(isLive: false, overdueAt: nil, scope.db)
            try settle(&scope)
            try scope.changed(
                "schedule \(name)", before: old.map { try StoredJSON.text($0.schedule) },
                after: StoredJSON.text(new.schedule))
            return stored
        }
    }

    package func schedule(_ name: String) async throws -> StoredSchedule? {
        try await read { try StoredSchedule.find(name, $0) }
    }

    package func schedules(after name: String?, limit: Int) async throws -> [StoredSchedule] {
        try await read { db in
            let statement = try db.cachedStatement(
                sql: "SELECT \(StoredSchedule.columns) FROM schedules WHERE name > ? ORDER BY name LIMIT ?")
            return try Row.fetchAll(statement, arguments: [name ?? "", max(0, limit)]).map(StoredSchedule.init(row:))
        }
    }

    package func deleteSchedule(_ name: String, ifVersion: Int?, at now: Date) async throws -> Bool {
        try await writer.write { [self] scope in
            guard let old = try StoredSchedule.find(name, scope.db) else { return false }
            try checkVersion(ifVersion, against: old.version, of: "the schedule \"\(name)\"")
            try withdraw(name, at: now, &scope)
            try scope.db.cachedStatement(
                sql: """
                    UPDATE schedule_fires SET outcome = 'skipped', why = 'the schedule was deleted', ended_at = ?,
                      overdue_at = NULL WHERE schedule = ? AND outcome = 'queued'
                    """
            ).execute(arguments: [now.milliseconds, name])
            // What pings were to tell will not be told; runs go on to their end.
            try scope.db.cachedStatement(
                sql: """
                    UPDATE schedule_fires SET outcome = 'skipped', why = 'the schedule was deleted', ended_at = ?, live = 0,
                      overdue_at = NULL WHERE schedule = ? AND live = 1 AND run IS NULL
                    """
            ).execute(arguments: [now.milliseconds, name])
            try scope.db.cachedStatement(
                sql: "UPDATE schedule_fires SET overdue_at = NULL WHERE schedule = ? AND overdue_at IS NOT NULL"
            ).execute(arguments: [name])
            try scope.db.cachedStatement(sql: "DELETE FROM schedules WHERE name = ?").execute(arguments: [name])
            try settle(&scope)
            try scope.changed("schedule \(name)", before: StoredJSON.text(old.schedule))
            return true
        }
    }

    /// Takes back what was stored ahead of times that have not come: as if nobody had acted on them. What has begun
    /// meanwhile stays.
    private func withdraw(_ name: String, at now: Date, _ scope: inout WriteScope) throws {
        let statement = try scope.db.cachedStatement(
            sql: """
                SELECT number, run FROM schedule_fires INDEXED BY schedule_fires_live
                WHERE schedule = ? AND live = 1 AND kind = 'due' AND due > ?
                """)
        for row in try Row.fetchAll(statement, arguments: [name, now.milliseconds]) {
            let number: Int64 = row[0]
            if let blob = row[1] as Data?, let before = try current(RunID(blob: blob), scope.db) {
                guard before.state == .pending else { continue }
                // A run that others started and this time joined is not ours to end.
                if before.trigger.caller == name, before.trigger.due != nil {
                    var run = before
                    let change = try run.apply(.stop(.user), at: now)
                    try store(run, after: before, Update(change), &scope)
                }
            }
            try scope.db.cachedStatement(sql: "DELETE FROM schedule_fires WHERE number = ?").execute(arguments: [number]
            )
        }
    }

    // MARK: Times

    package func dueSchedules(at now: Date, ahead: TimeSpan, limit: Int) async throws -> [StoredSchedule] {
        try await read { db in
            let due = try Row.fetchAll(
                db.cachedStatement(sql: Self.dueSchedulesSQL), arguments: [now.milliseconds, max(0, limit)]
            ).map(StoredSchedule.init(row:))
            guard due.count < limit, ahead.milliseconds > 0 else { return due }
            return due
                + (try Row.fetchAll(
                    db.cachedStatement(sql: Self.aheadSQL),
                    arguments: [now.milliseconds, now.adding(ahead).milliseconds, limit - due.count]
                ).map(StoredSchedule.init(row:)))
        }
    }

    static let dueSchedulesSQL = """
        SELECT \(StoredSchedule.columns) FROM schedules INDEXED BY schedules_due
        WHERE next_due <= ? ORDER BY next_due LIMIT ?
        """

    static let aheadSQL = """
        SELECT \(StoredSchedule.columns) FROM schedules s INDEXED BY schedules_due
        WHERE next_due > ? AND next_due <= ?
          AND NOT EXISTS (SELECT 1 FROM schedule_fires f INDEXED BY schedule_fires_live
            WHERE f.schedule = s.name AND f.live = 1)
          AND NOT EXISTS (SELECT 1 FROM schedule_fires q INDEXED BY schedule_fires_queued
            WHERE q.schedule = s.name AND q.outcome = 'queued')
        ORDER BY next_due LIMIT ?
        """

    package func nextScheduledDue(after now: Date) async throws -> Date? {
        try await read { db in
            let statement = try db.cachedStatement(
                sql: """
                    SELECT next_due FROM schedules INDEXED BY schedules_due WHERE next_due > ? ORDER BY next_due LIMIT 1
                    """)
            return try Int64.fetchOne(statement, arguments: [now.milliseconds]).map { Date(milliseconds: $0) }
        }
    }

    package func replan(at now: Date, _ next: @escaping @Sendable (StoredSchedule) -> Date?) async throws -> Int {
        var (changed, name) = (0, "")
        while true {
            let page = try await schedules(after: name, limit: 500)
            guard let last = page.last?.schedule.name else { return changed }
            let moved = page.compactMap { stored -> (String, Int, Date, Date?)? in
                guard let due = stored.nextDue, due > now else { return nil }
                let planned = next(stored)
                return planned == due ? nil : (stored.schedule.name, stored.version, due, planned)
            }
            if !moved.isEmpty {
                changed += try await writer.write { scope in
                    let statement = try scope.db.cachedStatement(
                        sql: "UPDATE schedules SET next_due = ? WHERE name = ? AND version = ? AND next_due = ?")
                    return try moved.reduce(0) { count, move in
                        let (name, version, due, planned) = move
                        try statement.execute(arguments: [planned?.milliseconds, name, version, due.milliseconds])
                        return count + scope.db.changesCount
                    }
                }
            }
            name = last
        }
    }
}
