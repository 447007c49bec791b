import Foundation
import MartletCore
import ReplicationFixtures
import Replicator
import SQLClient
import Synchronization
import Testing

/// A schema of its own with a few kinds of tables, someone who writes to it, and the comparison with the target's.
final class JobData: Sendable {
    let source: TestServer
    let target: TestServer
    let schema = "w\(UInt32.random(in: 0...UInt32.max))"

    init(_ source: TestServer, _ target: TestServer) throws {
        (self.source, self.target) = (source, target)
        let session = try source.session()
        try session.run("CREATE DATABASE \(schema) CHARACTER SET utf8mb4")
        try session.run(
            "CREATE TABLE \(schema).rows_ (id BIGINT PRIMARY KEY AUTO_INCREMENT, n INT NOT NULL, t TEXT, KEY(n))")
        try session.run(
            "CREATE TABLE \(schema).pairs (a INT, b VARCHAR(20), n INT, PRIMARY KEY (a, b), UNIQUE KEY (n))")
        try session.run("CREATE TABLE \(schema).keyless (n INT, t VARCHAR(50))")
        try session.run("CREATE TABLE \(schema).counter (id INT PRIMARY KEY, n BIGINT)")
        try session.run("INSERT INTO \(schema).counter VALUES (1, 0)")
    }

    func job(
        source: [String: JSONValue] = [:], target: [String: JSONValue] = [:], sourcePort: UInt16? = nil,
        targetPort: UInt16? = nil, spoolLimit: Int64? = nil
    ) throws -> RunningJob {
        var config = source
        if config["ReplicateDoDb"] == nil { config["ReplicateDoDb"] = [["TableSchema": .string(schema)]] }
        if config["ChunkSize"] == nil { config["ChunkSize"] = 500 }
        return try RunningJob(
            self.source, self.target, source: config, target: target, sourcePort: sourcePort,
            targetPort: targetPort, spoolLimit: spoolLimit)
    }

    func fill(rows: Int) throws {
        let session = try source.session()
        for start in stride(from: 0, to: rows, by: 1000) {
            let values = (start..<min(rows, start + 1000)).map { "(\($0), REPEAT('x', \($0 % 90)))" }
            try session.run("INSERT INTO \(schema).rows_ (n, t) VALUES \(values.joined(separator: ","))")
        }
        let pairs = (0..<200).map { "(\($0 / 7), 'k\($0)', \($0))" }
        try session.run("INSERT INTO \(schema).pairs VALUES \(pairs.joined(separator: ","))")
        try session.run("INSERT INTO \(schema).keyless VALUES (1, 'one'), (1, 'one'), (2, NULL), (3, 'three')")
    }

    /// Each its own transaction.
    func write(changes: Int) throws {
        let session = try source.session()
        var numbers = SystemRandomNumberGenerator()
        for _ in 0..<changes { try write(session, &numbers) }
    }

    private func write(_ session: SQLSession, _ numbers: inout SystemRandomNumberGenerator) throws {
        let id = Int.random(in: 1...500, using: &numbers)
        switch Int.random(in: 0..<8, using: &numbers) {
        case 0: try session.run("INSERT INTO \(schema).rows_ (n, t) VALUES (\(id), 'new')")
        case 1: try session.run("UPDATE \(schema).rows_ SET n = n + 1 WHERE id = \(id)")
        case 2: try session.run("DELETE FROM \(schema).rows_ WHERE id = \(id + 500)")
        case 3: try session.run("REPLACE INTO \(schema).pairs VALUES (\(id / 7), 'k\(id)', \(id))")
        case 4: try session.run("DELETE FROM \(schema).pairs WHERE n = \(id)")
        case 5:
            try session.run("INSERT INTO \(schema).keyless VALUES (\(id), 'same'), (\(id), 'same')")
            try session.run("DELETE FROM \(schema).keyless WHERE n = \(id) LIMIT 1")
        case 6: try session.run("UPDATE \(schema).keyless SET t = 'changed' WHERE n = \(id)")
        default:
            try session.run("BEGIN")
            try session.run("UPDATE \(schema).counter SET n = n + 1")
            try session.run("UPDATE \(schema).rows_ SET t = 'counted' WHERE id = \(id)")
            try session.run("COMMIT")
        }
    }

    /// A row of the target that the source does not have.
    func spoilTarget() throws {
        try target.session().run("INSERT INTO \(schema).keyless VALUES (999, 'only here')")
        try target.session().run("UPDATE \(schema).rows_ SET t = 'wrong' LIMIT 7")
    }

    // MARK: Comparison

    static func content(_ server: TestServer, _ schema: String) throws -> [String] {
        let session = try server.session()
        let tables = try session.rows(
            "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = '\(schema)' ORDER BY 1")
        return try tables.compactMap(\.first).compactMap(\.self).map { table in
            let columns = try session.rows(
                "SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = '\(schema)' "
                    + "AND TABLE_NAME = '\(table)' ORDER BY ORDINAL_POSITION"
            ).compactMap { $0[0] }.map { "IFNULL(HEX(`\($0)`), 'NULL')" }.joined(separator: ", ',', ")
            let row = try session.rows(
                "SELECT COUNT(*), SUM(CRC32(CONCAT(\(columns)))), BIT_XOR(CRC32(CONCAT(\(columns), 'x'))) FROM \(schema).`\(table)`"
            )
            return "\(table) \(row)"
        }
    }

    var isEqual: Bool {
        get throws { try Self.content(source, schema) == Self.content(target, schema) }
    }

    /// Waits until the target has what the source has; nobody writes meanwhile.
    func untilEqual(_ run: RoleRun, within seconds: Double = 300) async throws {
        let facts = {
            "\((try? Self.content(self.source, self.schema)) ?? []) \((try? Self.content(self.target, self.schema)) ?? []) \(run.errorText) \(String(describing: run.report))"
        }
        try await Patience.until("both are equal", within: seconds, or: facts) { try isEqual }
    }

    // MARK: Writer

    /// Writes until it is stopped.
    final class Writer: Sendable {
        private let isStopped = Mutex(false)
        private let count = Mutex(0)
        private let thread: Mutex<OwnThread?> = Mutex(nil)

        fileprivate init(_ data: JobData) {
            let thread = OwnThread("writer") { [weak self] in
                var session = try? data.source.session()
                var numbers = SystemRandomNumberGenerator()
                while let self, !self.isStopped.withLock({ $0 }) {
                    usleep(1000)
                    guard let open = session, (try? data.write(open, &numbers)) != nil else {
                        session = try? data.source.session()
                        continue
                    }
                    self.count.withLock { $0 += 1 }
                }
            }
            self.thread.withLock { $0 = thread }
        }

        /// How many transactions it wrote.
        func stop() -> Int {
            isStopped.withLock { $0 = true }
            thread.withLock { $0 }?.join()
            return count.withLock { $0 }
        }
    }

    func startWriter() -> Writer { Writer(self) }
}
