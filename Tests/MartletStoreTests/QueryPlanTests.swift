import Foundation
import GRDB
import MartletCore
import Testing

@testable import MartletStore

/// What SQLite does for each listing, on a million runs with three million events.
@Suite struct QueryPlans {
    @Test func `no listing scans runs or events`() async throws {
        let fixture = try StoreFixture()
        try await populate(fixture)
        try await fixture.store.read { db in
            for query in Self.queries { try check(query, db) }
            for sql in [
                SQLiteStore.eventSQL(ofOneRun: false), SQLiteStore.eventRangeSQL, SQLiteStore.newestClaimSQL,
                SQLiteStore.latestBatchSQL([]), SQLiteStore.startedEventSQL, SQLiteStore.dueSchedulesSQL,
                SQLiteStore.aheadSQL, SQLiteStore.hourSQL, SQLiteStore.fireTimesSQL,
                SQLiteStore.plannedSQL,
            ] {
                try expectSeeks(sql, db)
            }
            try expectSeeks(SQLiteStore.eventSQL(ofOneRun: true), db)
        }
        try await printLatencies(fixture.store)
    }

    private static let coverage = Rights(
        role: .read, jobs: ["job-7", "job-1*"].compactMap(NamePattern.init),
        labels: ["env": NamePattern("pr*")].compactMapValues { $0 })

    static let queries: [RunQuery] = (0..<128).flatMap { combination in
        var query = RunQuery()
        if combination & 1 != 0 { query.group = "g5" }
        if combination & 2 != 0 { query.batch = "b5" }
        if combination & 4 != 0 { query.driver = "command" }
        if combination & 8 != 0 { query.job = "job-7" }
        if combination & 16 != 0 { query.key = "key-50" }
        if combination & 32 != 0 { query.labels = ["env": "prod"] }
        if combination & 64 != 0 { query.states = [.failed, .running] }
        var later = query
        later.before = RunID(high: 0x018b_cfe5_6800_7000, low: 0)
        var bound = query
        bound.coverage = coverage
        var within = query
        (within.since, within.until) = (StoreFixture.start, StoreFixture.start + 3600)
        return [query, later, bound, within]
    }

    /// Every filter is tried as the driving one, whatever the statistics choose.
    private func check(_ query: RunQuery, _ db: Database) throws {
        let listing = RunListing(query)
        let filters = try listing.filters(db)
        for filter in filters.isEmpty ? [RunListing.everything] : filters {
            let rest = filters.filter { !filter.covers.contains($0.name) }
            for walk in filter.walks { try expectSeeks(listing.sql(walk, rest), db) }
        }
    }

    private func expectSeeks(_ sql: String, _ db: Database) throws {
        let rows = try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + sql, arguments: nulls(sql))
        for detail in rows.map({ $0["detail"] as String }) {
            let isScan = detail.hasPrefix("SCAN") && detail != "SCAN CONSTANT ROW"
            // The unfiltered listing walks the primary key from its cursor.
            #expect(!isScan && !detail.contains("TEMP B-TREE"), "\(detail) in \(sql)")
        }
    }

    private func nulls(_ sql: String) -> StatementArguments {
        StatementArguments(sql.filter { $0 == "?" }.map { _ in DatabaseValue.null })
    }

    // MARK: A million runs

    static let count = 1_000_000

    /// A hundred jobs, three drivers, mostly succeeded; the newest 2,000 are pending, 50 are running.
    private func populate(_ fixture: StoreFixture) async throws {
        let clock = ContinuousClock.now
        let template = fixture.run(job: "job-0")
        let job = try StoredJSON.text(template.job)
        let detail = try StoredJSON.text(template.detail)
        try await fixture.store.pool.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; PRAGMA foreign_keys = OFF")
        }
        try await fixture.store.pool.write { db in
            try db.execute(sql: Self.numbers, arguments: [Self.count])
            try db.execute(sql: Self.runs, arguments: [detail])
            try db.execute(
                sql: """
                    INSERT INTO run_inputs (run, job, params, labels, trigger)
                      SELECT id, ?, '{}', '{}', '{"source":"api"}' FROM bulk
                    """, arguments: [job])
            try db.execute(sql: Self.memberships)
            try db.execute(sql: "DROP TABLE bulk; PRAGMA cache_size = -4096")
        }
        print("populated \(Self.count) runs in \(ContinuousClock.now - clock)")
    }

    /// Ids are sixteen digits, so that they sort as the numbers do.
    private static let numbers = """
        CREATE TEMP TABLE bulk (n INTEGER PRIMARY KEY, id BLOB);
        INSERT INTO bulk
          WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ?)
          SELECT n, CAST(printf('%016d', n) AS BLOB) FROM c;
        """

    private static let runs = """
        WITH staged AS (
          SELECT n, id, CASE WHEN n > 998000 THEN 'pending' WHEN n > 997950 THEN 'running'
            WHEN n % 40 = 0 THEN 'failed' WHEN n % 500 = 1 THEN 'cancelled' ELSE 'succeeded' END AS state
          FROM bulk)
        INSERT INTO runs (id, job, driver, state, attempt, task, created_at, due_at, started_at, finished_at,
          key, live_key, log_bytes, version, detail)
        SELECT id, iif(n % 3, 'job-' || (n % 100), ''), iif(n % 10, 'command', 'load'), state, 1, 0, n, n, n,
          iif(n > 997950, NULL, n + 5), iif(n % 50, NULL, 'key-' || n), iif(n % 50 OR n <= 997950, NULL, 'key-' || n),
          0, 3, ? FROM staged
        """

    private static let memberships = """
        INSERT INTO run_groups SELECT 'g' || (n % 1000), id, 'b' || (n % 20000) FROM bulk WHERE n % 5 = 0;
        INSERT INTO run_labels SELECT 'env', iif(n % 4, 'prod', 'test'), id FROM bulk WHERE n % 3 = 0;
        INSERT INTO events (run, kind, from_state, to_state, attempt, task, reason, at)
          SELECT id, 'state', 'pending', 'running', 1, 0, '{"queued":{}}', n FROM bulk;
        """

    // MARK: Figures, printed and not asserted

    private func printLatencies(_ store: SQLiteStore) async throws {
        try await time("claim 16") {
            _ = try await store.claim(limit: 16, within: DispatchLimits(runs: 100_000), at: .distantFuture)
        }
        try await time("nextDue") { _ = try await store.nextDue() }
        try await time("events of all") { _ = try await store.events(of: nil, after: 500_000, limit: 50) }
        try await time("expired") {
            _ = try await store.expired(under: RetentionPolicy(runsPerJob: 1000), at: StoreFixture.start, limit: 100)
        }
        for query in Self.queries.filter({
            $0.before == nil && Self.filterCount($0) <= ($0.coverage.isRestricted ? 0 : 2)
        }) {
            try await time(Self.describe(query)) { _ = try await store.runs(query) }
        }
    }

    private static func filterCount(_ query: RunQuery) -> Int {
        RunListing.filters(of: query).count
    }

    private static func describe(_ query: RunQuery) -> String {
        "list by " + RunListing.filters(of: query).map(\.name).joined(separator: " and ")
    }

    private func time(_ name: String, _ body: () async throws -> Void) async throws {
        var durations: [Duration] = []
        for _ in 0..<20 {
            let start = ContinuousClock.now
            try await body()
            durations.append(ContinuousClock.now - start)
        }
        durations.sort()
        print("\(name): p50 \(durations[9]), worst of 20 \(durations[19])")
    }
}
