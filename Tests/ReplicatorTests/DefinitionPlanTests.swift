@testable import Binlog
import MartletCore
import Replication
import Replicator
import Testing

/// contract §C.8 and §F.26: what becomes of a statement, by its text alone.
struct DefinitionPlanTests {
    /// A schema that is replicated as a whole.
    private static let whole: JSONValue = [["TableSchema": "shop"]]
    private static let listed: JSONValue = [
        ["TableSchema": "shop", "Tables": [["TableName": "orders"], ["TableName": "parts", "TableRename": "pieces"]]]
    ]

    /// As the binlog has it; `variables`: the session's, by their numbers.
    static func query(_ statement: [UInt8], in schema: String, variables: [UInt8] = []) throws -> QueryEvent {
        let name = Array(schema.utf8)
        let head: [UInt8] = [7, 0, 0, 0, 0, 0, 0, 0, UInt8(name.count), 0, 0, UInt8(variables.count), 0]
        var reader = ByteReader(head + variables + name + [0] + statement)
        return try QueryEvent(&reader, timestamp: 1, isCompressed: false, limit: 1 << 20)
    }

    /// `outside`, `skip`, what runs at the target, or the refusal after a `!`.
    private static func outcome(
        _ statement: String, in schema: String = "other", _ replicated: JSONValue = whole, filter: [JSONValue] = [],
        ignoresCase: Bool = false
    ) throws -> String {
        let config: [String: JSONValue] = [
            "ConnectionConfig": ["Host": "h", "Port": 1, "User": "u", "Password": "p"], "ReplicateDoDb": replicated,
            "SqlFilter": .array(filter), "ExpandSyntaxSupport": true,
        ]
        let settings = try ReplicationSettings(config: config, role: .source)
        let planner = DefinitionPlanner(try Selection(settings, ignoresCase: ignoresCase), settings)
        do {
            switch try planner.plan(query(Array(statement.utf8), in: schema)) {
            case .outside: return "outside"
            case .skip: return "skip"
            case .run(let statement): return String(decoding: statement.text, as: UTF8.self)
            }
        } catch {
            return "! \(error)"
        }
    }

    @Test(arguments: [
        ("XA COMMIT X'61',X'',1", "! an XA transaction"), ("XA ROLLBACK X'61',X'',1", "outside"),
        ("SELECT `shop`.`f`()", "! a change was logged as a statement"), ("SELECT `other`.`f`()", "outside"),
        ("INSERT/**/INTO shop.t VALUES (1)", "! a change was logged as a statement"),
        ("/*!50000 INSERT INTO shop . t VALUES (1) */", "! a change was logged as a statement"),
        ("ANALYZE UPDATE shop.t SET a = 1", "! a change was logged as a statement"),
        ("SET STATEMENT max_statement_time=5 FOR UPDATE shop.t SET a = 1", "! a change was logged as a statement"),
        ("INSTALL PLUGIN x SONAME 'y'", "outside"), ("ANALYZE NO_WRITE_TO_BINLOG TABLE shop.t", "outside"),
    ])
    func `no statement that may change rows passes unseen`(statement: String, outcome: String) throws {
        #expect(try Self.outcome(statement).hasPrefix(outcome))
        // What is no definition is not left out with them.
        let filtered = try Self.outcome(statement, filter: ["NoDDL"])
        #expect(filtered.hasPrefix(outcome) || (outcome == "outside" && filtered == "skip"), "\(filtered)")
    }

    @Test func `settings for one statement are not taken for the statement`() throws {
        #expect(
            try Self.outcome("SET STATEMENT lock_wait_timeout=1 FOR ALTER TABLE shop.t ADD x INT")
                == "ALTER TABLE `shop`.`t` ADD x INT")
        #expect(try Self.outcome("SET GLOBAL x = 1") == "outside")
    }

    @Test(arguments: [
        ("ALTER TABLE orders EXCHANGE PARTITION p WITH TABLE staging", "! rows"),
        ("ALTER TABLE staging EXCHANGE PARTITION p WITH TABLE orders", "! rows"),
        ("ALTER TABLE staging EXCHANGE PARTITION p WITH TABLE other", "outside"),
        (
            "ALTER TABLE orders EXCHANGE PARTITION p WITH TABLE parts WITHOUT VALIDATION",
            "ALTER TABLE `shop`.`orders` EXCHANGE PARTITION p WITH TABLE `shop`.`pieces` WITHOUT VALIDATION"
        ),
        ("ALTER TABLE orders CONVERT TABLE staging TO PARTITION p VALUES LESS THAN (10)", "! rows"),
        ("ALTER TABLE staging CONVERT TABLE orders TO PARTITION p VALUES LESS THAN (10)", "! rows"),
        (
            "ALTER TABLE orders CONVERT TABLE parts TO PARTITION p VALUES LESS THAN (10)",
            "ALTER TABLE `shop`.`orders` CONVERT TABLE `shop`.`pieces` TO PARTITION p VALUES LESS THAN (10)"
        ),
        ("ALTER TABLE orders CONVERT PARTITION p TO TABLE x", "! rows"),
        ("ALTER TABLE x CONVERT PARTITION p TO TABLE orders", "! rows"),
        (
            "ALTER TABLE orders CONVERT TO CHARACTER SET latin1",
            "ALTER TABLE `shop`.`orders` CONVERT TO CHARACTER SET latin1"
        ),
        ("ALTER TABLE x RENAME TO orders", "! shop.orders comes by a new name from shop.x"),
        ("ALTER TABLE x RENAME TO y", "outside"),
        ("ALTER TABLE orders RENAME TO parts", "ALTER TABLE `shop`.`orders` RENAME TO `shop`.`pieces`"),
        ("DROP DATABASE shop", "DROP TABLE IF EXISTS `shop`.`orders`,`shop`.`pieces`"),
        ("CREATE DATABASE shop", "outside"), ("CREATE TABLE x SELECT * FROM orders", "outside"),
        ("CREATE TABLE orders SELECT * FROM staging", "! a change was logged as a statement"),
        ("CREATE TABLE orders (`select` INT)", "CREATE TABLE `shop`.`orders` (`select` INT)"),
    ])
    func `statements that move rows into or out of the selection are refused`(
        statement: String, outcome: String
    ) throws {
        let result = try Self.outcome(statement, in: "shop", Self.listed)
        #expect(outcome.hasPrefix("!") ? result.hasPrefix(outcome) : result == outcome, "\(result)")
    }

    @Test func `a schema of which tables are chosen by pattern cannot be dropped`() throws {
        let pattern: JSONValue = [["TableSchema": "shop", "Tables": [["TableRegex": "^o", "TableRename": "o_${0}"]]]]
        #expect(try Self.outcome("DROP DATABASE shop", pattern).hasPrefix("! only tables of shop are replicated"))
        #expect(try Self.outcome("DROP DATABASE else", pattern) == "outside")
        #expect(try Self.outcome("DROP DATABASE shop", pattern, filter: ["NoDDLDropTable"]) == "skip")
    }

    @Test(arguments: [
        ("CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM t", "EVERY 1 DAY DISABLE DO DELETE"),
        (
            "CREATE DEFINER=`a`@`b` EVENT `enable` ON SCHEDULE EVERY 1 DAY ENABLE COMMENT 'x' DO SELECT 1",
            "EVERY 1 DAY DISABLE COMMENT 'x' DO"
        ),
        ("CREATE EVENT e ON SCHEDULE EVERY 1 DAY COMMENT 'x' DO SELECT 1", "EVERY 1 DAY DISABLE COMMENT 'x' DO"),
        ("CREATE EVENT e ON SCHEDULE EVERY 1 DAY DISABLE ON REPLICA DO SELECT 1", "EVERY 1 DAY DISABLE DO"),
        ("ALTER EVENT e ENABLE", "ALTER EVENT e DISABLE"),
        ("ALTER EVENT e COMMENT 'ENABLE'", "ALTER EVENT e COMMENT 'E"),
        ("ALTER EVENT e RENAME TO enable DO SET @enable = 1", "ALTER EVENT e RENAME TO enable DO SET"),
        ("DROP EVENT e", "DROP EVENT e"),
    ])
    func `events stay switched off`(statement: String, outcome: String) throws {
        let result = try Self.outcome(statement, in: "shop")
        #expect(result.contains(outcome), "\(result)")
    }

    @Test(arguments: ["CREATE OR REPLACE SEQUENCE q", "ALTER SEQUENCE q RESTART", "DROP SEQUENCE IF EXISTS q"])
    func `sequences are told as not followed`(statement: String) throws {
        #expect(try Self.outcome(statement, in: "shop") == "skip")
        #expect(try Self.outcome(statement) == "outside")
    }

    @Test(arguments: [
        ("TRUNCATE Orders", "TRUNCATE `shop`.`orders`"), ("DROP TABLE SHOP.PARTS", "DROP TABLE `shop`.`pieces`"),
        ("DROP TABLE others", "outside"),
    ])
    func `names are those of the rows whatever case they are typed in`(statement: String, outcome: String) throws {
        #expect(try Self.outcome(statement, in: "shop", Self.listed, ignoresCase: true) == outcome)
    }

    /// 1 is a collation of Big5, whose characters may end with a backslash; 8 is one of latin1.
    @Test(arguments: [1, 8] as [UInt8])
    func `a name that cannot be read is refused where it may be ours`(client: UInt8) throws {
        let settings = try ReplicationSettings(
            config: [
                "ConnectionConfig": ["Host": "h", "Port": 1, "User": "u", "Password": "p"],
                "ReplicateDoDb": Self.whole,
            ], role: .source)
        let planner = DefinitionPlanner(try Selection(settings), settings)
        let statement = Array("DROP TABLE ".utf8) + [0xa5, 0x5c, 0x20]
        let session: [UInt8] = [4, client, 0, client, 0, client, 0]
        #expect(throws: UnfollowedStatement.self) {
            try planner.plan(Self.query(statement, in: "shop", variables: session))
        }
        #expect(try planner.plan(Self.query(statement, in: "other", variables: session)) == .outside)
    }

    @Test(arguments: [
        ("RENAME TABLE a TO x, b TO a, x TO b", true), ("RENAME TABLE a TO x, b TO a", false),
        ("ALTER TABLE a EXCHANGE PARTITION p WITH TABLE b", true), ("ALTER TABLE a CHANGE x y INT", false),
        ("ALTER TABLE a CHANGE x y INT, CHANGE COLUMN y x INT", true), ("ALTER TABLE a CHANGE x x BIGINT", false),
        ("ALTER TABLE a RENAME COLUMN x TO y, RENAME COLUMN y TO x", true), ("ALTER TABLE a ADD INDEX (x)", true),
        ("ALTER TABLE a RENAME INDEX x TO y, RENAME KEY y TO x", true), ("ALTER TABLE a ADD INDEX i (x)", false),
        ("ALTER TABLE a ADD x INT, ADD UNIQUE KEY USING BTREE (x)", true), ("ALTER TABLE a ADD PRIMARY KEY (x)", false),
        ("ALTER TABLE a ADD CONSTRAINT FOREIGN KEY (x) REFERENCES b (x)", true),
        ("ALTER TABLE a ADD UNIQUE i (x)", false),
        ("ALTER TABLE a ADD CONSTRAINT c CHECK (x > 1)", false), ("ALTER TABLE a ADD CHECK (x > 1)", true),
        ("ALTER TABLE a ADD PARTITION PARTITIONS 2", true), ("ALTER TABLE a MODIFY x INT UNIQUE", true),
        ("ALTER TABLE a ADD PARTITION (PARTITION p VALUES LESS THAN (2))", false), ("ALTER TABLE a ADD x INT", false),
    ])
    func `statements that must not run twice are known`(statement: String, mustNot: Bool) throws {
        let settings = try ReplicationSettings(
            config: ["ConnectionConfig": ["Host": "h", "Port": 1, "User": "u", "Password": "p"]], role: .source)
        let planner = DefinitionPlanner(try Selection(settings), settings)
        guard case .run(let followed) = try planner.plan(Self.query(Array(statement.utf8), in: "shop")) else {
            Issue.record("not followed")
            return
        }
        #expect(followed.watched.isEmpty != mustNot)
    }
}
