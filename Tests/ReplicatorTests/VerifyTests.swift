import Foundation
import MartletCore
import ReplicationFixtures
import Replicator
import SQLClient
import Testing

/// The comparison names what differs, and only that.
@Suite(.serialized)
struct VerifyTests {
    private static func verify(
        _ fixture: CopyFixture, _ rule: [String: JSONValue]? = nil, catchUp: @escaping () throws -> Bool = { false }
    ) throws -> VerifyReport {
        let plan = try fixture.plan(rule)
        return try Verify(
            plan.selection, source: fixture.sourceServer.session(), target: fixture.targetServer.session(),
            chunkSize: 10,
            catchUp: catchUp
        ).run()
    }

    @Test(arguments: ServerPair.all)
    func `copies of all types are equal, and a change of any value is found`(pair: ServerPair) throws {
        let fixture = try CopyFixture(pair)
        var tables: [String] = []
        for (index, type) in TypeMatrix.all.enumerated() where Self.fits(type, pair) {
            tables.append("t\(index)")
            try fixture.source.run("CREATE TABLE t\(index) (id INT PRIMARY KEY, v \(type.type))")
            for (row, value) in (type.values + ["NULL"]).enumerated() {
                try fixture.source.run("INSERT INTO t\(index) VALUES (\(row), \(value))")
            }
        }
        try fixture.copy()
        let report = try Self.verify(fixture)
        #expect(report.isEqual && report.tables.count == tables.count)
        for table in report.tables where !table.isEqual { Issue.record("\(table)") }
        for table in tables { try fixture.target.run("UPDATE \(fixture.schema).\(table) SET v = NULL WHERE id = 0") }
        for table in try Self.verify(fixture).tables {
            let isCompared = table.uncompared.isEmpty
            #expect(table.keys == (isCompared ? ["0"] : []), "\(table.source.table)")
        }
    }

    private static func fits(_ type: TypeCase, _ pair: ServerPair) -> Bool {
        if type.type.contains("ENUM('a','b','🐦')") || (type.type == "JSON" && type.support == .mysql) { return false }
        switch type.support {
        case .both: return true
        case .maria: return pair.source == .maria && !pair.isMixed
        case .mysql: return pair.source == .mysql && !pair.isMixed
        }
    }

    @Test(arguments: ServerPair.equal)
    func `labels of other numbers stop a copy and are compared as texts`(pair: ServerPair) throws {
        let fixture = try CopyFixture(pair)
        try fixture.source.run("CREATE TABLE e (id INT PRIMARY KEY, v ENUM('small','large'), s SET('a','b'))")
        try fixture.source.run("INSERT INTO e VALUES (1, 'small', 'a'), (2, 'large', 'b'), (3, NULL, '')")
        try fixture.copy()
        let table = "\(fixture.schema).e"
        try fixture.target.run("ALTER TABLE \(table) MODIFY v ENUM('large','small'), MODIFY s SET('b','a')")
        #expect(try Self.verify(fixture).isEqual)
        // The number that the source has.
        try fixture.target.run("UPDATE \(table) SET v = 1 WHERE id = 1")
        #expect(try Self.verify(fixture).tables.map(\.keys) == [["1"]])
        var plan = try fixture.plan()
        (plan.job, plan.skipsCreation) = ("other-\(fixture.job)", true)
        #expect {
            try FullCopy(plan).run()
        } throws: { "\($0)".contains("column v") && "\($0)".contains(table) }
    }

    @Test(arguments: ServerPair.equal)
    func `rows that lack, that are too many and that differ are named by their keys`(pair: ServerPair) throws {
        let fixture = try CopyFixture(pair)
        try fixture.source.run("CREATE TABLE a (x INT, y VARCHAR(10), v INT, PRIMARY KEY (x, y))")
        for x in 0..<50 { try fixture.source.run("INSERT INTO a VALUES (\(x), 'k', 1)") }
        try fixture.source.run("CREATE TABLE loose (v INT)")
        try fixture.source.run("INSERT INTO loose VALUES (1), (1), (2)")
        try fixture.source.run("CREATE TABLE gone (id INT PRIMARY KEY)")
        try fixture.copy()
        #expect(try Self.verify(fixture).isEqual)
        let schema = fixture.schema
        try fixture.target.run("DELETE FROM \(schema).a WHERE x = 7")
        try fixture.target.run("INSERT INTO \(schema).a VALUES (20, 'l', 1)")
        try fixture.target.run("UPDATE \(schema).a SET v = NULL WHERE x = 49")
        try fixture.target.run("INSERT INTO \(schema).a VALUES (100, 'k', 1)")
        try fixture.target.run("DELETE FROM \(schema).loose WHERE v = 1 LIMIT 1")
        try fixture.target.run("DROP TABLE \(schema).gone")
        let report = try Self.verify(fixture)
        #expect(report.isDone && !report.isEqual)
        let tables = Dictionary(uniqueKeysWithValues: report.tables.map { ($0.source.table, $0) })
        let keys = (tables["a"]?.keys ?? []).map { $0.prefix { $0 != "," } }
        #expect(keys == ["7", "20", "49", "100"] && tables["a"]?.differing == 4)
        #expect(tables["a"]?.rows == 50 && tables["a"]?.chunks == 6)
        #expect(tables["loose"]?.differing == 1 && tables["gone"]?.isCompared == false)
        #expect(report.json.object?["equal"] == .bool(false))
    }

    @Test(arguments: ServerPair.equal)
    func `tables that only the target has are named`(pair: ServerPair) throws {
        let fixture = try CopyFixture(pair)
        let (schema, other) = (fixture.schema, "\(fixture.schema)_new")
        try fixture.source.run("CREATE TABLE a (id INT PRIMARY KEY)")
        try fixture.copy()
        try fixture.target.run("CREATE TABLE \(schema).more (id INT PRIMARY KEY)")
        let report = try Self.verify(fixture)
        #expect(!report.isEqual && report.tables.map(\.isEqual) == [true, false] && report.tablesTotal == 2)
        #expect(report.tables[1].target.table == "more" && report.tables[1].note == "only the target has it")
        let named: [String: JSONValue] = ["TableSchema": .string(schema), "Tables": [["TableName": "a"]]]
        #expect(try Self.verify(fixture, named).isEqual)
        for table in ["a", "more"] {
            try fixture.target.run("CREATE DATABASE IF NOT EXISTS \(other)")
            try fixture.target.run("CREATE TABLE \(other).\(table) (id INT PRIMARY KEY)")
        }
        let renamed: [String: JSONValue] = ["TableSchema": .string(schema), "TableSchemaRename": .string(other)]
        let merged = try Self.verify(fixture, renamed)
        #expect(merged.isEqual && merged.tables.last?.note == "only the target has it")
    }

    @Test(arguments: ServerPair.equal)
    func `what is still on its way is not taken for a difference`(pair: ServerPair) throws {
        let fixture = try CopyFixture(pair)
        try fixture.source.run("CREATE TABLE a (id INT PRIMARY KEY, v INT)")
        for id in 0..<30 { try fixture.source.run("INSERT INTO a VALUES (\(id), 1)") }
        try fixture.copy()
        try fixture.target.run("UPDATE \(fixture.schema).a SET v = 99 WHERE id = 3")
        try fixture.source.run("UPDATE a SET v = 2 WHERE id IN (4, 25)")
        var round = 0
        let report = try Self.verify(fixture) {
            round += 1
            try fixture.target.run("UPDATE \(fixture.schema).a SET v = 2 WHERE id IN (4, 25)")
            return true
        }
        #expect(report.tables.first?.keys == ["3"] && report.tables.first?.differing == 1)
        #expect(round > 0)
        let busy = try Self.verify(fixture) {
            round += 1
            try fixture.source.run("UPDATE a SET v = \(round) WHERE id = 3")
            return true
        }
        #expect(busy.tables.first?.differing == 0 && busy.tables.first?.unsettled == 1)
        // Nobody has seen that they are the same.
        #expect(!busy.isEqual && busy.tables.first?.note.contains("whenever") == true)
        var nothing = VerifyReport()
        nothing.isDone = true
        #expect(!nothing.isEqual)
    }
}
