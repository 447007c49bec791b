package import Foundation
import GRDB
package import MartletCore

extension SQLiteStore {
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
        let isAhead = order.stored.nextDue.map { $0 > now } ?? false
        // Whether it joins another run, or is one too many, is seen when its time has come.
        guard try isCurrent(order.stored, scope.db), !isAhead || !order.depends,
            try !isAhead || holder(of: schedule.name, scope.db) == nil
        else {
            result.isPut = false
            return result
        }
        // Where a later time is made up for, that one is awaited. Pings that came while nobody was there could not be
        // noted: that is no fault of the work.
        let isAwaited = !schedule.isWatch && !order.starts
        for step in order.steps { try put(step, of: schedule, missedIsAwaited: isAwaited, at: now, &result, &scope) }
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
        _ step: PreparedOrder.Step, of schedule: Schedule, missedIsAwaited: Bool, at now: Date,
        _ result: inout FireResult, _ scope: inout WriteScope
    ) throws {
        func insert(
            _ due: Date, _ outcome: FireOutcome, _ why: String?, through: Date? = nil, count: Int = 1, isAwaited: Bool
        ) throws {
            let fire = Fire(
                number: 0, schedule: schedule.name, due: due, kind: .due, at: now, outcome: outcome, why: why,
                through: through == due ? nil : through, count: count, endedAt: now)
            let overdueAt = isAwaited ? schedule.grace.map { (through ?? due).adding($0) } : nil
            if let fire = try fire.insert(isLive: false, overdueAt: overdueAt, scope.db) { result.fires.append(fire) }
        }
        switch step {
        case .missed(let due, let through, let count, let why):
            try insert(due, .missed, why, through: through, count: count, isAwaited: missedIsAwaited)
        case .refuse(let due, let why): try insert(due, .refused, String(why.prefix(1000)), isAwaited: true)
        case .watch(let due):
            if let fire = try beginWatch(schedule, due: due, at: now, scope.db) { result.fires.append(fire) }
        case .run(let due, let row): try start(schedule, .due, due: due, row, at: now, &result, &scope)
        }
    }

    package func setAside(_ names: [String], why: String, at now: Date) async throws {
        try await writer.write { scope in
            for name in names {
                let due = try Int64.fetchOne(
                    scope.db, sql: "SELECT next_due FROM schedules WHERE name = ?", arguments: [name])
                let fire = Fire(
                    number: 0, schedule: name, due: due.map { Date(milliseconds: $0) } ?? now, kind: .due, at: now,
                    outcome: .refused, why: String(why.prefix(1000)), endedAt: now)
                _ = try fire.insert(isLive: false, overdueAt: nil, scope.db)
                try scope.db.cachedStatement(sql: "UPDATE schedules SET next_due = NULL WHERE name = ?")
                    .execute(arguments: [name])
            }
        }
    }

    // MARK: Asked for

    package func fire(
        _ stored: StoredSchedule, _ kind: Fire.Kind, due: [Date], runs: [NewRun], at now: Date
    ) async throws -> FireResult {
        let rows = try runs.map { try InsertRow($0, box, encoding) }
        return try await writer.write { [self] scope in
            let schedule = stored.schedule
            guard try StoredSchedule.find(schedule.name, scope.db)?.version == stored.version else {
                throw MartletError(.conflict, "the schedule \(schedule.name) was changed at this moment; try again")
            }
            var result = FireResult()
            if kind == .manual {
                try withdraw(schedule.name, after: now, restoring: true, &scope)
                if schedule.overlap == .skip, let holder = try holder(of: schedule.name, scope.db) {
                    throw MartletError(
                        .conflict,
                        "\(holder.text) of the schedule \(schedule.name) is not over, and its overlap is skip")
                }
            }
            for (index, due) in due.enumerated() {
                if kind == .backfill { try forgetFailedBackfill(schedule.name, due, scope.db) }
                // One after the other, however many there are: only where runs may overlap they are all started.
                if rows.isEmpty {
                    let entry = Fire(
                        number: 0, schedule: schedule.name, due: due, kind: kind, at: now, outcome: .queued,
                        why: "it waits for its turn")
                    if let entry = try entry.insert(isLive: false, overdueAt: nil, scope.db) {
                        result.fires.append(entry)
                    }
                } else {
                    try start(schedule, kind, due: due, rows[index], at: now, &result, &scope)
                }
            }
            try settle(&scope)
            try scope.changed("schedule \(schedule.name)", after: "\(result.fires.count) fires")
            return result
        }
    }

    /// It may be made up for once more.
    private func forgetFailedBackfill(_ name: String, _ due: Date, _ db: Database) throws {
        try db.cachedStatement(
            sql: """
                DELETE FROM schedule_fires INDEXED BY schedule_fires_time WHERE schedule = ? AND due = ? AND kind = 'backfill'
                  AND outcome <> 'missed' AND through IS NULL AND outcome IN ('skipped','refused')
                """
        ).execute(arguments: [name, due.milliseconds])
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
    /// What becomes of its runs depends on others.
    let depends: Bool
    /// Some of its times have a run.
    let starts: Bool

    init(_ order: FireOrder, _ box: SecretBox, _ encoding: InsertRow.Encoding) throws {
        stored = order.stored
        next = order.next
        let runs = order.steps.compactMap { step in if case .run(_, let new) = step { new } else { nil } }
        starts = !runs.isEmpty
        depends = runs.contains { $0.admission != nil || $0.claim != nil || $0.run.key != nil }
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
