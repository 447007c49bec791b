import Foundation
import MartletCore
import ReplicationFixtures
import Replicator
import SQLClient
import Synchronization
import Testing

/// contract §C.8, §F.26 and §F.28: statements of the source at the target.
@Suite(.serialized)
struct ApplyDefinitionTests {
    static func run(_ session: SQLSession, _ statements: [String]) throws {
        for statement in statements { try session.run(statement) }
    }

    /// What both catalogues say of a schema.
    static func catalogue(_ server: TestServer, _ schema: String, as name: String? = nil) throws -> [[String?]] {
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
