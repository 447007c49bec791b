package import Foundation
import GRDB
package import MartletCore

/// Figures for those who may not see all runs: counted anew each time, from a bounded number of runs.
extension SQLiteStore {
    private static let ends = RunState.allCases.filter(\.isEnd)

    /// The newest ends of one state; with its place as `OFFSET`, the end of the first run that is not looked at.
    private static let newestEnds = """
        SELECT id, job, state, started_at, finished_at FROM runs INDEXED BY runs_ended
        WHERE state = ? AND finished_at >= ? ORDER BY finished_at DESC LIMIT ?
        """

    static func coveredHourSQL(_ conditions: [String]) -> String {
        let newest = ends.map { _ in "SELECT * FROM (\(newestEnds))" }.joined(separator: " UNION ALL ")
        return """
            SELECT r.finished_at / \(HourFigures.milliseconds), r.state, \(Schema.span("r.")), count(*) FROM (\(newest)) r
            WHERE \(conditions.joined(separator: " AND ")) GROUP BY 1, 2, 3 ORDER BY 1
            """
    }

    package func hours(since start: Date, covering rights: Rights) async throws -> CoveredFigures {
        try await read { db in
            let since = try Self.whole(since: start, db)
            let filters = try RunListing.filters(covering: rights, db)
            var arguments = StatementArguments()
            for state in Self.ends { arguments += [state.rawValue, since.milliseconds, CoveredFigures.most] }
            arguments += StatementArguments(filters.flatMap(\.arguments))
            let sql = Self.coveredHourSQL(filters.map(\.condition))
            let rows = try Row.fetchAll(db.cachedStatement(sql: sql), arguments: arguments)
            return CoveredFigures(hours: try HourFigures.each(rows), since: since)
        }
    }

    /// The first hour of which no end is left out.
    private static func whole(since start: Date, _ db: Database) throws -> Date {
        let statement = try db.cachedStatement(sql: "SELECT finished_at FROM (\(newestEnds) OFFSET ?)")
        var since = start
        for state in ends {
            let left = try Int64.fetchOne(
                statement, arguments: [state.rawValue, start.milliseconds, 1, CoveredFigures.most])
            guard let left else { continue }
            let next = (left / HourFigures.milliseconds + 1) * HourFigures.milliseconds
            since = max(since, Date(milliseconds: next))
        }
        return since
    }

    package func present(covering rights: Rights) async throws -> PresentFigures {
        try await read { db in
            let filters = try RunListing.filters(covering: rights, db)
            let conditions = filters.map(\.condition).joined(separator: " AND ")
            let statement = try db.cachedStatement(
                sql: """
                    SELECT count(*) FROM (SELECT id, job FROM runs INDEXED BY runs_state WHERE state = ? LIMIT ?) r
                    WHERE \(conditions)
                    """)
            var counts: [RunState: Int] = [:]
            for state in RunState.allCases where !state.isEnd {
                let arguments: StatementArguments = [state.rawValue, CoveredFigures.most]
                counts[state] =
                    try Int.fetchOne(
                        statement, arguments: arguments + StatementArguments(filters.flatMap(\.arguments))) ?? 0
            }
            return PresentFigures(runs: counts)
        }
    }
}
