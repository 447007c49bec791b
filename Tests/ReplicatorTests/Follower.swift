import Binlog
import Foundation
import MartletCore
import MySQLWire
import Replication
import ReplicationFixtures
import Replicator
import SQLClient
import Testing

/// Applies what happens at one server to another, as a job without processes.
struct Follower {
    /// A schema of its own at both servers.
    let schema: String
    let source: TestServer
    let target: TestServer
    let job = "job-\(UUID().uuidString.prefix(8))"
    var config: [String: JSONValue] = [:]
    var workers = 4
    var policy = ApplyPolicy.strict
    var window: CopyWindow?
    var report: @Sendable (ApplyNotice) -> Void = { _ in }

    init(_ source: TestServer.Product, _ target: TestServer.Product) throws {
        self.init(try TestServer.shared(source), try TestServer.sharedTarget(target))
    }

    init(_ source: TestServer, _ target: TestServer) {
        (self.source, self.target) = (source, target)
        schema = "s\(UInt32.random(in: 0...UInt32.max))"
        config["ReplicateDoDb"] = [["TableSchema": .string(schema)]]
    }

    /// What the source has now.
    func now() throws -> ExecutedSet {
        let session = try source.session()
        let isMaria = session.flavor.isMaria
        let text = try session.value(isMaria ? "SELECT @@gtid_binlog_pos" : "SELECT @@global.gtid_executed") ?? ""
        return try ExecutedSet(text, isMariaDB: isMaria)
    }

    func options() throws -> ApplyOptions {
        var config = config
        config["ConnectionConfig"] = ["Host": "h", "Port": 1, "User": "u", "Password": "p"]
        config["ParallelWorkers"] = .int(Int64(workers))
        let settings = try ReplicationSettings(config: config, role: .source)
        let session = try source.session()
        var options = ApplyOptions(
            job: job, target: target.sqlSettings, settings: settings, sourceFlavor: session.flavor)
        options.policy = policy
        options.window = window
        options.report = report
        options.characterSets = try CharacterSets(session)
        options.ignoresCase = try session.value("SELECT @@GLOBAL.lower_case_table_names") != "0"
        return options
    }

    /// Does `work` at the source and applies it and all since `start`.
    @discardableResult
    func follow(from start: ExecutedSet? = nil, _ work: (SQLSession) throws -> Void) throws -> ApplyProgress {
        let start = try start ?? now()
        let session = try source.session()
        try session.run("CREATE DATABASE IF NOT EXISTS \(schema)")
        try session.run("USE \(schema)")
        try work(session)
        return try apply(from: start)
    }

    /// Applies all from `start` to what the source has now.
    @discardableResult
    func apply(from start: ExecutedSet) throws -> ApplyProgress {
        let mark = "mark\(UInt32.random(in: 0...UInt32.max))"
        let session = try source.session()
        try session.run("CREATE DATABASE \(mark)")
        defer { _ = try? session.run("DROP DATABASE \(mark)") }
        var options = try options()
        options.executed = start
        let applier = try Applier(options)
        defer { applier.stop() }
        try read(after: applier.executed, isMaria: session.flavor.isMaria) { item in
            try applier.accept(item)
            if case .statement(let query, _) = item { return !query.text.contains(mark) }
            return true
        }
        try applier.flush()
        return applier.progress
    }

    /// Until `body` says false.
    func read(after executed: ExecutedSet, isMaria: Bool, _ body: (StreamItem) throws -> Bool) throws {
        var request = BinlogRequest(
            start: executed.start(isMariaDB: isMaria), serverID: UInt32.random(in: 1000...UInt32.max))
        request.heartbeat = .seconds(2)
        let connection = try source.connect()
        defer { connection.close() }
        let stream = try BinlogStream(connection, request)
        var framer = TransactionFramer(decoder: stream.decoder)
        var goesOn = true
        while goesOn { try framer.accept(try stream.next(), from: 1) { goesOn = try body($0) && goesOn } }
    }

    // MARK: Comparing

    /// All rows of a table as text, in an order that depends on nothing but them.
    static func rows(_ server: TestServer, _ table: String, columns: String = "*") throws -> [String] {
        let session = try server.session()
        try session.run("SET SESSION time_zone='+00:00'")
        var rows: [String] = []
        try session.query("SELECT \(columns) FROM \(table)") { row in
            rows.append((0..<row.count).map { row.bytes($0).map { SQLText.hex($0) } ?? "NULL" }.joined(separator: " "))
        }
        return rows.sorted()
    }

    /// Both servers hold the same rows, and some.
    func expectEqual(_ table: String, isEmpty: Bool = false, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let (one, other) = (
            try Self.rows(source, "\(schema).\(table)"), try Self.rows(target, "\(schema).\(table)")
        )
        #expect(one == other, "\(table)", sourceLocation: sourceLocation)
        #expect(one.isEmpty == isEmpty, "\(table) has \(one.count) rows", sourceLocation: sourceLocation)
    }
}

/// Source and target of a test.
struct FollowedPair: Sendable, CustomTestStringConvertible {
    let source: TestServer.Product
    let target: TestServer.Product
    var testDescription: String { "\(source) to \(target)" }

    static let all = TestServer.available.flatMap { source in
        TestServer.available.map { FollowedPair(source: source, target: $0) }
    }
    /// Both of one product.
    static let alike = all.filter { $0.source == $0.target }

    func follower() throws -> Follower { try Follower(source, target) }
}
