import Binlog
import Foundation
import MartletCore
import Replication
import ReplicationFixtures
import Replicator
import SQLClient
import Synchronization
import Testing

/// contract §C.9, §F.29, §F.31 and §F.37: order, atomicity, restarts and two directions.
@Suite(.serialized)
struct ApplyWorkloadTests {
    private static func expectEqual(_ follower: Follower) throws {
        for table in Workload.tables {
            let name = "\(follower.schema).\(table)"
            #expect(try Follower.rows(follower.source, name) == Follower.rows(follower.target, name), "\(table)")
        }
    }

    /// Many sessions write by chance; returns what the source had before.
    private static func write(_ follower: Follower, seed: UInt64, writers: Int, steps: Int) throws -> ExecutedSet {
        let start = try follower.now()
        let session = try follower.source.session()
        try session.run("CREATE DATABASE IF NOT EXISTS \(follower.schema)")
        try session.run("USE \(follower.schema)")
        try Workload.create(session)
        let failures = Mutex<[String]>([])
        let threads = (0..<writers).map { writer in
            OwnThread("writer") {
                do {
                    let session = try follower.source.session()
                    try session.run("USE \(follower.schema)")
                    try session.run("SET SESSION innodb_lock_wait_timeout=1")
                    var workload = Workload(seed: seed &+ UInt64(writer))
                    for _ in 0..<steps {
                        do {
                            try workload.step(session)
                        } catch let error as SQLError where error.isTransient {
                            try session.run("ROLLBACK")
                        }
                    }
                } catch {
                    failures.withLock { $0.append("\(error)") }
                }
            }
        }
        for thread in threads { thread.join() }
        #expect(failures.withLock { $0 } == [])
        return start
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let pair: FollowedPair
        let seed: UInt64
        var testDescription: String { "\(pair.testDescription), seed \(seed)" }
        static let all = FollowedPair.alike.flatMap { pair in [1, 2].map { Case(pair: pair, seed: $0) } }
    }

    @Test(arguments: Case.all)
    func `what many sessions wrote by chance is the same at the target`(item: Case) throws {
        let follower = try item.pair.follower()
        let start = try Self.write(follower, seed: item.seed &* 1000, writers: 3, steps: 200)
        let progress = try follower.apply(from: start)
        try Self.expectEqual(follower)
        #expect(progress.targetTransactions < progress.transactions)
        // The account alone says where to go on.
        let again = try Applier(try follower.options())
        let executed = again.executed
        again.stop()
        #expect(executed.isSuperset(of: start))
        #expect(!start.isSuperset(of: executed))
    }

    @Test(arguments: FollowedPair.alike)
    func `connections that are cut at any time lose nothing and double nothing`(pair: FollowedPair) throws {
        let follower = try pair.follower()
        let start = try Self.write(follower, seed: 77, writers: 2, steps: 300)
        let session = try follower.source.session()
        try session.run("CREATE TABLE \(follower.schema).counter (id INT PRIMARY KEY, n INT)")
        try session.run("INSERT INTO \(follower.schema).counter VALUES (1, 0), (2, 0)")
        for round in 0..<300 {
            try session.run("UPDATE \(follower.schema).counter SET n = n + 1 WHERE id = \(1 + round % 2)")
        }
        let isDone = Mutex(false)
        let killer = OwnThread("killer") {
            do {
                let session = try follower.target.session()
                // Not for ever: what takes longer than the time between two would never be done.
                for _ in 0..<100 where !isDone.withLock({ $0 }) {
                    let own = try session.rows(
                        "SELECT ID FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID() AND USER = 'root' "
                            + "ORDER BY RAND() LIMIT 1")
                    for row in own {
                        // It may be gone by then.
                        _ = try? session.run("KILL \(row[0] ?? "0")")
                    }
                    usleep(30_000)
                }
            } catch {
                Issue.record("\(error)")
            }
        }
        defer {
            isDone.withLock { $0 = true }
            killer.join()
        }
        let deadline = ContinuousClock.now + .seconds(120)
        var retries: UInt64 = 0
        while true {
            do {
                retries += try follower.apply(from: start).retries
                break
            } catch {
                // The applier's own first session may be hit: a job starts anew then.
                guard let error = error as? SQLError, error.isTransient, ContinuousClock.now < deadline else {
                    throw error
                }
                retries += 1
            }
        }
        isDone.withLock { $0 = true }
        killer.join()
        try Self.expectEqual(follower)
        try follower.expectEqual("counter")
        #expect(retries > 0)
    }

    @Test(arguments: FollowedPair.alike)
    func `an application that is dropped in the middle goes on where its account says`(pair: FollowedPair) throws {
        let follower = try pair.follower()
        let start = try Self.write(follower, seed: 5, writers: 2, steps: 150)
        let isMaria = follower.source.product == .maria
        var options = try follower.options()
        options.executed = start
        var ends = 0
        for limit in [20, 60, 100] {
            let applier = try Applier(options)
            var seen = 0
            try follower.read(after: applier.executed, isMaria: isMaria) { item in
                try applier.accept(item)
                if case .end = item { seen += 1 }
                return seen < limit
            }
            applier.stop(within: .zero)
            ends += seen
            options.executed = ExecutedSet()
        }
        #expect(ends == 180)
        try follower.apply(from: ExecutedSet())
        try Self.expectEqual(follower)
    }

    @Test(arguments: FollowedPair.all)
    func `two jobs in both directions do not chase each other`(pair: FollowedPair) throws {
        var there = try pair.follower()
        there.policy = .strict
        var back = Follower(there.target, there.source)
        back.config["ReplicateDoDb"] = [["TableSchema": .string(there.schema)]]
        back.policy = .strict
        let backStart = try back.now()
        let start = try there.now()
        let (one, other) = (try there.source.session(), try there.target.session())
        try one.run("CREATE DATABASE \(there.schema)")
        try one.run("CREATE TABLE \(there.schema).t (id INT PRIMARY KEY, v INT)")
        try one.run("INSERT INTO \(there.schema).t VALUES (1, 1), (3, 3)")
        try there.apply(from: start)
        try other.run("INSERT INTO \(there.schema).t VALUES (2, 2), (4, 4)")
        try other.run("ALTER TABLE \(there.schema).t ADD COLUMN w INT")
        try back.apply(from: backStart)
        try one.run("UPDATE \(there.schema).t SET w = id * 10")
        try there.apply(from: ExecutedSet())
        try back.apply(from: ExecutedSet())
        try there.apply(from: ExecutedSet())
        try there.expectEqual("t")
        #expect(try other.rows("SELECT id, v, w FROM \(there.schema).t ORDER BY id").count == 4)
    }

    @Test(arguments: FollowedPair.alike)
    func `rows of dtle are read, many become few, a reset removes them`(pair: FollowedPair) throws {
        let follower = try pair.follower()
        var options = try follower.options()
        let applier = try Applier(options)
        applier.stop()
        let target = try follower.target.session()
        let uuid = "UNHEX('0123456789ABCDEF0123456789ABCDEF')"
        for values in ["0, '1-100:200'", "101, NULL", "300, '300-310'"] {
            try target.run("INSERT INTO dtle.gtid_executed_v4 VALUES ('\(follower.job)', \(uuid), \(values))")
        }
        let second = try Applier(options)
        #expect(second.executed.set.description == "01234567-89ab-cdef-0123-456789abcdef:1-101:200:300-310")
        second.stop()
        options.isReset = true
        let third = try Applier(options)
        #expect(third.executed.isEmpty)
        third.stop()
        #expect(
            try target.value("SELECT COUNT(*) FROM dtle.gtid_executed_v4 WHERE job_name = '\(follower.job)'") == "0")
    }

    @Test(arguments: FollowedPair.alike)
    func `a target that takes no writes is waited for`(pair: FollowedPair) throws {
        let target = try TestServer.start(pair.target, options: ["--server-id=13"])
        let notices = Mutex<[ApplyNotice]>([])
        var follower = Follower(try TestServer.shared(pair.source), target)
        follower.report = { notice in notices.withLock { $0.append(notice) } }
        let root = try target.session()
        let repl = SQLSettings(address: .host("127.0.0.1", port: Int(target.port)), user: "plain", password: "p")
        try root.run("CREATE USER plain@'%' IDENTIFIED BY 'p'")
        try root.run("GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX ON *.* TO plain@'%'")
        let start = try follower.now()
        let source = try follower.source.session()
        try source.run("CREATE DATABASE \(follower.schema)")
        try source.run("CREATE TABLE \(follower.schema).t (id INT PRIMARY KEY)")
        try follower.apply(from: start)
        let later = try follower.now()
        try source.run("INSERT INTO \(follower.schema).t VALUES (1)")
        var options = try follower.options()
        options.target = repl
        options.executed = later
        let applier = try Applier(options)
        defer { applier.stop() }
        try root.run("SET GLOBAL read_only=1")
        try follower.read(after: applier.executed, isMaria: pair.source == .maria) { item in
            try applier.accept(item)
            if case .end = item { return false }
            return true
        }
        let deadline = ContinuousClock.now + .seconds(120)
        while !notices.withLock({ $0.contains { if case .waiting(.readOnly, _) = $0 { true } else { false } } }) {
            try #require(ContinuousClock.now < deadline)
            usleep(10_000)
        }
        try root.run("SET GLOBAL read_only=0")
        // The account's own compaction needs no patience: the row is in first.
        try applier.flush()
        #expect(try Follower.rows(target, "\(follower.schema).t").count == 1)
        #expect(applier.progress.retries > 0)
    }
}
