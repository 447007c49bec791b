import Foundation
import GRDB
import MartletCore
import Testing

@testable import MartletStore

/// What the console reads: figures by the hour, searches, sessions.
@Suite struct ConsoleStoreTests {
    let fixture: StoreFixture
    var store: SQLiteStore { fixture.store }
    init() throws { fixture = try StoreFixture() }

    private static let hour: TimeInterval = 3600
    /// The beginning of an hour.
    private static let start = Date(timeIntervalSince1970: 1_700_002_800)

    /// Inserts, starts and ends a run that takes so long.
    private func end(_ code: Int32, at now: Date, after seconds: TimeInterval, job: String? = nil) async throws {
        let run = job.map { fixture.run(job: $0) } ?? fixture.run()
        try await fixture.insert(run)
        try await fixture.apply(.claim, to: run.id, at: now - seconds)
        let exit = TaskExit(ending: .exited(code: code), endedAt: now)
        try await fixture.apply(.taskFinished(exit, Verdict(code == 0 ? .ok : .exit)), to: run.id, at: now)
    }

    @Test func `each hour has its ends and how long they took`() async throws {
        for seconds in 1...20 { try await end(0, at: Self.start + 60, after: Double(seconds)) }
        try await end(1, at: Self.start + 2 * Self.hour, after: 0.25)
        try await fixture.apply(.stop(.user), to: try await fixture.insert(fixture.run()), at: Self.start + 61)
        let hours = try await store.hours(since: Self.start)
        #expect(hours.map(\.at) == [Self.start, Self.start + 2 * Self.hour])
        #expect(hours[0].ended == [.succeeded: 20, .cancelled: 1] && hours[1].ended == [.failed: 1])
        #expect(hours[0].median == .seconds(10) && hours[0].slow == .seconds(19))
        #expect(hours[1].median == .milliseconds(250))
        #expect(try await store.hours(since: Self.start + Self.hour).count == 1)
    }

    @Test func `spans are kept with two digits`() async throws {
        for seconds in [0, 0.007, 0.25, 123.456] { try await end(0, at: Self.start, after: seconds) }
        let spans = try await store.read { db in
            try Int64.fetchAll(db, sql: "SELECT span FROM run_hours ORDER BY span")
        }
        #expect(spans == [0, 7, 250, 120_000])
    }

    @Test func `a token for some jobs has the figures of these`() async throws {
        for seconds in 1...20 { try await end(0, at: Self.start + 60, after: Double(seconds), job: "own-a") }
        try await end(1, at: Self.start + 60, after: 500, job: "foreign")
        try await end(1, at: Self.start + 2 * Self.hour, after: 500)
        try await fixture.apply(.claim, to: try await fixture.insert(fixture.run(job: "own-b")))
        for job in ["own-b", "foreign"] { try await fixture.insert(fixture.run(job: job)) }
        let rights = Rights(role: .read, jobs: [try #require(NamePattern("own-*"))])
        let figures = try await store.hours(since: Self.start, covering: rights)
        #expect(figures.since == Self.start && figures.hours.map(\.ended) == [[.succeeded: 20]])
        #expect(figures.hours.first?.median == .seconds(10) && figures.hours.first?.slow == .seconds(19))
        #expect(
            try await store.present(covering: rights).runs == [.pending: 1, .running: 1, .stopping: 0, .paused: 0])
        let none = Rights(role: .read, labels: ["team": try #require(NamePattern("db"))])
        #expect(try await store.hours(since: Self.start, covering: none).hours.isEmpty)
    }

    @Test func `of very many ends the figures of a token begin where they are whole`() async throws {
        let run = fixture.run(job: "own-a")
        try await fixture.insert(run)
        // One a second, the newest last.
        let (count, newest) = (CoveredFigures.most + 5000, Self.start + 20 * Self.hour)
        try await store.pool.write { db in
            try db.execute(
                sql: """
                    WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ?)
                    INSERT INTO runs (id, job, driver, state, attempt, task, created_at, due_at, started_at, finished_at,
                      log_bytes, version, detail)
                    SELECT CAST(printf('%016d', n) AS BLOB), 'own-a', 'command', 'succeeded', 1, 0, 0, 0, ? - n * 1000,
                      ? - n * 1000, 0, 1, (SELECT detail FROM runs) FROM c
                    """, arguments: [count, newest.milliseconds, newest.milliseconds])
        }
        let rights = Rights(role: .read, jobs: [try #require(NamePattern("own-*"))])
        let figures = try await store.hours(since: Self.start, covering: rights)
        // 20,000 seconds are five hours and a half: five are whole.
        #expect(figures.since == newest - 5 * Self.hour)
        #expect(figures.hours.map(\.ended) == Array(repeating: [.succeeded: 3600], count: 5))
        #expect(try await store.hours(since: newest - 3 * Self.hour, covering: rights).hours.count == 3)
    }

    @Test func `present runs are counted by state`() async throws {
        for _ in 0..<3 { try await fixture.insert(fixture.run()) }
        try await fixture.apply(.claim, to: try await fixture.insert(fixture.run()))
        let counts = try await store.present().runs
        #expect(counts == [.pending: 3, .running: 1, .stopping: 0, .paused: 0])
    }

    @Test func `a search looks into names, parameters and labels`() async throws {
        let plain = try await fixture.insert(fixture.run(job: "Nightly_Dump"))
        let labelled = try await fixture.insert(fixture.run(labels: ["team": "50% data"]))
        func found(_ text: String) async throws -> [RunID] {
            var query = RunQuery()
            query.text = text
            return try await store.runs(query).items.map(\.id)
        }
        #expect(try await found("nightly_d") == [plain])
        #expect(try await found("0% d") == [labelled])
        // Neither sign stands for anything else.
        #expect(try await found("nightly%d") == [])
        #expect(try await found("night_y") == [])
        #expect(try await found("/data") == [labelled, plain])
    }

    @Test func `pages of a search give every match once`() async throws {
        for number in 0..<50 { try await fixture.insert(fixture.run(job: number % 3 == 0 ? "wanted" : "other")) }
        var query = RunQuery()
        (query.text, query.limit) = ("wanted", 4)
        var found: Set<RunID> = []
        while true {
            let page = try await store.runs(query)
            #expect(page.items.allSatisfy { found.insert($0.id).inserted })
            guard page.hasMore else { break }
            query.before = page.end
        }
        #expect(found.count == 17)
    }

    @Test func `times bound a listing`() async throws {
        let runs = (0..<5).map { fixture.run(at: StoreFixture.start + Double($0) * 60) }
        for run in runs { try await fixture.insert(run) }
        var query = RunQuery()
        (query.since, query.until) = (StoreFixture.start + 60, StoreFixture.start + 180)
        #expect(try await store.runs(query).items.map(\.id) == [runs[2].id, runs[1].id])
    }

    @Test func `sessions are stored without their secret and forgotten`() async throws {
        let session = Session(
            digest: store.digest(Secret("mls_one")), token: store.digest(Secret("mlt_one")), createdAt: Self.start,
            usedAt: Self.start)
        try await store.insert(session, owner: "one")
        try await store.recordSessionUse([session.digest: Self.start + 60])
        #expect(try await store.sessions().map(\.usedAt) == [Self.start + 60])
        try await store.deleteSessions([session.digest])
        #expect(try await store.sessions().isEmpty)
    }
}
