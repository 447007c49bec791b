import Foundation
import MySQLWire
import ReplicationFixtures
import Testing

/// Statements over the same connection type: rows as they come, data for LOAD DATA LOCAL.
@Suite(.serialized)
struct QueryTests {
    @Test(arguments: TestServer.available)
    func `local data is loaded from pieces`(product: TestServer.Product) throws {
        let connection = try TestServer.shared(product).connect { $0.allowsLocalData = true }
        defer { connection.close() }
        try connection.query("CREATE DATABASE IF NOT EXISTS loads")
        let table = "loads.t\(UInt32.random(in: 0...UInt32.max))"
        try connection.query("CREATE TABLE \(table) (id INT PRIMARY KEY, t TEXT) CHARACTER SET utf8mb4")
        var pieces = [Array("1\teins\n2\tzw".utf8), [], Array("ei 🐦\n3\t\\N\n".utf8)]
        let load = "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE \(table) CHARACTER SET utf8mb4"
        let result = try connection.load(load) { pieces.isEmpty ? nil : pieces.removeFirst() }
        #expect(result.affectedRows == 3)
        let rows = try connection.query("SELECT t FROM \(table) ORDER BY id")
        #expect((0..<3).map { rows.text($0, 0) } == ["eins", "zwei 🐦", nil])
    }

    @Test(arguments: TestServer.available)
    func `a load that breaks leaves nothing behind`(product: TestServer.Product) throws {
        let server = try TestServer.shared(product)
        let other = try server.connect()
        try other.query("CREATE DATABASE IF NOT EXISTS loads")
        let table = "loads.t\(UInt32.random(in: 0...UInt32.max))"
        try other.query("CREATE TABLE \(table) (id INT PRIMARY KEY)")
        let connection = try server.connect { $0.allowsLocalData = true }
        var piece = 0
        #expect(throws: TestServer.Failure.self) {
            _ = try connection.load("LOAD DATA LOCAL INFILE 'x' INTO TABLE \(table)") {
                piece += 1
                if piece == 2 { throw TestServer.Failure("the source broke") }
                return Array("1\n2\n".utf8)
            }
        }
        #expect(throws: WireError.self) { try connection.ping() }
        let deadline = ContinuousClock.now + .seconds(120)
        let isAlone = "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE ID = \(connection.connectionID)"
        while try other.query(isAlone).text(0, 0) != "0", ContinuousClock.now < deadline { usleep(20_000) }
        #expect(try other.query("SELECT COUNT(*) FROM \(table)").text(0, 0) == "0")
    }

    @Test(arguments: TestServer.available)
    func `without leave no data is sent, whatever the statement says`(product: TestServer.Product) throws {
        let connection = try TestServer.shared(product).connect()
        try connection.query("CREATE DATABASE IF NOT EXISTS loads")
        try connection.query("CREATE TABLE IF NOT EXISTS loads.refused (id INT)")
        #expect(throws: WireError.self) {
            try connection.query("LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE loads.refused")
        }
    }

    @Test(arguments: TestServer.available)
    func `rows are handed on as they come`(product: TestServer.Product) throws {
        let connection = try TestServer.shared(product).connect()
        let depth = product == .maria ? "max_recursive_iterations" : "cte_max_recursion_depth"
        try connection.query("SET SESSION \(depth)=200000")
        var (count, bytes) = (0, 0)
        let statement =
            "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 100000) "
            + "SELECT n, REPEAT('x', 100), NULL FROM s"
        try connection.query(statement) { row in
            count += 1
            bytes += row[1]?.count ?? 0
            if row[2] != nil || row.count != 3 { Issue.record("row \(count)") }
        }
        #expect(count == 100_000)
        #expect(bytes == 10_000_000)
        #expect(throws: TestServer.Failure.self) {
            try connection.query(statement) { _ in throw TestServer.Failure("enough") }
        }
        #expect(throws: WireError.self) { try connection.ping() }
    }
}
