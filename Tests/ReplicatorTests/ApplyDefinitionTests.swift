import Foundation
import MartletCore
import Replication
import ReplicationFixtures
@testable import Replicator
import SQLClient
import Synchronization
import Testing

/// contract §C.8, §F.26 and §F.28: statements of the source at the target.
@Suite(.serialized)
struct ApplyDefinitionTests {
    private static func run(_ session: SQLSession, _ statements: [String]) throws {
        for statement in statements { try session.run(statement) }
    }

    /// What both catalogues say of a schema.
    private static func catalogue(_ server: TestServer, _ schema: String, as name: String? = nil) throws -> [[String?]]
    {
        let session = try server.session()
        let columns = try session.rows(
            "SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, COLLATION_NAME, IS_NULLABLE, COLUMN_DEFAULT, EXTRA "
                + "FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = '\(schema)' ORDER BY 1, ORDINAL_POSITION")
        let indexes = try session.rows(
            "SELECT TABLE_NAME, INDEX_NAME, COLUMN_NAME, NON_UNIQUE FROM information_schema.STATISTICS "
                + "WHERE TABLE_SCHEMA = '\(schema)' ORDER BY 1, 2, SEQ_IN_INDEX")
        let partitions = try session.rows(
            "SELECT TABLE_NAME, PARTITION_NAME FROM information_schema.PARTITIONS "
                + "WHERE TABLE_SCHEMA = '\(schema)' ORDER BY 1, 2")
        return columns + indexes + partitions
    }

    @Test(arguments: FollowedPair.alike)
    func `tables are followed through every kind of change`(pair: FollowedPair) throws {
        let follower = try pair.follower()
        let other = "other\(UInt32.random(in: 0...UInt32.max))"
        try follower.follow { session in
            try Self.run(
                session,
                [
                    "CREATE TABLE a (id INT PRIMARY KEY, v VARCHAR(10)) /* a comment; with ' */ ENGINE=InnoDB",
                    "INSERT INTO a VALUES (1, 'x'), (2, 'y')",
                    "ALTER TABLE a ADD COLUMN n INT NOT NULL DEFAULT 4, ADD INDEX by_n (n)",
                    "INSERT INTO a VALUES (3, 'z', 5)", "ALTER TABLE a CHANGE v w VARCHAR(40) FIRST",
                    "INSERT INTO a VALUES ('first', 4, 6)", "ALTER TABLE a MODIFY n BIGINT UNSIGNED, DROP INDEX by_n",
                    "INSERT INTO a VALUES ('big', 5, 18446744073709551615)", "ALTER TABLE a ALTER n SET DEFAULT 9",
                    "ALTER TABLE a ADD d DATETIME DEFAULT CURRENT_TIMESTAMP AFTER id", "ALTER TABLE a DROP COLUMN d",
                    "CREATE UNIQUE INDEX u ON a (w)", "DROP INDEX u ON a", "CREATE TABLE l LIKE a",
                    "INSERT INTO l SELECT * FROM a", "CREATE TABLE s AS SELECT id, w FROM a WHERE id < 4",
                    "UPDATE s SET w = 'changed' WHERE id = 2", "RENAME TABLE l TO m, s TO `weird ``name`",
                    "INSERT INTO m (id, w) VALUES (7, 'seven')", "ALTER TABLE m RENAME TO n, ADD COLUMN extra INT",
                    "UPDATE n SET extra = id", "CREATE TABLE t (id INT)", "INSERT INTO t VALUES (1)", "TRUNCATE t",
                    "INSERT INTO t VALUES (2)", "CREATE TABLE gone (id INT)", "CREATE TABLE gone2 (id INT)",
                    "DROP TABLE gone, gone2", "CREATE TABLE IF NOT EXISTS a (id INT)", "DROP TABLE IF EXISTS never",
                    "CREATE TABLE p (id INT PRIMARY KEY) PARTITION BY RANGE (id) "
                        + "(PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (20))",
                    "INSERT INTO p VALUES (1), (11)",
                    "ALTER TABLE p ADD PARTITION (PARTITION p2 VALUES LESS THAN (30))",
                    "INSERT INTO p VALUES (21)", "ALTER TABLE p DROP PARTITION p0",
                    "ALTER TABLE p TRUNCATE PARTITION p1",
                    "ALTER TABLE a CONVERT TO CHARACTER SET latin1", "INSERT INTO a VALUES ('é', 8, 1)",
                    "CREATE VIEW vv AS SELECT id FROM a", "ANALYZE TABLE a", "CREATE DATABASE \(other)",
                    "CREATE TABLE \(other).x (id INT)", "USE \(other)",
                    "CREATE TABLE \(follower.schema).far (id INT PRIMARY KEY)",
                    "/*!40000 ALTER TABLE `\(follower.schema)` . `far` ADD COLUMN c INT */",
                    "INSERT INTO \(follower.schema).far VALUES (1, 2)", "DROP TABLE x, \(follower.schema).t",
                    "DROP DATABASE \(other)",
                ])
        }
        for table in ["a", "n", "`weird ``name`", "p", "far"] { try follower.expectEqual(table) }
        #expect(
            try Self.catalogue(follower.source, follower.schema) == Self.catalogue(follower.target, follower.schema))
        let target = try follower.target.session()
        #expect(
            try target.value("SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = '\(other)'") == "0")
        try follower.follow { try $0.run("DROP DATABASE \(follower.schema)") }
        #expect(
            try target.value(
                "SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = '\(follower.schema)'")
                == "0")
    }

    @Test(arguments: FollowedPair.alike)
    func `names are rewritten where they stand and nowhere else`(pair: FollowedPair) throws {
        var follower = try pair.follower()
        let new = "\(follower.schema)_new"
        follower.config["ReplicateDoDb"] = [
            [
                "TableSchema": .string(follower.schema), "TableSchemaRename": .string(new),
                "Tables": [
                    ["TableName": "a", "TableRename": "b"], ["TableRegex": "^log_(\\d+)$", "TableRename": "l${1}"],
                ],
            ]
        ]
        try follower.target.session().run("CREATE DATABASE \(new)")
        try follower.follow { session in
            try Self.run(
                session,
                [
                    "CREATE TABLE a (a INT PRIMARY KEY, `\(follower.schema)` INT DEFAULT 3 COMMENT 'a `a` a.\(follower.schema)')",
                    "INSERT INTO a (a) VALUES (1)", "ALTER TABLE \(follower.schema).a ADD COLUMN b INT",
                    "UPDATE a SET b = 4", "CREATE TABLE log_7 (id INT PRIMARY KEY)", "INSERT INTO log_7 VALUES (7)",
                    "CREATE TABLE c (id INT)", "INSERT INTO c VALUES (1)", "DROP TABLE c, log_7",
                    "CREATE TABLE log_8 (id INT PRIMARY KEY, r INT, FOREIGN KEY (r) REFERENCES a (a))",
                    "INSERT INTO log_8 VALUES (8, 1)",
                ])
        }
        #expect(
            try Follower.rows(follower.source, "\(follower.schema).a") == Follower.rows(follower.target, "\(new).b"))
        #expect(try Follower.rows(follower.target, "\(new).l8").count == 1)
        let tables = try follower.target.session().rows("SHOW TABLES FROM \(new)").map { $0[0] }
        #expect(tables == ["b", "l8"])
    }

    @Test(arguments: FollowedPair.alike)
    func `SqlFilter leaves out what it names`(pair: FollowedPair) throws {
        var follower = try pair.follower()
        let start = try follower.now()
        try follower.follow { try $0.run("CREATE TABLE f (id INT PRIMARY KEY, v INT)") }
        func apply(_ words: [JSONValue], _ statements: [String]) throws {
            follower.config["SqlFilter"] = .array(words)
            try follower.follow { try Self.run($0, statements) }
        }
        _ = start
        try apply(
            ["NoDMLUpdate", "NoDMLDelete"], ["INSERT INTO f VALUES (1,1),(2,2)", "UPDATE f SET v = 9", "DELETE FROM f"])
        #expect(
            try Follower.rows(follower.target, "\(follower.schema).f", columns: "id, v") == [
                "X'31' X'31'", "X'32' X'32'",
            ])
        try apply(["nodmlinsert"], ["INSERT INTO f VALUES (3,3)"])
        try apply(["NoDML"], ["INSERT INTO f VALUES (4,4)"])
        try apply(["NoDDLAlterTableAddColumn"], ["ALTER TABLE f ADD COLUMN x INT, DROP COLUMN v"])
        try apply(["NoDDL"], ["DROP TABLE f", "CREATE TABLE g (id INT)"])
        try apply(["NoDDLCreateTable", "NoDDLDropTable"], ["CREATE TABLE h (id INT)", "DROP TABLE h"])
        let target = try follower.target.session()
        #expect(try target.rows("SHOW TABLES FROM \(follower.schema)").map { $0[0] } == ["f"])
        #expect(try target.value("SELECT COUNT(v) FROM \(follower.schema).f") == "2")
    }

    @Test(arguments: FollowedPair.all)
    func `rows go by Where, and cross it as inserts and deletes`(pair: FollowedPair) throws {
        var follower = try pair.follower()
        let condition =
            "(n BETWEEN -5 AND 10.5 OR n IS NULL) AND NOT name LIKE 'x%' AND name <> 'HID''DEN' "
            + "AND d >= '2026-01-01' AND n NOT IN (3, '4')"
        follower.config["ReplicateDoDb"] = [
            ["TableSchema": .string(follower.schema), "Tables": [["TableName": "w", "Where": .string(condition)]]]
        ]
        try follower.target.session().run("CREATE DATABASE \(follower.schema)")
        try follower.follow { session in
            try Self.run(
                session,
                [
                    "CREATE TABLE w (id INT PRIMARY KEY, n DECIMAL(10,2), "
                        + "name VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_swedish_ci, d DATETIME)",
                    "INSERT INTO w VALUES (1,1,'a','2026-05-05'),(2,11,'a','2026-05-05'),(3,NULL,'a','2026-05-05'),"
                        + "(4,3,'b','2026-05-05'),(5,5,'X1','2026-05-05'),(6,5,'hid''den','2026-05-05'),(7,5,'é','2025-12-31'),"
                        + "(8,10.5,'é','2026-01-01'),(9,4,'b','2027-01-01'),(10,-5,NULL,'2027-01-01')",
                    "UPDATE w SET n = 12 WHERE id = 1", "UPDATE w SET n = 2 WHERE id = 2",
                    "UPDATE w SET name = 'changed' WHERE id = 8", "UPDATE w SET d = '2026-02-02' WHERE id = 7",
                    "DELETE FROM w WHERE id IN (3, 4)",
                ])
        }
        let chosen = try follower.source.session().rows(
            "SELECT id FROM \(follower.schema).w WHERE \(condition) ORDER BY id")
        #expect(try follower.target.session().rows("SELECT id FROM \(follower.schema).w ORDER BY id") == chosen)
        #expect(chosen.count == 3)
    }

    @Test(arguments: FollowedPair.alike)
    func `ColumnMapFrom chooses and orders columns`(pair: FollowedPair) throws {
        var follower = try pair.follower()
        follower.config["ReplicateDoDb"] = [
            [
                "TableSchema": .string(follower.schema),
                "Tables": [["TableName": "m", "ColumnMapFrom": ["c", "id"]]],
            ]
        ]
        follower.config["SkipCreateDbTable"] = true
        let target = try follower.target.session()
        try target.run("CREATE DATABASE \(follower.schema)")
        try target.run("CREATE TABLE \(follower.schema).m (x VARCHAR(10), y INT PRIMARY KEY)")
        try follower.follow { session in
            try Self.run(
                session,
                [
                    "CREATE TABLE m (id INT PRIMARY KEY, b INT, c VARCHAR(10))",
                    "INSERT INTO m VALUES (1,2,'c'),(2,3,'d')",
                    "UPDATE m SET b = 9", "UPDATE m SET c = 'e' WHERE id = 2", "DELETE FROM m WHERE id = 1",
                ])
        }
        #expect(try target.rows("SELECT * FROM \(follower.schema).m") == [["e", "2"]])
    }

    @Test(arguments: FollowedPair.alike)
    func `triggers and routines come when asked for, and triggers stay still`(pair: FollowedPair) throws {
        var follower = try pair.follower()
        follower.config["ExpandSyntaxSupport"] = true
        try follower.follow { session in
            try Self.run(
                session,
                [
                    "CREATE TABLE a (id INT PRIMARY KEY)", "CREATE TABLE log (id INT)",
                    "CREATE TRIGGER tr AFTER INSERT ON a FOR EACH ROW INSERT INTO log VALUES (NEW.id)",
                    "CREATE PROCEDURE pr() BEGIN SELECT 1; END", "INSERT INTO a VALUES (1), (2)",
                ])
        }
        try follower.expectEqual("log")
        let target = try follower.target.session()
        try target.run("INSERT INTO \(follower.schema).a VALUES (3)")
        #expect(try Follower.rows(follower.target, "\(follower.schema).log").count == 3)
        try target.run("CALL \(follower.schema).pr()")
    }

    @Test func `what cannot be followed stops the job and says why`() throws {
        let pair = try #require(FollowedPair.alike.first)
        let follower = try pair.follower()
        #expect {
            try follower.follow { session in
                try Self.run(
                    session,
                    ["CREATE TABLE c (id INT)", "SET SESSION binlog_format='STATEMENT'", "INSERT INTO c VALUES (1)"])
            }
        } throws: { "\($0)".contains("binlog_format=ROW") }
    }

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

    @Test func `settings that cannot be used are named`() throws {
        let pair = try #require(FollowedPair.alike.first)
        var follower = try pair.follower()
        func expect(_ table: JSONValue, _ field: String) throws {
            follower.config["ReplicateDoDb"] = [["TableSchema": "s", "Tables": [table]]]
            #expect {
                _ = try Applier(try follower.options())
            } throws: { "\($0)".contains(field) }
        }
        try expect(["TableName": "t", "Where": "id IN (SELECT 1)"], "Tables[0].Where")
        try expect(["TableName": "t", "Where": "UPPER(a) = 'X'"], "function UPPER")
        try expect(["TableName": "t", "Where": "a = 1; DROP TABLE t"], "Where")
        try expect(["TableName": "t", "Where": "a ="], "Where")
    }
}
