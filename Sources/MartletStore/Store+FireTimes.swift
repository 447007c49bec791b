package import Foundation
import GRDB
package import MartletCore

/// Times of all schedules, passed and ahead.
extension SQLiteStore {
    static let fireTimesSQL = """
        SELECT \(Fire.columns) FROM schedule_fires INDEXED BY schedule_fires_due
        WHERE (due, number) > (?, ?) AND due < ? ORDER BY due, number LIMIT ?
        """

    static let plannedSQL = """
        SELECT \(StoredSchedule.columns), id FROM schedules INDEXED BY schedules_due
        WHERE next_due IS NOT NULL AND (next_due, id) > (?, ?) AND next_due < ? ORDER BY next_due, id LIMIT ?
        """

    package func fires(_ page: FireTimePage) async throws -> [Fire] {
        try await read { db in
            let (start, end) = (page.times.lowerBound.milliseconds, page.times.upperBound.milliseconds)
            return try Row.fetchAll(
                db.cachedStatement(sql: Self.fireTimesSQL),
                arguments: [start, page.number ?? 0, end, page.limit]
            ).map(Fire.init(row:))
        }
    }

    package func plannedSchedules(
        before end: Date, after position: PlannedSchedule?, limit: Int
    ) async throws -> [PlannedSchedule] {
        try await read { db in
            let start = position?.nextDue.milliseconds ?? .min
            return try Row.fetchAll(
                db.cachedStatement(sql: Self.plannedSQL),
                arguments: [start, position?.id ?? 0, end.milliseconds, limit]
            ).map { row in
                PlannedSchedule(
                    id: row[8], nextDue: Date(milliseconds: row[6]), stored: try? StoredSchedule(row: row))
            }
        }
    }
}
