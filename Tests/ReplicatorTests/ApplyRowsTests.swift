import Foundation
import MartletCore
import Replication
import ReplicationFixtures
import Replicator
import SQLClient
import Testing

/// contract §C.9 and §F.17–25: rows of the stream at the target.
@Suite(.serialized)
struct ApplyRowsTests {
    @Test(arguments: FollowedPair.all)
    func `every type arrives as it is, inserted, updated and found again`(pair: FollowedPair) throws {
        let follower = try pair.follower()
        let cases = TypeMatrix.all.filter { type in
            switch type.support {
            case .both: true
            case .maria: pair.source == .maria && pair.target == .maria
            // SQL values inside of JSON come as JSON's own numbers and texts.
            case .mysql: pair.source == .mysql && pair.target == .mysql && type.type != "JSON"
            }
        }
        try follower.follow { session in
            try session.run("SET SESSION sql_mode='', time_zone='+00:00'")
            for (index, type) in cases.enumerated() {
                for key in ["", " PRIMARY KEY"] {
                    let table = "t\(index)\(key.isEmpty ? "" : "k")"
                    try session.run("CREATE TABLE \(table) (id INT\(key), v \(type.type))")
                    for (row, value) in type.values.enumerated() {
                        try session.run("INSERT INTO \(table) VALUES (\(row), \(value)), (\(100 + row), NULL)")
                        try session.run("INSERT INTO \(table) VALUES (\(200 + row), \(value))")
                        try session.run("UPDATE \(table) SET v = \(value) WHERE id = \(100 + row)")
                        try session.run("UPDATE \(table) SET v = NULL WHERE id = \(row) AND id % 2 = 0")
                        try session.run("DELETE FROM \(table) WHERE id = \(200 + row) AND id % 2 = 1")
                    }
                }
            }
        }
        // MySQL writes JSON in a form of its own, MariaDB keeps the text.
        let isReformed = pair.source == .maria && pair.target == .mysql
        for index in cases.indices where !(isReformed && cases[index].type == "JSON") {
            try follower.expectEqual("t\(index)")
            try follower.expectEqual("t\(index)k")
        }
    }

    @Test(arguments: FollowedPair.all)
    func `of two equal rows without a key one is deleted and one changed`(pair: FollowedPair) throws {
        let follower = try pair.follower()
        try follower.follow { session in
            try session.run("CREATE TABLE k (a INT, b VARCHAR(20), c DOUBLE, d FLOAT)")
            try session.run(
                "INSERT INTO k VALUES (1,'x',0.1,0.1),(1,'x',0.1,0.1),(1,'X',0.1,0.1),(NULL,NULL,NULL,NULL)")
            try session.run("DELETE FROM k WHERE a = 1 AND BINARY b = 'x' LIMIT 1")
            try session.run("INSERT INTO k VALUES (2,'y',1e300,3e38),(2,'y',1e300,3e38),(2,'Y',1e300,3e38)")
            try session.run("UPDATE k SET a = 3 WHERE a = 2 LIMIT 1")
            try session.run("DELETE FROM k WHERE a IS NULL")
        }
        try follower.expectEqual("k")
        #expect(try Follower.rows(follower.target, "\(follower.schema).k").count == 5)
    }

    @Test(arguments: FollowedPair.alike)
    func `generated, invisible and renumbered columns`(pair: FollowedPair) throws {
        let follower = try pair.follower()
        try follower.follow { session in
            try session.run(
                "CREATE TABLE g (id INT AUTO_INCREMENT PRIMARY KEY, a INT, v INT AS (a + 1) VIRTUAL, "
                    + "s INT AS (a * 2) STORED, h INT INVISIBLE DEFAULT 7)")
            try session.run("SET SESSION sql_mode='NO_AUTO_VALUE_ON_ZERO'")
            try session.run("INSERT INTO g (id, a) VALUES (0, 1), (5, 2), (6, 3)")
            try session.run("UPDATE g SET a = 10, h = 8 WHERE id >= 5")
            try session.run("UPDATE g SET id = 9 WHERE id = 6")
            try session.run("DELETE FROM g WHERE id = 5")
        }
        let columns = "id, a, v, s, h"
        let rows = try Follower.rows(follower.target, "\(follower.schema).g", columns: columns)
        #expect(rows == (try Follower.rows(follower.source, "\(follower.schema).g", columns: columns)))
        #expect(rows.count == 2)
    }

    @Test(arguments: FollowedPair.alike)
    func `columns that change by themselves keep the source's time`(pair: FollowedPair) throws {
        let follower = try pair.follower()
        let stamp = "u TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP"
        try follower.follow { session in
            try session.run("CREATE TABLE lone (id INT PRIMARY KEY, a INT, \(stamp))")
            try session.run("CREATE TABLE two (id INT PRIMARY KEY, k INT UNIQUE, a INT, \(stamp))")
            try session.run("CREATE TABLE part (id INT, a INT, \(stamp), PRIMARY KEY (id, u))")
            try session.run("CREATE TABLE large (id INT PRIMARY KEY, k INT UNIQUE, a INT, b BLOB, \(stamp))")
            // All of it in one second, long ago.
            try session.run("SET SESSION timestamp=1600000000")
            try session.run("INSERT INTO lone (id, a) VALUES (1, 1), (2, 2), (3, 3)")
            try session.run("INSERT INTO two (id, k, a) VALUES (1, 1, 1), (2, 2, 2)")
            try session.run("INSERT INTO part (id, a) VALUES (1, 1), (2, 2)")
            try session.run("UPDATE lone SET a = 10 WHERE id = 1")
            for table in ["lone", "two", "part"] { try session.run("UPDATE \(table) SET a = a + 5 WHERE id > 0") }
            try session.run("INSERT INTO large (id, a, b) VALUES (1, 0, REPEAT('b', 60000))")
            for step in 0..<6 {
                try session.run("INSERT INTO large (id, a, b) SELECT id + \(1 << step), a, b FROM large")
            }
            try session.run("UPDATE large SET a = id")
        }
        for table in ["lone", "two", "part"] { try follower.expectEqual(table) }
        let rows = try [follower.source, follower.target].map {
            try Follower.rows($0, "\(follower.schema).large", columns: "id, k, a, u, LENGTH(b)")
        }
        #expect(rows[0] == rows[1])
    }

    @Test(arguments: FollowedPair.alike)
    func `an enum without a label and a cascade arrive`(pair: FollowedPair) throws {
        let follower = try pair.follower()
        try follower.follow { session in
            try session.run("CREATE TABLE p (id INT PRIMARY KEY)")
            try session.run(
                "CREATE TABLE c (id INT PRIMARY KEY, p INT, e ENUM('a'), "
                    + "FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE)")
            try session.run("SET SESSION sql_mode=''")
            try session.run("INSERT INTO p VALUES (1),(2)")
            try session.run("INSERT INTO c VALUES (1,1,'a'),(2,2,'no'),(3,2,'a')")
            try session.run("DELETE FROM p WHERE id = 1")
            try session.run("SET SESSION foreign_key_checks=0")
            try session.run("INSERT INTO c VALUES (4,99,'a')")
        }
        try follower.expectEqual("p")
        try follower.expectEqual("c")
    }

    @Test(arguments: FollowedPair.alike)
    func `a transaction that is rolled back leaves nothing, a savepoint what is before it`(pair: FollowedPair) throws {
        let follower = try pair.follower()
        try follower.follow { session in
            try session.run("CREATE TABLE r (id INT PRIMARY KEY)")
            for statement in [
                "BEGIN", "INSERT INTO r VALUES (1)", "ROLLBACK", "BEGIN", "INSERT INTO r VALUES (2)", "SAVEPOINT a",
                "INSERT INTO r VALUES (3)", "ROLLBACK TO a", "INSERT INTO r VALUES (4)", "COMMIT",
            ] {
                try session.run(statement)
            }
        }
        try follower.expectEqual("r")
    }

    @Test(arguments: FollowedPair.alike)
    func `a missing or superfluous row stops a strict job and is repaired by another`(pair: FollowedPair) throws {
        var follower = try pair.follower()
        try follower.follow { session in
            try session.run("CREATE TABLE d (id INT PRIMARY KEY, v INT)")
            try session.run("INSERT INTO d VALUES (1,1),(2,2),(3,3),(4,4)")
        }
        let start = try follower.now()
        let table = "\(follower.schema).d"
        let (source, target) = (try follower.source.session(), try follower.target.session())
        try target.run("DELETE FROM \(table) WHERE id IN (1, 2)")
        try target.run("INSERT INTO \(table) VALUES (9, 0)")
        try source.run("UPDATE \(table) SET v = v + 10 WHERE id IN (1, 3)")
        try source.run("DELETE FROM \(table) WHERE id = 2")
        try source.run("INSERT INTO \(table) VALUES (9, 9)")
        #expect {
            try follower.apply(from: start)
        } throws: { error in
            // Three transactions, by as many workers: each may be the first.
            ["id=1", "id=2", "id=9"].contains { "\(error)".contains($0) } && "\(error)".contains("\(table)")
        }
        #expect(try target.value("SELECT COUNT(*) FROM \(table) WHERE v > 10") == "0")
        follower.policy = .idempotent
        let progress = try follower.apply(from: start)
        #expect(progress.divergedRows == 3)
        try follower.expectEqual("d")
    }

    @Test(arguments: FollowedPair.alike)
    func `a transaction too large to be held arrives whole`(pair: FollowedPair) throws {
        let follower = try pair.follower()
        let progress = try follower.follow { session in
            try session.run("CREATE TABLE b (id INT PRIMARY KEY, k INT, v VARBINARY(1000))")
            try session.run("INSERT INTO b VALUES (0, 0, REPEAT('x', 1000))")
            try session.run("BEGIN")
            for step in 0..<14 {
                try session.run("INSERT INTO b SELECT id + \(1 << step), k, v FROM b")
            }
            try session.run("UPDATE b SET k = k + 1")
            try session.run("DELETE FROM b WHERE id % 7 = 0")
            try session.run("COMMIT")
            try session.run("UPDATE b SET k = 5 WHERE id = 1")
        }
        try follower.expectEqual("b")
        #expect(progress.targetTransactions == 5)
    }

    @Test(.enabled(if: TestServer.hasMaria))
    func `a source that logs no metadata is read by the tables of the target`() throws {
        let source = try TestServer.start(.maria, options: ["--binlog-row-metadata=NO_LOG"])
        let follower = Follower(source, try TestServer.sharedTarget(.maria))
        let types = TypeMatrix.all.filter { $0.support != .mysql }.map(\.type)
        let columns = types.enumerated().map { "c\($0) \($1)" }.joined(separator: ", ")
        try follower.follow { session in
            try session.run("SET SESSION sql_mode='', time_zone='+00:00'")
            try session.run("CREATE TABLE n (id INT PRIMARY KEY, \(columns))")
            for (index, type) in TypeMatrix.all.filter({ $0.support != .mysql }).enumerated() {
                for (row, value) in type.values.enumerated() {
                    try session.run("INSERT INTO n (id, c\(index)) VALUES (\(index * 100 + row), \(value))")
                }
            }
            try session.run("UPDATE n SET id = id + 100000")
        }
        try follower.expectEqual("n")
        let start = try follower.now()
        try follower.target.session().run("ALTER TABLE \(follower.schema).n DROP COLUMN c3")
        try source.session().run("DELETE FROM \(follower.schema).n WHERE id = 100000")
        #expect {
            try follower.apply(from: start)
        } throws: { "\($0)".contains("binlog_row_metadata=FULL") }
    }
}
