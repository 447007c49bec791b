import Foundation
import MartletCore
import Replication
import ReplicationFixtures
import Replicator
import SQLClient
import Testing

/// Two servers, which may be of two products.
struct ServerPair: Sendable, CustomTestStringConvertible {
    let source: TestServer.Product
    let target: TestServer.Product

    var testDescription: String { "\(source) to \(target)" }
    var isMixed: Bool { source != target }

    static let all = TestServer.available.flatMap { source in
        TestServer.available.map { ServerPair(source: source, target: $0) }
    }
    static let equal = all.filter { !$0.isMixed }
}

/// A schema of its own at a source, and a job that copies it.
struct CopyFixture {
    let pair: ServerPair
    let schema: String
    let job: String
    let source: SQLSession
    let target: SQLSession
    let sourceServer: TestServer
    let targetServer: TestServer

    init(_ pair: ServerPair) throws {
        self.pair = pair
        let mark = UUID().uuidString.prefix(8).lowercased()
        schema = "copy_\(mark)"
        job = "job-\(mark)"
        sourceServer = try TestServer.shared(pair.source)
        targetServer = try TestServer.sharedTarget(pair.target)
        source = try sourceServer.session()
        target = try targetServer.session()
        try source.run("CREATE DATABASE \(schema) CHARACTER SET utf8mb4")
        for session in [source, target] { try session.run("SET SESSION sql_mode = '', time_zone = '+00:00'") }
        try source.run("USE \(schema)")
    }

    /// - Parameter rule: an element of `ReplicateDoDb`.
    func plan(_ rule: [String: JSONValue]? = nil) throws -> CopyPlan {
        let settings = try ReplicationSettings(
            config: [
                "ConnectionConfig": .object(["Host": "h", "Port": 1, "User": "u", "Password": "p"]),
                "ReplicateDoDb": .array([.object(rule ?? ["TableSchema": .string(schema)])]),
            ], role: .source)
        return CopyPlan(
            job: job, source: sourceServer.sqlSettings, target: targetServer.sqlSettings,
            selection: try Selection(settings))
    }

    @discardableResult
    func copy(_ change: (inout CopyPlan) -> Void = { _ in }) throws -> CopyResult {
        var plan = try plan()
        change(&plan)
        return try FullCopy(plan).run()
    }

    /// Every value of a table in hexadecimal, in any order of rows.
    static func content(_ session: SQLSession, _ table: String, _ columns: [String]) throws -> [String] {
        try session.run("SET SESSION time_zone = '+00:00'")
        // The two products write 1e15 in different ways.
        let list = columns.map { $0.hasSuffix("1e0") ? $0 : "HEX(\($0))" }.joined(separator: ", ")
        return try session.rows("SELECT \(list) FROM \(table)").map { row in
            zip(columns, row).map { column, value in
                guard let value else { return "NULL" }
                return column.hasSuffix("1e0") ? Double(value).map { "\($0)" } ?? "no number" : value
            }.joined(separator: "|")
        }.sorted()
    }

    func columns(_ table: String) throws -> [String] {
        try source.rows(
            "SELECT COLUMN_NAME, DATA_TYPE FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = '\(schema)' "
                + "AND TABLE_NAME = '\(table)' ORDER BY ORDINAL_POSITION"
        ).map { row in
            let name = row[0] ?? ""
            return switch row[1] ?? "" {
            case "float", "double": "`\(name)` * 1e0"
            case "decimal": "CAST(`\(name)` AS CHAR)"
            case "enum", "set", "bit": "`\(name)` + 0"
            case "uuid", "inet4", "inet6": "CAST(`\(name)` AS CHAR)"
            default: "`\(name)`"
            }
        }
    }

    func isEqual(_ table: String) throws -> Bool {
        let columns = try columns(table)
        let name = "\(schema).\(table)"
        return try Self.content(source, name, columns) == Self.content(target, name, columns)
    }
}
