import Binlog
import Foundation
import MySQLWire
import ReplicationFixtures
import Testing

/// contract §D.3 and §F.17: what is decoded equals what the server says it holds.
@Suite(.serialized)
struct TypeTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let product: TestServer.Product
        let type: TypeCase
        var testDescription: String { "\(product): \(type.type.prefix(60))" }
    }

    static let cases = TestServer.available.flatMap { product in
        TypeMatrix.all.filter { type in
            switch type.support {
            case .both: true
            case .maria: product == .maria
            case .mysql: product == .mysql
            }
        }.map { Case(product: product, type: $0) }
    }

    @Test(arguments: cases)
    func `a value in the stream equals the value in the table`(item: Case) throws {
        let server = try TestServer.shared(item.product)
        let recorder = Recorder(server: server)
        let reader = try server.connect()
        defer { reader.close() }
        try reader.query("SET SESSION time_zone='+00:00'")
        try reader.query("CREATE DATABASE IF NOT EXISTS matrix")
        let table = "matrix.t\(UInt32.random(in: 0...UInt32.max))"
        try reader.query("CREATE TABLE \(table) (id INT PRIMARY KEY, v \(item.type.type))")
        let items = try recorder.items { connection in
            try connection.query("SET NAMES utf8mb4")
            try connection.query("SET SESSION sql_mode='', time_zone='+00:00'")
            for (index, value) in (item.type.values + ["NULL"]).enumerated() {
                try connection.query("INSERT INTO \(table) VALUES (\(index), \(value))")
            }
        }
        let definitions = try Recorder.definitions(reader, table)
        let rows = try Recorder.rows(items, definitions: [table: definitions]).filter { $0.table == table }
        #expect(rows.count == item.type.values.count + 1)
        for row in rows {
            let value = try #require(row.after[1] ?? nil)
            guard case .integer(let id)? = row.after[0] else {
                Issue.record("the key is \(String(describing: row.after[0]))")
                continue
            }
            let stored = try reader.query("SELECT \(Self.expression(value)) FROM \(table) WHERE id = \(id)").text(0, 0)
            let comment = Comment(rawValue: "row \(id) of \(item.type.type.prefix(60))")
            #expect(Self.matches(value, stored), comment)
            #expect((id == item.type.values.count) == (value == .null), comment)
        }
        try Self.compareWithBinlogAlone(items, rows, table, definitions)
    }

    @Test(.enabled(if: TestServer.hasMaria))
    func `times in the format before MySQL 5_6 are read without fractions and refused with them`() throws {
        let server = try TestServer.shared(.maria)
        let reader = try server.connect()
        defer { reader.close() }
        try reader.query("CREATE DATABASE IF NOT EXISTS matrix")
        try reader.query("SET GLOBAL mysql56_temporal_format=OFF")
        defer { _ = try? reader.query("SET GLOBAL mysql56_temporal_format=ON") }
        try reader.query("CREATE OR REPLACE TABLE matrix.old (t TIME, d DATETIME, s TIMESTAMP NULL)")
        try reader.query("CREATE OR REPLACE TABLE matrix.fine (t TIME(3))")
        let items = try Recorder(server: server).items { connection in
            try connection.query("SET SESSION time_zone='+00:00'")
            try connection.query(
                "INSERT INTO matrix.old VALUES ('-838:59:59', '2026-11-22 14:15:16', '2026-11-22 14:15:16')")
            try connection.query("INSERT INTO matrix.fine VALUES ('-00:00:01.500')")
        }
        let old = try Recorder.definitions(reader, "matrix.old")
        let values = try Recorder.rows(
            items.filter { if case .rows(let event) = $0 { event.table.table == "old" } else { false } },
            definitions: ["matrix.old": old])
        let texts = ["-838:59:59", "2026-11-22 14:15:16", "2026-11-22 14:15:16"]
        #expect(values.map(\.after) == [texts.map { .time(Array($0.utf8)) }])
        let fine = try Recorder.definitions(reader, "matrix.fine")
        #expect {
            _ = try Recorder.rows(items, definitions: ["matrix.old": old, "matrix.fine": fine])
        } throws: { error in
            "\(error)".contains("mysql56_temporal_format") && (error as? BinlogError)?.column == "t"
        }
    }

    @Test(arguments: TestServer.available)
    func `a column list makes up for metadata that the source does not log`(product: TestServer.Product) throws {
        let server = try TestServer.shared(product)
        let reader = try server.connect()
        defer { reader.close() }
        let least = product == .maria ? "NO_LOG" : "MINIMAL"
        defer { _ = try? reader.query("SET GLOBAL binlog_row_metadata=FULL") }
        try reader.query("CREATE DATABASE IF NOT EXISTS matrix")
        try reader.query(
            "CREATE TABLE matrix.lean (i INT, u BIGINT UNSIGNED, d DECIMAL(9,3), f FLOAT, c CHAR(5), b BINARY(5), "
                + "v VARCHAR(300), t TEXT, bl BLOB, e ENUM('x','y'), s SET('p','q'), y YEAR, bt BIT(3), "
                + "ts TIMESTAMP(3) NULL) CHARACTER SET utf8mb4")
        let insert =
            "INSERT INTO matrix.lean VALUES (-1, 18446744073709551615, -1.5, 2.5, 'é', 0x01, 'ü', 't', 0x00, "
            + "'y', 'q', 2026, b'101', '2026-11-22 14:15:16.789')"
        let items = try Recorder(server: server).items { connection in
            try connection.query("SET NAMES utf8mb4")
            for level in ["FULL", least] {
                try connection.query("SET GLOBAL binlog_row_metadata=\(level)")
                try connection.query(insert)
            }
        }
        let list = try Recorder.definitions(reader, "matrix.lean")
        let rows = try Recorder.rows(items, definitions: ["matrix.lean": list])
        try reader.query("DROP TABLE matrix.lean")
        #expect(rows.count == 2)
        #expect(rows.first?.after == rows.last?.after)
        if product == .maria {
            #expect {
                _ = try Recorder.rows(items, definitions: nil)
            } throws: { error in
                (error as? BinlogError)?.code == .definition && "\(error)".contains("table matrix.lean")
            }
        }
    }

    @Test(arguments: TestServer.available)
    func `signs beside a YEAR are those of their columns`(product: TestServer.Product) throws {
        let server = try TestServer.shared(product)
        let reader = try server.connect()
        defer { reader.close() }
        try reader.query("CREATE DATABASE IF NOT EXISTS matrix")
        try reader.query("DROP TABLE IF EXISTS matrix.years")
        try reader.query(
            "CREATE TABLE matrix.years (y YEAR, a INT UNSIGNED, b INT, z YEAR, c TINYINT UNSIGNED)")
        let items = try Recorder(server: server).items { connection in
            try connection.query(
                "INSERT INTO matrix.years VALUES (2026, 4294967295, -1, 1999, 255)"
            )
        }
        let row = try #require(try Recorder.rows(items, definitions: nil).first)
        #expect(row.after[1] == .unsigned(4_294_967_295))
        #expect(row.after[2] == .integer(-1))
        #expect(row.after[4] == .unsigned(255))
    }

    @Test(.enabled(if: TestServer.mysql9 != nil))
    func `an update that carries only changes of JSON is refused with the setting's name`() throws {
        let server = try TestServer.shared(.mysql)
        let reader = try server.connect()
        defer { reader.close() }
        try reader.query("CREATE DATABASE IF NOT EXISTS matrix")
        try reader.query("CREATE TABLE IF NOT EXISTS matrix.partial (id INT PRIMARY KEY, j JSON)")
        #expect {
            _ = try Recorder(server: server).items { connection in
                try connection.query("SET SESSION binlog_row_value_options='PARTIAL_JSON'")
                try connection.query("INSERT INTO matrix.partial VALUES (1, JSON_OBJECT('a', REPEAT('x', 200)))")
                try connection.query("UPDATE matrix.partial SET j = JSON_SET(j, '$.a', 'y')")
            }
        } throws: { error in
            (error as? BinlogError)?.event == "PARTIAL_UPDATE_ROWS" && "\(error)".contains("binlog_row_value_options")
        }
    }

    /// With full metadata the binlog says all but MariaDB's own types of a fixed size.
    private static func compareWithBinlogAlone(
        _ items: [StreamItem], _ rows: [SeenRow], _ table: String, _ definitions: [ColumnDefinition]
    ) throws {
        guard ![.uuid, .inet4, .inet6].contains(definitions[1].kind) else { return }
        let alone = try Recorder.rows(items, definitions: nil).filter { $0.table == table }
        #expect(alone == rows)
    }

    /// How to ask the server for the value in a form that can be compared.
    private static func expression(_ value: Value) -> String {
        switch value {
        case .bits, .set: "CAST(v AS UNSIGNED)"
        case .enumeration: "v + 0"
        case .characters, .bytes, .vector, .geometry: "HEX(v)"
        case .float, .double: "v + 0e0"
        default: "v"
        }
    }

    private static func matches(_ value: Value, _ stored: String?) -> Bool {
        switch value {
        case .null: stored == nil
        case .integer(let number): stored == String(number)
        case .unsigned(let number): stored.flatMap { UInt64($0) } == number
        case .float(let number): stored.flatMap { Double($0) } == Double(number)
        case .double(let number): stored.flatMap { Double($0) } == number
        case .decimal(let text), .time(let text), .json(let text): stored == String(decoding: text, as: UTF8.self)
        case .bits(let number), .set(let number): stored == String(number)
        case .enumeration(let number): stored == String(number)
        case .characters(let bytes), .bytes(let bytes), .vector(let bytes), .geometry(let bytes):
            stored == bytes.map { String(format: "%02X", $0) }.joined()
        case .address(let text): stored == text
        }
    }
}
