package import Foundation
import GRDB
package import MartletCore

extension SQLiteStore: FigureStore {
    static let hourSQL = "SELECT hour, state, span, count FROM run_hours WHERE hour >= ? ORDER BY hour"
    static let presentSQL =
        "SELECT count(*) FROM (SELECT 1 FROM runs INDEXED BY runs_state WHERE state = ? LIMIT ?)"

    package func hours(since start: Date) async throws -> [HourFigures] {
        let first = start.milliseconds / HourFigures.milliseconds
        return try await read { db in
            try HourFigures.each(Row.fetchAll(db.cachedStatement(sql: Self.hourSQL), arguments: [first]))
        }
    }

    package func present() async throws -> PresentFigures {
        try await read { db in
            let statement = try db.cachedStatement(sql: Self.presentSQL)
            var counts: [RunState: Int] = [:]
            for state in RunState.allCases where !state.isEnd {
                counts[state] = try Int.fetchOne(statement, arguments: [state.rawValue, PresentFigures.most]) ?? 0
            }
            return PresentFigures(runs: counts)
        }
    }
}

extension HourFigures {
    static let milliseconds: Int64 = 3_600_000

    /// `rows` of hour, state, span and count, in the order of hours.
    static func each(_ rows: [Row]) throws -> [HourFigures] {
        var figures: [HourFigures] = []
        var rest = rows[...]
        while let hour = rest.first?[0] as Int64? {
            let rowsOfHour = rest.prefix { ($0[0] as Int64) == hour }
            figures.append(try HourFigures(hour, rowsOfHour))
            rest = rest[rowsOfHour.endIndex...]
        }
        return figures
    }

    /// `rows` of one hour: state, span and count.
    fileprivate init(_ hour: Int64, _ rows: ArraySlice<Row>) throws {
        var ended: [RunState: Int] = [:]
        var spans: [(span: Int64, count: Int)] = []
        for row in rows {
            let state: RunState = try word(row[1])
            ended[state, default: 0] += row[3]
            if row[2] >= Int64(0) { spans.append((row[2], row[3])) }
        }
        spans.sort { $0.span < $1.span }
        let all = spans.reduce(0) { $0 + $1.count }
        // The first span that so many runs do not exceed.
        func span(of part: Int) -> Duration? {
            var left = (all * part + 99) / 100
            return spans.first {
                left -= $0.count
                return left <= 0
            }.map { .milliseconds($0.span) }
        }
        self.init(
            at: Date(milliseconds: hour * Self.milliseconds), ended: ended, median: span(of: 50), slow: span(of: 95))
    }
}
