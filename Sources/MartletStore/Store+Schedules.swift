package import Foundation
import GRDB
package import MartletCore

extension SQLiteStore: ScheduleStore {
    package func put(
        _ new: StoredSchedule, replacing read: StoredSchedule?, skipped: Fire?
    ) async throws -> StoredSchedule {
        try await writer.write { [self] scope in
            let name = new.schedule.name
            let old = try StoredSchedule.find(name, scope.db)
            guard old?.version == read?.version, old?.nextDue == read?.nextDue else {
                throw MartletError(.stale, "the schedule \(name) was changed at this moment")
            }
            // One that stands still is set going again by storing it once more.
            let stands = old?.nextDue == nil && new.nextDue != nil
            if let old, old.schedule == new.schedule, old.source == new.source, !stands { return old }
            try withdraw(name, after: new.updatedAt, restoring: false, &scope)
            if !new.schedule.isWatch {
                try endWatch(name, "the schedule does not wait for pings any more", at: new.updatedAt, scope.db)
            } else if new.schedule.isPaused {
                try endWatch(name, "the schedule was paused", at: new.updatedAt, scope.db)
            }
            let stored = StoredSchedule(
                schedule: new.schedule, version: try VersionMark.schedule.next(after: old?.version, scope.db),
                source: new.source, anchor: new.anchor,
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
            var (found, last) = ([StoredSchedule](), name ?? "")
            while found.count < limit {
                let page = try Self.named(after: last, limit, db)
                found += page.compactMap(\.stored)
                guard page.count == limit, let next = page.last?.name else { break }
                last = next
            }
            return Array(found.prefix(max(0, limit)))
        }
    }

    /// `stored` nil: its definition cannot be read.
    private static func named(
        after name: String, _ limit: Int, _ db: Database
    ) throws -> [(name: String, stored: StoredSchedule?)] {
        let statement = try db.cachedStatement(
            sql: "SELECT \(StoredSchedule.columns), name FROM schedules WHERE name > ? ORDER BY name LIMIT ?")
        return try Row.fetchAll(statement, arguments: [name, limit]).map { ($0[8], try? StoredSchedule(row: $0)) }
    }

    package func deleteSchedule(_ read: StoredSchedule, at now: Date) async throws -> Bool {
        try await writer.write { [self] scope in
            let name = read.schedule.name
            guard let old = try StoredSchedule.find(name, scope.db) else { return false }
            guard old.version == read.version else {
                throw MartletError(.stale, "the schedule \(name) was changed at this moment")
            }
            let why = "the schedule was deleted"
            try withdraw(name, after: now, restoring: false, &scope)
            try endWatch(name, why, at: now, scope.db)
            try scope.db.cachedStatement(
                sql: """
                    UPDATE schedule_fires INDEXED BY schedule_fires_queued SET outcome = 'skipped', why = ?, ended_at = ?,
                      overdue_at = NULL WHERE schedule = ? AND outcome = 'queued'
                    """
            ).execute(arguments: [why, now.milliseconds, name])
            // Runs go on to their end; nobody waits for it any more.
            try scope.db.cachedStatement(
                sql: """
                    UPDATE schedule_fires INDEXED BY schedule_fires_live SET overdue_at = NULL
                    WHERE schedule = ? AND live = 1
                    """
            ).execute(arguments: [name])
            try scope.db.cachedStatement(sql: "DELETE FROM schedules WHERE name = ?").execute(arguments: [name])
            try settle(&scope)
            try scope.changed("schedule \(name)", before: StoredJSON.text(old.schedule))
            return true
        }
    }

    /// Takes back what was stored ahead of times after `now`: as if nobody had acted on them. What has begun meanwhile
    /// stays, and so does a run that others joined. `restoring`: the schedule's next time is the first of them.
    func withdraw(_ name: String, after now: Date, restoring: Bool, _ scope: inout WriteScope) throws {
        let statement = try scope.db.cachedStatement(
            sql: """
                SELECT number, run, due FROM schedule_fires INDEXED BY schedule_fires_live
                WHERE schedule = ? AND live = 1 AND kind = 'due' AND due > ? AND run IS NOT NULL
                """)
        for row in try Row.fetchAll(statement, arguments: [name, now.milliseconds]) {
            let (number, due): (Int64, Int64) = (row[0], row[2])
            guard let before = try current(RunID(blob: row[1]), scope.db), before.isOf(schedule: name),
                before.state == .pending, before.attempt == 0, try !isShared(before.id, besides: number, scope.db)
            else { continue }
            var run = before
            let change = try run.apply(.stop(.user), at: max(now, before.createdAt))
            try store(run, after: before, Update(change), &scope)
            // It is no end of any work: nobody is told.
            scope.ended.removeAll { $0.id == run.id }
            try scope.db.cachedStatement(sql: "DELETE FROM schedule_fires WHERE number = ?").execute(arguments: [number]
            )
            guard restoring else { continue }
            try scope.db.cachedStatement(
                sql: "UPDATE schedules SET next_due = min(ifnull(next_due, ?1), ?1) WHERE name = ?2"
            )
            .execute(arguments: [due, name])
        }
    }

    private func isShared(_ run: RunID, besides number: Int64, _ db: Database) throws -> Bool {
        let statement = try db.cachedStatement(
            sql: """
                SELECT 1 FROM schedule_fires INDEXED BY schedule_fires_run
                WHERE live = 1 AND run = ? AND number <> ? LIMIT 1
                """)
        return try Int.fetchOne(statement, arguments: [run.blob, number]) != nil
    }

    // MARK: Times

    package func dueSchedules(at now: Date, ahead: TimeSpan, limit: Int) async throws -> DueSchedules {
        let fresh = now.milliseconds - FirePlan.tolerance.milliseconds
        return try await read { db in
            var due = DueSchedules()
            func add(_ sql: String, from start: Int64, through end: Int64) throws {
                let room = limit - due.count
                guard room > 0, start < end else { return }
                let rows = try Row.fetchAll(db.cachedStatement(sql: sql), arguments: [start, end, room])
                for row in rows {
                    do { due.schedules.append(try StoredSchedule(row: row)) } catch { due.unreadable.append(row[8]) }
                }
            }
            // What is due now comes before what is to be made up for: that may be much.
            try add(Self.dueSchedulesSQL, from: fresh, through: now.milliseconds)
            try add(Self.dueSchedulesSQL, from: .min, through: fresh)
            try add(Self.aheadSQL, from: now.milliseconds, through: now.adding(ahead).milliseconds)
            return due
        }
    }

    static let dueSchedulesSQL = """
        SELECT \(StoredSchedule.columns), name FROM schedules INDEXED BY schedules_due
        WHERE next_due > ? AND next_due <= ? ORDER BY next_due LIMIT ?
        """

    static let aheadSQL = """
        SELECT \(StoredSchedule.columns), name FROM schedules s INDEXED BY schedules_due
        WHERE next_due > ? AND next_due <= ?
          AND NOT EXISTS (SELECT 1 FROM schedule_fires f INDEXED BY schedule_fires_live
            WHERE f.schedule = s.name AND f.live = 1)
          AND NOT EXISTS (SELECT 1 FROM schedule_fires q INDEXED BY schedule_fires_queued
            WHERE q.schedule = s.name AND q.outcome = 'queued' AND q.kind <> 'backfill')
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

    package func replan(
        at now: Date, ahead: TimeSpan, _ next: @escaping @Sendable (StoredSchedule) -> Date??
    ) async throws -> Int {
        try await withdrawFar(after: now.adding(ahead), at: now)
        var (changed, name) = (0, "")
        while true {
            let from = name
            let page = try await read { try Self.named(after: from, 500, $0) }
            guard let last = page.last?.name else { return changed }
            let moved = page.compactMap { entry -> Move? in
                guard let stored = entry.stored, stored.isAhead(of: now), let planned = next(stored),
                    planned != stored.nextDue
                else { return nil }
                return Move(stored: stored, next: planned)
            }
            if !moved.isEmpty {
                changed += try await writer.write { scope in
                    let statement = try scope.db.cachedStatement(
                        sql: "UPDATE schedules SET next_due = ? WHERE name = ? AND version = ? AND next_due IS ?")
                    return try moved.reduce(0) { count, move in
                        try statement.execute(arguments: [
                            move.next?.milliseconds, move.stored.schedule.name, move.stored.version,
                            move.stored.nextDue?.milliseconds,
                        ])
                        return count + scope.db.changesCount
                    }
                }
            }
            name = last
        }
    }

    private struct Move: Sendable {
        let stored: StoredSchedule
        let next: Date?
    }

    /// The clock was set back: runs that were stored for times far ahead would be in the way until those come.
    private func withdrawFar(after horizon: Date, at now: Date) async throws {
        _ = try await writer.write { [self] scope in
            let statement = try scope.db.cachedStatement(
                sql: """
                    SELECT DISTINCT schedule FROM schedule_fires INDEXED BY schedule_fires_live
                    WHERE live = 1 AND kind = 'due' AND due > ?
                    """)
            for name in try String.fetchAll(statement, arguments: [horizon.milliseconds]) {
                try withdraw(name, after: horizon, restoring: true, &scope)
            }
            try settle(&scope)
        }
    }
}

extension StoredSchedule {
    /// Nobody has to act on it now. One without a next time may have been set aside.
    fileprivate func isAhead(of now: Date) -> Bool {
        if let nextDue { return nextDue > now }
        if case .at = schedule.cadence { return false }
        return pausedAt == nil
    }
}
