import Foundation
import MartletCore
import Replication
import ReplicationFixtures
import Replicator
import SQLClient
import Testing

/// contract §F.25: transactions that are not held in memory.
@Suite(.serialized)
struct LargeTransactionTests {
    /// 16,384 rows of 1,000 bytes; all of them are changed by one transaction, which is what `start` is before.
    private func prepare(_ follower: Follower) throws -> ExecutedSet {
        try follower.follow { session in
            try session.run("CREATE TABLE b (id INT PRIMARY KEY, k INT, v VARBINARY(1000))")
            try session.run("INSERT INTO b VALUES (0, 0, REPEAT('x', 1000))")
            for step in 0..<14 { try session.run("INSERT INTO b SELECT id + \(1 << step), k, v FROM b") }
        }
        let start = try follower.now()
        let session = try follower.source.session()
        try session.run("BEGIN")
        try session.run("UPDATE \(follower.schema).b SET k = k + 1")
        try session.run("DELETE FROM \(follower.schema).b WHERE id % 7 = 0")
        try session.run("INSERT INTO \(follower.schema).b SELECT id + 100000, k, v FROM \(follower.schema).b LIMIT 500")
        try session.run("COMMIT")
        return start
    }

    @Test(arguments: FollowedPair.alike)
    func `rows that differ inside of it are made right and counted, or named`(pair: FollowedPair) throws {
        var follower = try pair.follower()
        let start = try prepare(follower)
        let target = try follower.target.session()
        let table = "\(follower.schema).b"
        try target.run("DELETE FROM \(table) WHERE id IN (3, 9001, 14)")
        try target.run("INSERT INTO \(table) VALUES (100001, 0, 'only here')")
        let before = try Follower.rows(follower.target, table)
        #expect {
            try follower.apply(from: start)
        } throws: { "\($0)".contains("id=3") && "\($0)".contains(table) }
        #expect(try Follower.rows(follower.target, table) == before, "nothing of it is kept")
        follower.policy = .idempotent
        let progress = try follower.apply(from: start)
        // 14 lacks twice: it is updated first and deleted then.
        #expect(progress.divergedRows == 4 || progress.divergedRows == 5, "\(progress.divergedRows)")
        try follower.expectEqual("b")
    }

    @Test(.enabled(if: TestServer.hasMaria), arguments: [false, true])
    func `a row beyond max_allowed_packet stops the job, many short of it do not`(isLarge: Bool) throws {
        let target = try TestServer.start(.maria, options: ["--server-id=15", "--max-allowed-packet=1M"])
        let follower = Follower(try TestServer.shared(.maria), target)
        try follower.follow { session in
            try session.run("CREATE TABLE w (id INT PRIMARY KEY, v LONGTEXT)")
            for id in 0..<4 { try session.run("INSERT INTO w VALUES (\(id), REPEAT('x', 900000))") }
            try session.run("UPDATE w SET v = REPEAT('y', 800000)")
        }
        try follower.expectEqual("w")
        let start = try follower.now()
        let source = try follower.source.session()
        try source.run("BEGIN")
        if isLarge {
            for id in 10..<13 { try source.run("INSERT INTO \(follower.schema).w VALUES (\(id), REPEAT('x', 900000))") }
        }
        try source.run("INSERT INTO \(follower.schema).w VALUES (5, REPEAT('x', 1500000))")
        try source.run("COMMIT")
        #expect {
            try follower.apply(from: start)
        } throws: { "\($0)".contains("max_allowed_packet") && "\($0)".contains("\(follower.schema).w") }
    }

    @Test(arguments: TestServer.available)
    func `cut off in its middle it is read again, and comes once`(product: TestServer.Product) async throws {
        let data = try JobData(try TestServer.shared(product), try TestServer.sharedTarget(product))
        try data.fill(rows: 2000)
        let proxy = try CutProxy(to: data.target.port)
        let job = try data.job(targetPort: proxy.port)
        let runs = try job.startBoth()
        try await runs.target.until("it follows") { $0.state == .applying }
        let (source, holder) = (try data.source.session(), try data.target.session())
        try source.run("INSERT INTO \(data.schema).keyless VALUES (5000, 'last')")
        try await data.untilEqual(runs.target)
        try holder.run("BEGIN")
        try holder.run("UPDATE \(data.schema).counter SET n = n + 0")
        try holder.run("SELECT * FROM \(data.schema).counter FOR UPDATE")
        try source.run("BEGIN")
        try source.run("UPDATE \(data.schema).rows_ SET t = REPEAT('y', 9000)")
        try source.run("INSERT INTO \(data.schema).keyless SELECT n, 'large' FROM \(data.schema).rows_")
        try source.run("UPDATE \(data.schema).counter SET n = n + 1")
        try source.run("COMMIT")
        try await Patience.until("the target is in the middle of it") {
            try holder.value(
                "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE COMMAND = 'Query' AND ID <> CONNECTION_ID() "
                    + "AND INFO LIKE '%`\(data.schema)`.`counter`%'") == "1"
        }
        proxy.cut()
        try await runs.target.until("the cut is noticed") { $0.retries > 0 }
        try holder.run("ROLLBACK")
        try await data.untilEqual(runs.target)
        let report = try await runs.target.until("it is counted once") { $0.lag == 0 && $0.incremental.rows >= 4002 }
        #expect(report.incremental.rows == 4002 && report.incremental.mismatches == 0)
        #expect(runs.target.isRunning)
    }

    @Test(arguments: FollowedPair.alike)
    func `GroupMaxSize bounds what becomes one transaction`(pair: FollowedPair) throws {
        var follower = try pair.follower()
        follower.workers = 1
        try follower.follow { try $0.run("CREATE TABLE g (id INT PRIMARY KEY)") }
        for (size, isJoined) in [(1, true), (2, false)] {
            follower.config["GroupMaxSize"] = .int(Int64(size))
            let start = try follower.now()
            let session = try follower.source.session()
            for id in 0..<200 { try session.run("INSERT INTO \(follower.schema).g VALUES (\(size * 1000 + id))") }
            let progress = try follower.apply(from: start)
            #expect((progress.targetTransactions < 200) == isJoined, "\(progress.targetTransactions)")
        }
        try follower.expectEqual("g")
    }

    @Test(arguments: FollowedPair.alike)
    func `GroupTimeout has an idle worker wait, ReplChanBufferSize bounds what waits`(pair: FollowedPair) throws {
        var follower = try pair.follower()
        follower.workers = 1
        try follower.follow { try $0.run("CREATE TABLE g (id INT PRIMARY KEY)") }
        func apply(_ first: Int, _ config: [String: JSONValue]) throws -> ApplyProgress {
            follower.config.merge(config) { _, new in new }
            let start = try follower.now()
            let session = try follower.source.session()
            for id in 0..<100 { try session.run("INSERT INTO \(follower.schema).g VALUES (\(first + id))") }
            return try follower.apply(from: start)
        }
        // All of them are read long before the time is over, and the end of what is read is waited for.
        let joined = try apply(1000, ["GroupMaxSize": .int(1 << 20), "GroupTimeout": 60_000])
        #expect(joined.targetTransactions == 1 && joined.lateGroups == 0 && joined.fullGroups == 0, "\(joined)")
        let late = try apply(2000, ["GroupMaxSize": 2, "GroupTimeout": 60_000])
        #expect(late.targetTransactions == 100 && late.fullGroups == 100, "\(late)")
        // One waits while another is at work.
        let bounded = try apply(3000, ["GroupMaxSize": .int(1 << 20), "ReplChanBufferSize": 1])
        #expect(bounded.targetTransactions == 100, "\(bounded)")
        try follower.expectEqual("g")
    }
}
