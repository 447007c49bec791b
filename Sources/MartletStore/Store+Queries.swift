package import Foundation
import GRDB
package import MartletCore

extension SQLiteStore {
    package func runs(_ query: RunQuery) async throws -> Page<Run> {
        let limit = min(max(query.limit, 1), 1000)
        return try await read { [decoding] db in
            let ids = try RunListing(query).ids(limit: limit + 1, db)
            return Page(items: try decoding.runs(Array(ids.prefix(limit)), db), hasMore: ids.count > limit)
        }
    }

    package func liveRuns() async throws -> [Run] {
        try await read { [decoding] db in
            let statement = try db.cachedStatement(
                sql: "SELECT id FROM runs INDEXED BY runs_live WHERE state IN ('running','stopping')")
            let ids = try Data.fetchAll(statement).map(RunID.init(blob:))
            return try decoding.runs(ids.sorted(), db)
        }
    }

    package func nextDue() async throws -> Date? {
        try await read { db in
            // One step per driver: the first lane of each is its earliest.
            let statement = try db.cachedStatement(
                sql: """
                    SELECT driver, due_at FROM lanes INDEXED BY lanes_due
                    WHERE driver > ? ORDER BY driver, due_at LIMIT 1
                    """)
            var (driver, earliest) = ("", Int64?.none)
            while let row = try Row.fetchOne(statement, arguments: [driver]) {
                driver = row[0]
                earliest = min(earliest ?? .max, row[1])
            }
            return earliest.map { Date(milliseconds: $0) }
        }
    }
}

/// A listing of runs, newest first: one filter drives, by an index that is in id order, the others are
/// looked up for each run that it finds.
struct RunListing {
    /// One filter: the walk over its index, and the same as a condition.
    struct Filter {
        /// One walk, or one for each state when the index starts with the state.
        let walks: [Walk]
        let condition: String
        let arguments: [String]
        /// Filters whose conditions the walk needs not check again.
        let covers: Set<String>
        let name: String
    }

    /// `FROM … WHERE …` over an index in the order of `id`.
    struct Walk {
        let from: String
        let id: String
        let condition: String
        let arguments: [String]
    }

    /// How far a filter's rows are counted, to find the filter that leaves the fewest.
    static let probe = 2000

    private let before: RunID
    private let filters: [Filter]

    init(_ query: RunQuery) {
        before = query.before ?? .last
        filters = Self.filters(of: query)
    }

    func ids(limit: Int, _ db: Database) throws -> [RunID] {
        let driving = try driver(db)
        let rest = filters.filter { !driving.covers.contains($0.name) }
        let found = try driving.walks.flatMap { walk in
            let statement = try db.cachedStatement(sql: sql(walk, rest))
            return try Data.fetchAll(statement, arguments: arguments(walk, rest, limit)).map(RunID.init(blob:))
        }
        return Array((driving.walks.count > 1 ? found.sorted(by: >) : found).prefix(limit))
    }

    func sql(_ walk: Walk, _ rest: [Filter]) -> String {
        let conditions = [walk.condition, "\(walk.id) < ?"] + rest.map(\.condition)
        let distinct = walk.from.contains("run_groups") ? "DISTINCT " : ""
        return """
            SELECT \(distinct)\(walk.id) FROM \(walk.from) WHERE \(conditions.joined(separator: " AND ")) \
            ORDER BY \(walk.id) DESC LIMIT ?
            """
    }

    func arguments(_ walk: Walk, _ rest: [Filter], _ limit: Int) -> StatementArguments {
        StatementArguments(walk.arguments) + [before.blob] + StatementArguments(rest.flatMap(\.arguments))
            + [limit]
    }

    /// The filter with the fewest rows, as far as counting goes; among equals the first.
    func driver(_ db: Database) throws -> Filter {
        guard filters.count > 1 else { return filters.first ?? Self.everything }
        var best: (filter: Filter, rows: Int)?
        for filter in filters {
            let rows = try filter.walks.reduce(0) { sum, walk in
                let statement = try db.cachedStatement(sql: sqlToCount(walk))
                let arguments = StatementArguments(walk.arguments) + [before.blob, Self.probe]
                return sum + (try Int.fetchOne(statement, arguments: arguments) ?? 0)
            }
            if rows < best?.rows ?? .max { best = (filter, rows) }
            if rows == 0 { break }
        }
        return best?.filter ?? Self.everything
    }

    private func sqlToCount(_ walk: Walk) -> String {
        """
        SELECT count(*) FROM (SELECT 1 FROM \(walk.from) WHERE \(walk.condition) AND \(walk.id) < ? LIMIT ?)
        """
    }
}
