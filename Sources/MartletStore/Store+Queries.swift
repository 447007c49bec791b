package import Foundation
import GRDB
package import MartletCore

extension SQLiteStore {
    package func runs(_ query: RunQuery) async throws -> Page<Run> {
        let limit = min(max(query.limit, 1), 1000)
        return try await read { [decoding] db in
            if let search = RunSearch(query) {
                let (ids, end) = try search.ids(of: RunListing(query), limit: limit, db)
                return Page(items: try decoding.runs(ids, db), hasMore: end != nil, end: end)
            }
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
        /// The table, and its index if that is not the primary key.
        let source: String
        let id: String
        let condition: String
        let arguments: [String]
    }

    /// How far the filters' rows are counted, in rounds, to find the one that leaves the fewest.
    static let probes = [1000, 20_000]

    private let before: RunID
    private let since: RunID?
    private let coverage: Rights
    private let asked: [Filter]

    init(_ query: RunQuery) {
        // Ids begin with the instant at which they were made.
        before = [query.before, query.until.map(RunID.init(firstAt:))].compactMap { $0 }.min() ?? .last
        since = query.since.map(RunID.init(firstAt:))
        coverage = query.coverage
        asked = Self.filters(of: query)
    }

    func ids(limit: Int, _ db: Database) throws -> [RunID] {
        let filters = try filters(db)
        let driving = try driver(of: filters, db)
        let rest = filters.filter { !driving.covers.contains($0.name) }
        let found = try driving.walks.flatMap { walk in
            let statement = try db.cachedStatement(sql: sql(walk, rest))
            return try Data.fetchAll(statement, arguments: arguments(walk, rest, limit)).map(RunID.init(blob:))
        }
        return Array((driving.walks.count > 1 ? found.sorted(by: >) : found).prefix(limit))
    }

    /// What was asked for, and what may be seen.
    func filters(_ db: Database) throws -> [Filter] { asked + (try Self.filters(covering: coverage, db)) }

    func sql(_ walk: Walk, _ rest: [Filter]) -> String {
        let bounds = ["\(walk.id) < ?"] + (since == nil ? [] : ["\(walk.id) >= ?"])
        let conditions = [walk.condition] + bounds + rest.map(\.condition)
        let join = walk.id == "r.id" ? "" : " CROSS JOIN runs r ON r.id = \(walk.id)"
        // A run is in a group once for each of its batches.
        let distinct = walk.id == "g.run" ? "DISTINCT " : ""
        return """
            SELECT \(distinct)\(walk.id) FROM \(walk.source)\(join) WHERE \(conditions.joined(separator: " AND ")) \
            ORDER BY \(walk.id) DESC LIMIT ?
            """
    }

    func arguments(_ walk: Walk, _ rest: [Filter], _ limit: Int) -> StatementArguments {
        StatementArguments(walk.arguments) + StatementArguments([before, since].compactMap { $0?.blob })
            + StatementArguments(rest.flatMap(\.arguments)) + [limit]
    }

    /// The filter with the fewest rows; the first one when all have more than the last probe counts.
    func driver(of filters: [Filter], _ db: Database) throws -> Filter {
        guard filters.count > 1 else { return filters.first ?? Self.everything }
        for probe in Self.probes {
            let counted = try filters.map { (filter: $0, rows: try count($0, upTo: probe, db)) }
            if let fewest = counted.min(by: { $0.rows < $1.rows }), fewest.rows < probe { return fewest.filter }
        }
        return filters[0]
    }

    private func count(_ filter: Filter, upTo most: Int, _ db: Database) throws -> Int {
        var rows = 0
        for walk in filter.walks where rows < most {
            let statement = try db.cachedStatement(sql: sqlToCount(walk))
            let arguments = StatementArguments(walk.arguments) + [before.blob, most - rows]
            rows += try Int.fetchOne(statement, arguments: arguments) ?? 0
        }
        return rows
    }

    private func sqlToCount(_ walk: Walk) -> String {
        """
        SELECT count(*) FROM (SELECT 1 FROM \(walk.source) WHERE \(walk.condition) AND \(walk.id) < ? LIMIT ?)
        """
    }
}
