import Foundation
import ReplicationFixtures
import Replicator
import SQLClient
import Testing

/// contract §F.20 and §C.12: a copy that ends goes on where it was, and what it read at one place of the binlog is one state.
@Suite(.serialized)
struct CopyResumeTests {
    private static func fill(_ fixture: CopyFixture, _ table: String, _ columns: String, rows: Int) throws {
        try fixture.source.run("CREATE TABLE \(table) (\(columns))")
        for start in stride(from: 1, through: rows, by: 500) {
            let values = (start..<min(start + 500, rows + 1)).map { "(\($0), '\(String(repeating: "x", count: 200))')" }
            try fixture.source.run("INSERT INTO \(table) VALUES \(values.joined(separator: ","))")
        }
    }

    /// Runs until `condition`, then ends everything at once, as a kill would.
    static func interrupt(_ copy: FullCopy, when condition: @escaping @Sendable (CopyProgress) -> Bool) -> (
        any Error
    )? {
        let outcome = Monitor<(any Error)?>(nil)
        let thread = OwnThread("copy") {
            do { _ = try copy.run() } catch { outcome.withLock { $0 = error } }
        }
        _ = copy.progress.wait(atMost: .seconds(180)) { condition($0) ? true : nil }
        copy.stop()
        thread.join()
        return outcome.withLock { $0 }
    }

    @Test(arguments: ServerPair.equal)
    func `a copy that is ended goes on without loss and without doubles`(pair: ServerPair) throws {
        let fixture = try CopyFixture(pair)
        try Self.fill(fixture, "keyed", "id INT PRIMARY KEY, v VARCHAR(300)", rows: 20_000)
        try Self.fill(fixture, "loose", "id INT, v VARCHAR(300)", rows: 1500)
        try Self.fill(fixture, "text_key", "id VARCHAR(20) PRIMARY KEY, v VARCHAR(300)", rows: 1500)
        var plan = try fixture.plan()
        plan.chunkSize = 50
        for share in [1000, 8000, 20_000] {
            let error = Self.interrupt(FullCopy(plan)) { $0.rows >= share }
            #expect(error is CopyInterrupted, "\(String(describing: error))")
        }
        let copy = FullCopy(plan)
        let result = try copy.run()
        for table in ["keyed", "loose", "text_key"] { #expect(try fixture.isEqual(table), "\(table)") }
        #expect(copy.progress.withLock { $0.rows } == 23_000)
        #expect(copy.progress.withLock { $0.rowsNow } < 23_000)
        #expect(copy.progress.withLock { $0.tablesDone } == 3)
        #expect(result.tables.count == 3)
        #expect(try FullCopy(plan).run() == result)
        let other = "DELETE FROM \(fixture.schema).loose"
        try fixture.target.run(other)
        try CopyLedger(job: plan.job).remove(fixture.target)
        _ = try FullCopy(plan).run()
        #expect(try fixture.isEqual("loose"))
    }

    @Test(arguments: ServerPair.equal)
    func `what was read at two places says so, and a table that changed meanwhile is read anew`(pair: ServerPair) throws
    {
        let fixture = try CopyFixture(pair)
        try Self.fill(fixture, "a_first", "id INT PRIMARY KEY, v VARCHAR(300)", rows: 200)
        try Self.fill(fixture, "b_split", "id INT PRIMARY KEY, v VARCHAR(300)", rows: 20_000)
        try Self.fill(fixture, "c_changed", "id INT PRIMARY KEY, v VARCHAR(300)", rows: 100)
        var plan = try fixture.plan()
        (plan.chunkSize, plan.workers) = (100, 1)
        _ = Self.interrupt(FullCopy(plan)) { $0.rows >= 1000 }
        try fixture.source.run("UPDATE b_split SET v = 'later' WHERE id > 4000")
        try fixture.source.run("ALTER TABLE c_changed ADD w INT DEFAULT 7")
        let result = try FullCopy(plan).run()
        let names = ["a_first", "b_split", "c_changed"].map { TableName(fixture.schema, $0) }
        let tables = try names.map { try #require(result.tables[$0]) }
        #expect(tables[0].since == tables[0].settled && tables[2].since == tables[2].settled)
        #expect(tables[1].since == tables[0].since && tables[1].settled == tables[2].since)
        #expect(tables[0].since.gtid != tables[2].since.gtid && result.start == tables[0].since)
        #expect(try fixture.isEqual("c_changed") && fixture.isEqual("a_first"))
    }

    @Test(arguments: ServerPair.equal)
    func `a target that breaks connections or refuses writes for a while is waited for`(pair: ServerPair) throws {
        let fixture = try CopyFixture(pair)
        try Self.fill(fixture, "keyed", "id INT PRIMARY KEY, v VARCHAR(300)", rows: 8000)
        try Self.fill(fixture, "loose", "id INT, v VARCHAR(300)", rows: 4000)
        try fixture.source.run("CREATE TABLE rigid (id INT, v VARCHAR(300)) ENGINE = MyISAM")
        try fixture.source.run("INSERT INTO rigid SELECT * FROM loose")
        var plan = try fixture.plan()
        (plan.chunkSize, plan.workers) = (100, 2)
        plan.target.user = "kill\(fixture.schema.suffix(8))"
        try fixture.target.run("CREATE USER \(plan.target.user)@localhost")
        try fixture.target.run("GRANT ALL ON *.* TO \(plan.target.user)@localhost")
        let notes = Monitor(0)
        let copy = FullCopy(plan) { if $0.contains("tried again") { notes.withLock { $0 += 1 } } }
        let outcome = Monitor<Result<CopyResult, any Error>?>(nil)
        let thread = OwnThread("copy") {
            let result = Result { try copy.run() }
            outcome.withLock { $0 = result }
        }
        for share in [500, 3000, 6000] {
            _ = copy.progress.wait(atMost: .seconds(180)) { $0.rows >= share ? true : nil }
            let workers = try fixture.target.rows(
                "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = '\(plan.target.user)' ORDER BY ID DESC LIMIT 2"
            )
            for worker in workers { _ = try? fixture.target.run("KILL \(worker[0] ?? "")") }
        }
        thread.join()
        let result = try #require(outcome.withLock { $0 })
        #expect(throws: Never.self) { _ = try result.get() }
        #expect(notes.withLock { $0 } > 0)
        for table in ["keyed", "loose", "rigid"] { #expect(try fixture.isEqual(table), "\(table)") }
    }

    @Test(arguments: ServerPair.equal, [true, false])
    func `all sessions of a snapshot see one state while others write`(pair: ServerPair, mayLock: Bool) throws {
        let fixture = try CopyFixture(pair)
        for table in ["a", "b", "c"] {
            try fixture.source.run("CREATE TABLE \(table) (id INT PRIMARY KEY, n BIGINT)")
            try fixture.source.run("INSERT INTO \(table) VALUES (1, 0)")
        }
        let user = "snap\(fixture.schema.suffix(8))"
        let rights = "SELECT, REPLICATION CLIENT, REPLICATION SLAVE" + (mayLock ? ", RELOAD" : "")
        try fixture.source.run("CREATE USER \(user)@'%' IDENTIFIED BY 'pass-word-1'")
        try fixture.source.run("GRANT \(rights) ON *.* TO \(user)@'%'")
        let isDone = Monitor(false)
        let settings = fixture.sourceServer.sqlSettings
        let schema = fixture.schema
        let writer = OwnThread("writer") {
            guard let session = try? SQLSession(settings) else { return }
            while !isDone.withLock({ $0 }) {
                for statement in ["BEGIN"] + ["a", "b", "c"].map({ "UPDATE \(schema).\($0) SET n = n + 1" }) + [
                    "COMMIT"
                ] {
                    _ = try? session.run(statement)
                }
                _ = isDone.wait(atMost: .milliseconds(mayLock ? 0 : 100)) { $0 ? true : nil }
            }
        }
        let reader = SQLSettings(
            address: .host("127.0.0.1", port: Int(fixture.sourceServer.port)), user: user, password: "pass-word-1")
        for _ in 0..<2 {
            let snapshot = try Snapshot(reader, count: 4) { _ in }
            #expect(snapshot.method == (mayLock ? "a short lock" : "no lock"))
            #expect(snapshot.sessions.count >= 2)
            let seen = try zip(snapshot.sessions, ["a", "b", "c", "a"]).map {
                try $0.value("SELECT n FROM \(schema).\($1)")
            }
            #expect(Set(seen).count == 1, "\(seen)")
            #expect(snapshot.position.position > 0 && !snapshot.position.gtid.isEmpty)
        }
        isDone.withLock { $0 = true }
        writer.join()
    }

    @Test(arguments: ServerPair.equal)
    func `a killed copy whose commit is still under way is not repeated`(pair: ServerPair) throws {
        let fixture = try CopyFixture(pair)
        try Self.fill(fixture, "loose", "id INT, v VARCHAR(300)", rows: 100)
        let plan = try fixture.plan()
        let ledger = CopyLedger(job: plan.job)
        try ledger.prepare(fixture.target)
        try fixture.target.run("CREATE DATABASE \(fixture.schema)")
        try fixture.target.run("CREATE TABLE \(fixture.schema).loose (id INT, v VARCHAR(300))")
        let shown = try fixture.source.rows("SHOW CREATE TABLE loose").first?[1] ?? ""
        let definition = SQLText.quoted(CreateStatement.fingerprint(shown))
        let place = "'\(plan.job)', '\(fixture.schema)', 'loose'"
        try fixture.target.run("INSERT INTO dtle.martlet_chunks VALUES (\(place), -1, \(definition), NULL, 1, 0, 0)")
        let late = try fixture.targetServer.session()
        try late.run("BEGIN")
        try late.run(
            "INSERT INTO dtle.martlet_chunks VALUES ('\(plan.job)', '\(fixture.schema)', 'loose', 0, NULL, NULL, 1, 1, 1)"
        )
        try late.run("INSERT INTO \(fixture.schema).loose VALUES (1, 'by the killed one')")
        let outcome = Monitor<Result<CopyResult, any Error>?>(nil)
        let thread = OwnThread("copy") {
            let result = Result { try FullCopy(plan).run() }
            outcome.withLock { $0 = result }
        }
        let isWaiting =
            "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'INSERT INTO dtle%\(fixture.schema)%'"
        let deadline = ContinuousClock.now + .seconds(120)
        while try fixture.target.value(isWaiting) == "0", ContinuousClock.now < deadline {}
        try late.run("COMMIT")
        thread.join()
        _ = try #require(outcome.withLock { $0 }).get()
        #expect(try fixture.target.value("SELECT COUNT(*) FROM \(fixture.schema).loose") == "1")
    }

    @Test(arguments: ServerPair.equal)
    func `tables that are copied, or wait for it, can be altered meanwhile`(pair: ServerPair) throws {
        let fixture = try CopyFixture(pair)
        for (table, rows) in [("a", 2000), ("b", 10_000)] {
            try Self.fill(fixture, table, "id INT PRIMARY KEY, v VARCHAR(300)", rows: rows)
        }
        var plan = try fixture.plan()
        (plan.chunkSize, plan.workers) = (20, 1)
        let copy = FullCopy(plan)
        let outcome = Monitor<Result<CopyResult, any Error>?>(nil)
        let thread = OwnThread("copy") {
            let result = Result { try copy.run() }
            outcome.withLock { $0 = result }
        }
        _ = copy.progress.wait(atMost: .seconds(180)) { $0.rows >= 2020 ? true : nil }
        try fixture.target.run("LOCK TABLES \(fixture.schema).b WRITE")
        try fixture.source.run("SET SESSION lock_wait_timeout = 1")
        for _ in 0..<20 {
            do throws(SQLError) {
                try fixture.source.run("ALTER TABLE a ADD w INT DEFAULT 5")
                break
            } catch { #expect(error.kind == .lockWait) }
        }
        let isUnderWay = outcome.withLock { $0 == nil }
        try fixture.target.run("UNLOCK TABLES")
        thread.join()
        _ = try #require(outcome.withLock { $0 }).get()
        #expect(isUnderWay && copy.progress.withLock { $0.rows } == 12_000)
        #expect(try fixture.source.value("SELECT SUM(w) FROM a") == "10000")
    }

    @Test(arguments: ServerPair.equal)
    func `a table without transactions is settled only at the end`(pair: ServerPair) throws {
        let fixture = try CopyFixture(pair)
        try fixture.source.run("CREATE TABLE rigid (id INT PRIMARY KEY) ENGINE = MyISAM")
        try fixture.source.run("CREATE TABLE firm (id INT PRIMARY KEY) ENGINE = InnoDB")
        for table in ["rigid", "firm"] { try fixture.source.run("INSERT INTO \(table) VALUES (1), (2)") }
        let plan = try fixture.plan()
        let (settings, schema) = (fixture.sourceServer.sqlSettings, fixture.schema)
        let copy = FullCopy(plan) { note in
            guard note.hasPrefix("snapshot"), let session = try? SQLSession(settings) else { return }
            _ = try? session.run("INSERT INTO \(schema).firm VALUES (3)")
        }
        let result = try copy.run()
        let (rigid, firm) = (TableName(schema, "rigid"), TableName(schema, "firm"))
        #expect(result.tables[rigid]?.since == result.tables[firm]?.since)
        #expect(result.tables[rigid]?.settled != result.tables[rigid]?.since)
        #expect(result.tables[firm]?.settled == result.tables[firm]?.since)
    }

    @Test
    func `gaps are found, and pieces without any are joined`() throws {
        func chunk(_ number: Int, _ after: String?, _ upTo: String?, snapshot: Int = 1) -> CopyLedger.Chunk {
            let range = KeyRange(after: after.map { [$0] }, upTo: upTo.map { [$0] })
            return CopyLedger.Chunk(number: number, range: range, snapshot: snapshot, rows: 1, bytes: 1)
        }
        var table = CopyLedger.Table()
        #expect(table.missing.rest?.number == 0 && table.missing.rest?.after == nil)
        table.chunks = [chunk(0, nil, "10"), chunk(1, "10", "20"), chunk(4, "40", "50")]
        #expect(table.missing.gaps.map(\.number) == [2])
        #expect(table.missing.gaps.first?.range == KeyRange(after: ["20"], upTo: ["40"]))
        #expect(table.missing.rest?.number == 5 && table.missing.rest?.after == ["50"])
        #expect(table.joinable == 1)
        table.chunks.insert(chunk(2, "20", "40", snapshot: 2), at: 2)
        #expect(table.missing.gaps.isEmpty && table.joinable == 1)
        table.chunks = [chunk(3, nil, "40"), chunk(4, "40", nil)]
        #expect(table.missing.gaps.isEmpty && table.missing.rest == nil && table.joinable == 4)
    }
}
