import Foundation
import GRDB
import MartletCore

extension StoredSchedule {
    static let columns = "definition, version, source, anchor, created_at, updated_at, next_due, paused_at"

    init(row: Row) throws {
        self.init(
            schedule: try StoredJSON.value(row[0]), version: row[1], source: row[2], anchor: Date(milliseconds: row[3]),
            createdAt: Date(milliseconds: row[4]), updatedAt: Date(milliseconds: row[5]),
            nextDue: (row[6] as Int64?).map { Date(milliseconds: $0) },
            pausedAt: (row[7] as Int64?).map { Date(milliseconds: $0) })
    }

    static func find(_ name: String, _ db: Database) throws -> StoredSchedule? {
        let statement = try db.cachedStatement(sql: "SELECT \(columns) FROM schedules WHERE name = ?")
        return try Row.fetchOne(statement, arguments: [name]).map(StoredSchedule.init(row:))
    }

    func save(_ db: Database) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO schedules
                  (name, version, definition, source, anchor, created_at, updated_at, next_due, paused_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (name) DO UPDATE SET version = excluded.version, definition = excluded.definition,
                  source = excluded.source, anchor = excluded.anchor, updated_at = excluded.updated_at,
                  next_due = excluded.next_due, paused_at = excluded.paused_at
                """
        ).execute(arguments: [
            schedule.name, version, try StoredJSON.text(schedule), source, anchor.milliseconds, createdAt.milliseconds,
            updatedAt.milliseconds, nextDue?.milliseconds, pausedAt?.milliseconds,
        ])
    }
}

extension Fire {
    static let columns = """
        number, schedule, due, kind, at, outcome, why, run, through, count, started_at, ended_at, is_overdue, note
        """

    init(row: Row) throws {
        func date(_ milliseconds: Int64) -> Date { Date(milliseconds: milliseconds) }
        self.init(
            number: row[0], schedule: row[1], due: date(row[2]), kind: try word(row[3]), at: date(row[4]),
            outcome: try word(row[5]), why: row[6], run: try (row[7] as Data?).map(RunID.init(blob:)),
            through: (row[8] as Int64?).map(date), count: row[9], startedAt: (row[10] as Int64?).map(date),
            endedAt: (row[11] as Int64?).map(date), isOverdue: row[12], note: row[13])
    }

    static func find(_ number: Int64, _ db: Database) throws -> Fire? {
        let statement = try db.cachedStatement(sql: "SELECT \(columns) FROM schedule_fires WHERE number = ?")
        return try Row.fetchOne(statement, arguments: [number]).map(Fire.init(row:))
    }

    /// Stores it unless its time has an entry of its kind already. Nil: it has.
    func insert(isLive: Bool, overdueAt: Date?, _ db: Database) throws -> Fire? {
        try db.cachedStatement(
            sql: """
                INSERT INTO schedule_fires (schedule, due, kind, at, outcome, why, run, live, through, count, started_at,
                  ended_at, overdue_at, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (schedule, due, kind) WHERE outcome <> 'missed' AND through IS NULL DO NOTHING
                """
        ).execute(arguments: [
            schedule, due.milliseconds, kind.rawValue, at.milliseconds, outcome.rawValue, why, run?.blob, isLive,
            through?.milliseconds, count, startedAt?.milliseconds, endedAt?.milliseconds, overdueAt?.milliseconds, note,
        ])
        guard db.changesCount == 1 else { return nil }
        return Fire(
            number: db.lastInsertedRowID, schedule: schedule, due: due, kind: kind, at: at, outcome: outcome, why: why,
            run: run, through: through, count: count, startedAt: startedAt, endedAt: endedAt, note: note)
    }
}
