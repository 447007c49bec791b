import Foundation
import MartletCore
import Replication
import ReplicationFixtures
@testable import Replicator
import SQLClient
import Testing

/// Where sessions, servers or what happened before make a statement another one at the target.
extension ApplyDefinitionTests {
    /// contract §F.26: the rows of an XA transaction that was prepared before the start are nowhere after it.
    @Test(arguments: FollowedPair.alike)
    func `an XA transaction is not missed where only its commit is read`(pair: FollowedPair) throws {
        var follower = try pair.follower()
        follower.config["SqlFilter"] = ["NoDDL"]
        let session = try follower.source.session()
        try Self.run(
            session,
            [
                "CREATE DATABASE \(follower.schema)", "CREATE TABLE \(follower.schema).x (id INT PRIMARY KEY)",
                "XA START '\(follower.schema)'", "INSERT INTO \(follower.schema).x VALUES (1)",
                "XA END '\(follower.schema)'", "XA PREPARE '\(follower.schema)'",
            ])
        let start = try follower.now()
        session.close()
        try Self.run(follower.source.session(), ["USE mysql", "XA COMMIT '\(follower.schema)'"])
        #expect {
            try follower.apply(from: start)
        } throws: { "\($0)".contains("an XA transaction, which is not followed") && "\($0)".contains("position") }
    }

    @Test(arguments: FollowedPair.alike)
    func `a table that is missed is not taken for one that is gone`(pair: FollowedPair) throws {
        var follower = try pair.follower()
        follower.policy = .idempotent
        try follower.follow { session in
            try Self.run(session, ["CREATE TABLE a (id INT)", "CREATE TABLE b (id INT)"])
        }
        try follower.target.session().run("DROP TABLE \(follower.schema).b")
        try follower.follow {
            try Self.run($0, ["ALTER TABLE b ADD c INT", "DROP TABLE b", "CREATE TABLE b (id INT)"])
        }
        try follower.target.session().run("DROP TABLE \(follower.schema).b")
        #expect {
            try follower.follow { try $0.run("CREATE TABLE c LIKE b") }
        } throws: { "\($0)".contains("1146") }
    }

    @Test(arguments: FollowedPair.alike)
    func `names in other character sets are those of the rows`(pair: FollowedPair) throws {
        let follower = try pair.follower()
        try follower.follow { session in
            try Self.run(
                session,
                ["SET NAMES utf8mb4", "CREATE TABLE 表 (id INT)", "CREATE TABLE é (id INT)", "CREATE TABLE 好 (id INT)"])
            for table in ["表", "é", "好"] { try session.run("INSERT INTO \(table) VALUES (1), (2)") }
        }
        try follower.follow { session in
            try session.run("SET NAMES gbk")
            // 表 is B1 ED, 好 is BA C3, 誠 is D5 5C, which ends with a backslash.
            try session.run(Array("TRUNCATE TABLE ".utf8) + [0xb1, 0xed])
            try session.run(
                Array("RENAME TABLE \(follower.schema).`".utf8) + [0xba, 0xc3] + Array("` TO ".utf8) + [0xd5, 0x5c])
            try session.run("SET NAMES latin1")
            try session.run(Array("TRUNCATE TABLE ".utf8) + [0xe9])
        }
        try follower.expectEqual("表", isEmpty: true)
        try follower.expectEqual("é", isEmpty: true)
        try follower.expectEqual("`誠`")
        #expect(
            try Self.catalogue(follower.source, follower.schema) == Self.catalogue(follower.target, follower.schema))
    }

    @Test func `statements in another case than the rows are followed`() throws {
        let product = try #require(TestServer.available.first)
        let source = try TestServer.start(product, options: ["--lower-case-table-names=1"])
        var follower = Follower(source, try TestServer.sharedTarget(product))
        follower.config["ReplicateDoDb"] = [
            ["TableSchema": .string(follower.schema), "Tables": [["TableName": "Orders"]]]
        ]
        try follower.target.session().run("CREATE DATABASE \(follower.schema)")
        try follower.follow { session in
            try Self.run(
                session,
                [
                    "CREATE TABLE oRDERS (id INT PRIMARY KEY)", "INSERT INTO orders VALUES (1)", "TRUNCATE ORDERS",
                    "INSERT INTO Orders VALUES (2)",
                ])
        }
        #expect(try Follower.rows(follower.target, "\(follower.schema).Orders") == ["X'32'"])
    }

    /// As after a crash between the statement and its account.
    @Test(arguments: FollowedPair.alike, [true, false])
    func `a statement that undoes itself runs once`(pair: FollowedPair, hasRun: Bool) throws {
        var follower = try pair.follower()
        follower.policy = .idempotent
        try follower.follow { session in
            try Self.run(
                session,
                ["a", "b"].map { "CREATE TABLE \($0) (id INT PRIMARY KEY)" } + [
                    "CREATE TABLE c (id INT PRIMARY KEY, x INT, y INT)", "INSERT INTO a VALUES (1)",
                    "INSERT INTO b VALUES (2)", "CREATE TABLE e LIKE a",
                    "CREATE TABLE p (id INT PRIMARY KEY) PARTITION BY RANGE (id) (PARTITION q VALUES LESS THAN (9))",
                    "INSERT INTO p VALUES (3)",
                ])
        }
        let schema = follower.schema
        for (statement, tables) in [
            ("RENAME TABLE a TO x, b TO a, x TO b", ["a", "b", "x"]), ("ALTER TABLE c ADD INDEX (x)", ["c"]),
            ("ALTER TABLE c CHANGE x y INT, CHANGE y x INT", ["c"]),
            ("ALTER TABLE p EXCHANGE PARTITION q WITH TABLE e", ["p", "e"]),
        ] {
            let start = try follower.now()
            let session = try follower.source.session()
            var gtid = "\(UUID().uuidString.lowercased()):1"
            if !session.flavor.isMaria { try session.run("SET SESSION gtid_next = '\(gtid)'") }
            try Self.run(session, ["USE \(schema)", statement])
            if session.flavor.isMaria { gtid = try session.value("SELECT @@last_gtid") ?? "" }
            let target = try follower.target.session()
            let look = try TableLook(tables.map { TableName(schema, $0) }, target)
            #expect(look.hasNumbers)
            try target.run(
                "INSERT INTO dtle.gtid_executed_v4 VALUES ('\(follower.job)', REPEAT('x', 16), "
                    + "-9223372036854775000, 'ddl:1 \(gtid) \(look.text)')")
            if hasRun { try Self.run(target, ["USE \(schema)", statement]) }
            try follower.apply(from: start)
            let marks =
                "SELECT COUNT(*) FROM dtle.gtid_executed_v4 WHERE job_name = '\(follower.job)' AND gtid_set LIKE 'ddl%'"
            #expect(try target.value(marks) == "0")
        }
        for table in ["a", "b", "e"] { try follower.expectEqual(table) }
        try follower.expectEqual("p", isEmpty: true)
        #expect(try Self.catalogue(follower.source, schema) == Self.catalogue(follower.target, schema))
    }

    /// contract §F.17: what a table tells apart at the source, it tells apart at the target.
    @Test(arguments: FollowedPair.all)
    func `tables are no laxer than the source's`(pair: FollowedPair) throws {
        let follower = try pair.follower()
        try follower.follow { session in
            try Self.run(session, ["DROP DATABASE \(follower.schema)", "SET SESSION sql_mode=DEFAULT"])
            if !session.flavor.isMaria { try session.run("SET SESSION collation_server=utf8mb4_0900_ai_ci") }
            try session.run(
                "CREATE DATABASE \(follower.schema)\(session.flavor.isMaria ? " CHARACTER SET utf8mb4" : "")")
            try Self.run(
                session,
                [
                    "USE \(follower.schema)", "CREATE TABLE a (v VARCHAR(50) PRIMARY KEY)",
                    "CREATE TABLE b (v VARCHAR(50) CHARACTER SET utf8mb4 PRIMARY KEY, u INT)",
                    "CREATE TABLE c (v VARCHAR(50) PRIMARY KEY) DEFAULT CHARSET=utf8mb4 COMMENT 'x'",
                    "CREATE TABLE d (v VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PRIMARY KEY)",
                ])
            // MariaDB's own takes them as equal.
            let values = session.flavor.isMaria ? ["('ss'), ('ß')"] : ["('😀'), ('😁')", "('a'), ('a ')"]
            try session.run("INSERT INTO d VALUES \(values[0])")
            for table in ["a", "c"] {
                for value in values { try session.run("INSERT INTO \(table) VALUES \(value)") }
            }
            for value in values { try session.run("INSERT INTO b (v) VALUES \(value)") }
            if !session.flavor.isMaria {
                try Self.run(
                    session,
                    [
                        "CREATE TABLE e (v VARCHAR(50) COLLATE utf8mb4_0900_as_cs PRIMARY KEY)",
                        "INSERT INTO e VALUES ('a'), ('A')",
                    ])
            }
        }
        for table in ["a", "b", "c", "d"] { try follower.expectEqual(table) }
    }

    @Test(arguments: FollowedPair.all)
    func `TIMESTAMP columns are what they are at the source`(pair: FollowedPair) throws {
        let follower = try pair.follower()
        try follower.follow { session in
            for value in ["OFF", "ON"] {
                try Self.run(
                    session,
                    [
                        "SET SESSION sql_mode='', explicit_defaults_for_timestamp=\(value)",
                        "CREATE TABLE t\(value) (id INT PRIMARY KEY, t TIMESTAMP)",
                        "INSERT INTO t\(value) (id) VALUES (1)",
                    ])
            }
        }
        let sql =
            "SELECT TABLE_NAME, COLUMN_NAME, IS_NULLABLE, LEFT(EXTRA, 6) = 'on upd' OR EXTRA LIKE '%on update%' "
            + "FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = '\(follower.schema)' ORDER BY 1, 2"
        #expect(try follower.source.session().rows(sql) == follower.target.session().rows(sql))
        try follower.expectEqual("tON")
        try follower.expectEqual("tOFF")
    }

    @Test func `sql_mode ORACLE goes over, or is refused`() throws {
        for pair in FollowedPair.all where pair.source == .maria {
            let follower = try pair.follower()
            let work: (SQLSession) throws -> Void = { session in
                try Self.run(
                    session,
                    [
                        "SET SESSION sql_mode=ORACLE", "CREATE TABLE o (id NUMBER(5), d DATE)",
                        "INSERT INTO o VALUES (1, '2026-01-01 12:00:00')",
                    ])
            }
            if pair.target == .maria {
                try follower.follow(work)
                try follower.expectEqual("o")
            } else {
                #expect { try follower.follow(work) } throws: { "\($0)".contains("sql_mode=ORACLE") }
            }
        }
    }

    @Test(.enabled(if: TestServer.hasMaria), arguments: ["FULL", "NO_LOG"])
    func `sequences are passed over`(metadata: String) throws {
        let source = try TestServer.start(.maria, options: ["--binlog-row-metadata=\(metadata)"])
        let follower = Follower(source, try TestServer.sharedTarget(.maria))
        try follower.follow { session in
            try Self.run(
                session,
                [
                    "CREATE TABLE a (id INT PRIMARY KEY)", "CREATE SEQUENCE q START WITH 5", "SELECT NEXTVAL(q)",
                    "INSERT INTO a VALUES (NEXTVAL(q))", "ALTER SEQUENCE q RESTART 9", "SELECT NEXTVAL(q)",
                ])
        }
        try follower.target.session().run("CREATE SEQUENCE \(follower.schema).q")
        try follower.follow { try Self.run($0, ["INSERT INTO a VALUES (NEXTVAL(q))", "DROP SEQUENCE q"]) }
        try follower.expectEqual("a")
    }
}
