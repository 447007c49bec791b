import Foundation
import MartletCore
import ReplicationFixtures
import Replicator
import SQLClient
import Testing

/// contract §F.20: what changed between the places of a copy that was killed and gone on with comes once.
@Suite(.serialized)
struct CopyWindowTests {
    /// Killed while it copies `b_split`, with `a_first` complete and all that begins with `t` still to be copied.
    private static func interrupted(_ pair: ServerPair) throws -> (CopyFixture, CopyPlan) {
        let fixture = try CopyFixture(pair)
        for (table, rows) in [("a_first", 100), ("b_split", 600), ("t_again", 10), ("t_column", 10), ("t_empty", 10)] {
            try fixture.source.run("CREATE TABLE \(table) (id INT PRIMARY KEY, v VARCHAR(300))")
            let values = (1...rows).map { "(\($0), REPEAT('x', 200))" }
            try fixture.source.run("INSERT INTO \(table) VALUES \(values.joined(separator: ","))")
        }
        var plan = try fixture.plan()
        (plan.chunkSize, plan.workers) = (20, 1)
        #expect(CopyResumeTests.interrupt(FullCopy(plan)) { $0.rows >= 200 } is CopyInterrupted)
        return (fixture, plan)
    }

    private static func follower(_ fixture: CopyFixture, _ result: CopyResult) throws -> Follower {
        var follower = Follower(fixture.sourceServer, fixture.targetServer)
        follower.config["ReplicateDoDb"] = [["TableSchema": .string(fixture.schema)]]
        follower.window = CopyWindow(result)
        return follower
    }

    @Test(arguments: ServerPair.equal, [true, false])
    func `statements and rows that the second run has seen are not repeated`(pair: ServerPair, isEmptied: Bool) throws {
        let (fixture, plan) = try Self.interrupted(pair)
        let later = [
            isEmptied ? "TRUNCATE b_split" : "DELETE FROM b_split WHERE id % 7 = 0",
            "INSERT INTO b_split VALUES (7, 'a'), (590, 'b'), (5000, 'c')",
            "UPDATE b_split SET v = 'later' WHERE id % 3 = 0", "INSERT INTO a_first VALUES (200, 'y')",
            "TRUNCATE t_empty", "INSERT INTO t_empty VALUES (1, 'new'), (2, 'new')", "DROP TABLE t_again",
            "CREATE TABLE t_again (id INT PRIMARY KEY, v VARCHAR(300))", "INSERT INTO t_again VALUES (1, 'again')",
            "ALTER TABLE t_column DROP COLUMN v", "ALTER TABLE t_column ADD v VARCHAR(300)",
            "UPDATE t_column SET v = 'set' WHERE id < 5", "CREATE TABLE u_new (id INT PRIMARY KEY)",
            "INSERT INTO u_new VALUES (1)", "ALTER TABLE a_first ADD w INT",
            "CREATE TABLE short (id INT PRIMARY KEY)", "INSERT INTO short VALUES (1)", "DROP TABLE short",
        ]
        for statement in later where !(statement.hasPrefix("DELETE") && isEmptied) {
            if !isEmptied, statement.hasPrefix("INSERT INTO b_split") {
                try fixture.source.run("DELETE FROM b_split WHERE id IN (7, 590)")
            }
            try fixture.source.run(statement)
        }
        let result = try FullCopy(plan).run()
        let split = try #require(result.tables[TableName(fixture.schema, "b_split")])
        #expect(split.since != split.settled)
        for statement in ["INSERT INTO t_empty VALUES (3, 'last')", "ALTER TABLE t_again ADD w INT DEFAULT 3"] {
            try fixture.source.run(statement)
        }
        let follower = try Self.follower(fixture, result)
        let start = try ExecutedSet(result.start.gtid, isMariaDB: fixture.source.flavor.isMaria)
        let progress = try follower.apply(from: start)
        for table in ["a_first", "b_split", "t_again", "t_column", "t_empty", "u_new"] {
            #expect(try fixture.isEqual(table), "\(table)")
        }
        #expect(progress.divergedRows == 0)
    }

    @Test(arguments: ServerPair.equal)
    func `a statement on tables of both runs is refused, and both are named`(pair: ServerPair) throws {
        let (fixture, plan) = try Self.interrupted(pair)
        try fixture.source.run("RENAME TABLE b_split TO z_split")
        let result = try FullCopy(plan).run()
        let follower = try Self.follower(fixture, result)
        let start = try ExecutedSet(result.start.gtid, isMariaDB: fixture.source.flavor.isMaria)
        #expect { try follower.apply(from: start) } throws: {
            ["RENAME TABLE", "b_split", "z_split", "full copy"].allSatisfy("\($0)".contains)
        }
    }
}
