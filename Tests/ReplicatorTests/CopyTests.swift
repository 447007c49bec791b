import Foundation
import MartletCore
import ReplicationFixtures
import Replicator
import SQLClient
import Testing

/// contract §C.7, §F.17, §F.19, §F.22: what is copied equals what was there.
@Suite(.serialized)
struct CopyTests {
    @Test(arguments: ServerPair.all, [true, false])
    func `values of all types arrive as they are`(pair: ServerPair, loads: Bool) throws {
        let fixture = try CopyFixture(pair)
        try fixture.target.run("SET GLOBAL local_infile = \(loads ? "ON" : "OFF")")
        defer { _ = try? fixture.target.run("SET GLOBAL local_infile = ON") }
        var tables: [String] = []
        for (index, type) in TypeMatrix.all.enumerated() where Self.fits(type, pair) {
            let table = "t\(index)"
            tables.append(table)
            try fixture.source.run("CREATE TABLE \(table) (id INT PRIMARY KEY, v \(type.type))")
            for (row, value) in (type.values + ["NULL"]).enumerated() {
                try fixture.source.run("INSERT INTO \(table) VALUES (\(row), \(value))")
            }
        }
        try fixture.copy()
        #expect(tables.count > 50)
        for table in tables {
            let type = TypeMatrix.all[Int(table.dropFirst()) ?? 0].type.prefix(60)
            #expect(try fixture.isEqual(table), "\(type)")
        }
    }

    /// Types of one product only, and what the other spells in its own way.
    private static func fits(_ type: TypeCase, _ pair: ServerPair) -> Bool {
        // It has its own test.
        if type.type.contains("ENUM('a','b','🐦')") { return false }
        // SQL values inside of JSON become numbers and texts, as with everything that moves JSON as text.
        if type.type == "JSON", type.support == .mysql { return false }
        return switch type.support {
        case .both: !pair.isMixed || type.type != "JSON"
        case .maria: pair.source == .maria && !pair.isMixed
        case .mysql: pair.source == .mysql && !pair.isMixed
        }
    }

    @Test(arguments: ServerPair.equal, [1, 7, 2000])
    func `keys of every kind cut a table without loss and without doubles`(pair: ServerPair, size: Int) throws {
        let fixture = try CopyFixture(pair)
        let source = fixture.source
        let tables = [
            "none": "a INT, b VARCHAR(10)", "nullable": "a INT NULL, b VARCHAR(10), UNIQUE KEY (a)",
            "composite": "a INT, b VARCHAR(10), e ENUM('z','y','x'), PRIMARY KEY (a, b, e)",
            "cased": "a VARCHAR(10) COLLATE utf8mb4_bin PRIMARY KEY, b INT",
            "wide": "a BIGINT UNSIGNED PRIMARY KEY, b INT", "years": "a YEAR, b INT, PRIMARY KEY (a, b)",
            "bytes": "a VARBINARY(10) PRIMARY KEY, b INT", "gbk": "a VARCHAR(10) CHARACTER SET gbk PRIMARY KEY, b INT",
            "times": "a DATETIME(6), b INT, PRIMARY KEY (a, b)", "bits": "a BIT(9) PRIMARY KEY, b INT",
            "sets": "a SET('p','q','r') PRIMARY KEY, b INT",
            "decimals": "a DECIMAL(20,5) PRIMARY KEY, b INT", "unique_only": "a INT NOT NULL, b INT, UNIQUE KEY (a)",
            "floats": "a DOUBLE PRIMARY KEY, b INT", "prefixed": "a VARCHAR(100) NOT NULL, b INT, UNIQUE KEY (a(5))",
        ]
        for (name, columns) in tables { try source.run("CREATE TABLE \(name) (\(columns)) CHARACTER SET utf8mb4") }
        let fill = [
            "INSERT INTO none VALUES (1,'x'),(1,'x'),(2,NULL),(NULL,NULL),(NULL,NULL)",
            "INSERT INTO nullable VALUES (1,'x'),(NULL,'y'),(NULL,'y'),(2,'z')",
            "INSERT INTO cased VALUES ('a',1),('A',2),('b',3),('',4),('a b',5),('ä',6),('🐦',7),('it''s',8),('back\\\\',9)",
            "INSERT INTO wide VALUES (0,1),(18446744073709551615,2),(9223372036854775808,3),(1,4)",
            "INSERT INTO years VALUES (0,1),(0,2),(1901,1),(2026,1),(2155,1),(2000,1)",
            "INSERT INTO bytes VALUES ('',1),(0x00,2),(0x0000,3),(0xff,4),(0x27,5),(0x5c,6),('a',7),('A',8)",
            "INSERT INTO gbk VALUES ('',1),('中',2),('文',3),('a',4),('b',5)",
            "INSERT INTO times VALUES ('0000-00-00',1),('2026-11-22 01:02:03.000004',1),('9999-12-31',2),('2026-11-22',3)",
            "INSERT INTO bits VALUES (b'0',1),(b'111111111',2),(b'101',3)",
            "INSERT INTO sets VALUES ('',1),('p',2),('q,p',3),('r',4),('p,q,r',5)",
            "INSERT INTO decimals VALUES (-1.5,1),(0,2),(0.00001,3),(99999999999,4)",
            "INSERT INTO unique_only VALUES (-5,1),(0,1),(7,NULL),(8,1),(9,1)",
            "INSERT INTO floats VALUES (0.1,1),(-1e300,2),(1e-300,3)",
            "INSERT INTO prefixed VALUES ('aaaaa1',1),('bbbbb',2),('c',3)",
        ]
        for statement in fill { try source.run(statement) }
        for a in 0..<9 {
            for b in ["x", "X1", "y", ""] {
                for e in ["z", "y", "x"] { try source.run("INSERT INTO composite VALUES (\(a), '\(b)', '\(e)')") }
            }
        }
        try fixture.copy { $0.chunkSize = size }
        for table in tables.keys.sorted() { #expect(try fixture.isEqual(table), "\(table)") }
    }

    @Test(arguments: ServerPair.all)
    func `columns that are made, hidden or zero stay so`(pair: ServerPair) throws {
        let fixture = try CopyFixture(pair)
        try fixture.source.run(
            "CREATE TABLE made (id INT AUTO_INCREMENT PRIMARY KEY, a INT, s INT AS (a + 1) STORED, v INT AS (a * 2) VIRTUAL, "
                + "h INT INVISIBLE DEFAULT 5, e ENUM('','x'), KEY (s)) AUTO_INCREMENT = 77")
        try fixture.source.run("SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO'")
        try fixture.source.run("INSERT INTO made (id, a, h, e) VALUES (0, 1, 9, ''), (5, 2, 8, 'x'), (6, 3, 7, 0)")
        try fixture.copy()
        let columns = ["id", "a", "s", "v", "h", "e + 0"]
        let name = "\(fixture.schema).made"
        let copied = try CopyFixture.content(fixture.target, name, columns)
        #expect(copied == (try CopyFixture.content(fixture.source, name, columns)) && copied.count == 3)
        let next = try fixture.target.rows("SHOW CREATE TABLE \(name)").first?[1] ?? ""
        #expect(next.contains("AUTO_INCREMENT=77"))
    }

    /// SHOW CREATE TABLE has question marks for them.
    @Test(arguments: ServerPair.equal)
    func `labels that the source cannot show are not taken for others`(pair: ServerPair) throws {
        let fixture = try CopyFixture(pair)
        try fixture.source.run("SET NAMES utf8mb4")
        try fixture.source.run("CREATE TABLE birds (v ENUM('a','🐦') CHARACTER SET utf8mb4)")
        try fixture.source.run("INSERT INTO birds VALUES ('🐦')")
        #expect(throws: CopyError.self) { try fixture.copy() }
    }

    @Test(arguments: ServerPair.equal)
    func `only rows of the condition come, under new names and with chosen columns`(pair: ServerPair) throws {
        let fixture = try CopyFixture(pair)
        try fixture.source.run("CREATE TABLE a (id INT PRIMARY KEY, v VARCHAR(9), w INT)")
        try fixture.source.run("INSERT INTO a VALUES (1,'x',10),(2,'y',20),(3,'x',30)")
        try fixture.source.run("CREATE TABLE child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES a (id))")
        try fixture.source.run("INSERT INTO child VALUES (1, 3)")
        try fixture.source.run("CREATE TABLE mapped (id INT PRIMARY KEY, v VARCHAR(9), w INT)")
        try fixture.source.run("INSERT INTO mapped VALUES (1,'x',10),(2,'y',20)")
        let other = "\(fixture.schema)_new"
        try fixture.target.run("CREATE DATABASE \(other)")
        try fixture.target.run("CREATE TABLE \(other).mapped (w BIGINT, k INT PRIMARY KEY)")
        let plan = try fixture.plan([
            "TableSchema": .string(fixture.schema), "TableSchemaRename": .string(other),
            "Tables": [
                ["TableName": "a", "TableRename": "b", "Where": "v = 'x' OR w > 100"], ["TableName": "child"],
                ["TableName": "mapped", "ColumnMapFrom": ["w", "id"]],
            ],
        ])
        let result = try FullCopy(plan).run()
        #expect(try fixture.target.rows("SELECT id FROM \(other).b ORDER BY 1") == [["1"], ["3"]])
        #expect(try fixture.target.rows("SELECT w, k FROM \(other).mapped ORDER BY k") == [["10", "1"], ["20", "2"]])
        let child = try fixture.target.rows("SHOW CREATE TABLE \(other).child").first?[1] ?? ""
        #expect(child.contains("REFERENCES `b`"))
        #expect(result.tables[TableName(fixture.schema, "a")]?.target == TableName(other, "b"))
    }

    @Test(arguments: ServerPair.equal)
    func `a value that the target cannot hold stops the copy and is named`(pair: ServerPair) throws {
        let fixture = try CopyFixture(pair)
        try fixture.source.run("CREATE TABLE big (id INT PRIMARY KEY, v VARCHAR(20))")
        try fixture.source.run("INSERT INTO big VALUES (1,'short'),(2,'much longer than five')")
        try fixture.target.run("CREATE DATABASE \(fixture.schema)")
        try fixture.target.run("CREATE TABLE \(fixture.schema).big (id INT PRIMARY KEY, v VARCHAR(5))")
        let error = #expect(throws: CopyError.self) { try fixture.copy() }
        #expect("\(String(describing: error))".contains("'v'"))
        #expect(try fixture.target.value("SELECT COUNT(*) FROM \(fixture.schema).big") == "0")
    }

    @Test(arguments: ServerPair.equal, [true, false])
    func `rows that a key of the target takes for the same stop the copy`(pair: ServerPair, loads: Bool) throws {
        let fixture = try CopyFixture(pair)
        try fixture.source.run("CREATE TABLE a (id INT PRIMARY KEY, v VARCHAR(10) COLLATE utf8mb4_bin UNIQUE)")
        try fixture.source.run("INSERT INTO a VALUES (1, 'a'), (2, 'A'), (3, 'b')")
        let (schema, target) = (fixture.schema, fixture.target)
        try target.run("CREATE DATABASE \(schema)")
        try target.run("CREATE TABLE \(schema).a (id INT PRIMARY KEY, v VARCHAR(10) COLLATE utf8mb4_general_ci UNIQUE)")
        var plan = try fixture.plan()
        plan.skipsCreation = true
        if !loads { try target.run("SET GLOBAL local_infile = 0") }
        defer { _ = try? target.run("SET GLOBAL local_infile = 1") }
        #expect { try FullCopy(plan).run() } throws: {
            "\($0)".contains("\(schema).a") && "\($0)".contains("1 rows took the places of others")
        }
        try target.run("ALTER TABLE \(schema).a MODIFY v VARCHAR(10) COLLATE utf8mb4_bin")
        _ = try FullCopy(plan).run()
        #expect(try fixture.isEqual("a"))
    }

    @Test(arguments: ServerPair.equal)
    func `views, triggers, routines and events come, and triggers stay silent for copied rows`(pair: ServerPair) throws
    {
        let fixture = try CopyFixture(pair)
        let other = "\(fixture.schema)_new"
        for statement in [
            "CREATE TABLE a (id INT PRIMARY KEY, v INT)",
            "CREATE TABLE log (id INT AUTO_INCREMENT PRIMARY KEY, t TEXT)",
            "CREATE VIEW z AS SELECT id FROM a WHERE v > 1", "CREATE VIEW b AS SELECT * FROM z",
            "CREATE TRIGGER tr AFTER INSERT ON a FOR EACH ROW INSERT INTO log (t) VALUES (NEW.id)",
            "CREATE TRIGGER tb BEFORE INSERT ON a FOR EACH ROW BEGIN IF NEW.v < 0 THEN SET NEW.v = 0; END IF; END",
            "CREATE FUNCTION f (x INT) RETURNS INT DETERMINISTIC RETURN x + 1", "CREATE PROCEDURE p () SELECT f(1)",
            "CREATE EVENT ev ON SCHEDULE EVERY 1 HOUR STARTS NOW() + INTERVAL 1 DAY DO DELETE FROM log",
            "INSERT INTO a VALUES (1, 1), (2, 2)",
        ] { try fixture.source.run(statement) }
        var plan = try fixture.plan(["TableSchema": .string(fixture.schema), "TableSchemaRename": .string(other)])
        plan.copiesObjects = true
        let notes = Monitor<[String]>([])
        _ = try FullCopy(plan) { note in notes.withLock { $0.append(note) } }.run()
        #expect(notes.withLock { $0 }.filter { $0.contains("left out") } == [])
        let target = fixture.target
        #expect(try target.rows("SELECT * FROM \(other).b") == [["2"]])
        #expect(try target.value("SELECT COUNT(*) FROM \(other).log") == "2")
        try target.run("INSERT INTO \(other).a VALUES (3, -3)")
        #expect(try target.value("SELECT v FROM \(other).a WHERE id = 3") == "0")
        #expect(try target.value("SELECT COUNT(*) FROM \(other).log") == "3")
        try target.prepareForWriting()
        try target.run("INSERT INTO \(other).a VALUES (4, -4)")
        #expect(try target.value("SELECT v FROM \(other).a WHERE id = 4") == "-4")
        #expect(try target.value("SELECT \(other).f(4)") == "5")
        let state = "SELECT STATUS FROM information_schema.EVENTS WHERE EVENT_SCHEMA = '\(other)'"
        #expect(try target.value(state) == "DISABLED")
    }
}
