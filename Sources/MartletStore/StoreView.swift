package import Foundation
import GRDB
package import MartletCore

/// A store seen from outside: read only, beside a running server or without one. For backups and checks.
package struct StoreView: Sendable {
    /// The newest schema this program can open.
    package static var newestSchema: Int { Schema.migrations.last?.version ?? 0 }

    private let queue: DatabaseQueue
    private let decoding = RunDecoding()

    /// `database`: path of a `martlet.db`. Throws `notFound` when there is none, `invalid` when it is not ours.
    package init(database path: String) throws {
        guard FileManager.default.fileExists(atPath: path) else {
            throw MartletError(.notFound, "there is no database \(path)")
        }
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(10)
        do {
            queue = try DatabaseQueue(path: path, configuration: configuration)
            let id = try queue.read { try Int32.fetchOne($0, sql: "PRAGMA application_id") }
            guard id == Schema.applicationID else {
                throw MartletError(.invalid, "\(path) is not a database of martlet")
            }
        } catch let error as DatabaseError {
            let isDamaged = [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode)
            throw MartletError(
                .invalid, "\(path) \(isDamaged ? "is damaged" : "cannot be opened"): \(error.message ?? "no message")",
                cause: error)
        }
    }

    package func close() throws { try queue.close() }

    /// What `PRAGMA quick_check` found, at most ten lines; empty when the database is whole.
    package func damage() throws -> [String] {
        try read { db in
            let lines = try String.fetchAll(db, sql: "PRAGMA quick_check(10)")
            return lines == ["ok"] ? [] : lines
        }
    }

    /// Whether the secrets in the store were sealed with this key. Throws when the file is absent, damaged or
    /// readable by others.
    package func fits(keyFile: String) throws -> Bool {
        let box = try SecretBox(existingKeyFile: keyFile)
        let canary = try read { try Data.fetchOne($0, sql: "SELECT value FROM store WHERE name = 'canary'") }
        return canary.map(box.opens) ?? true
    }

    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        do { return try queue.read(body) } catch { throw storeFailure(error) }
    }
}

// MARK: Runs

extension StoreView {
    /// What the store held at one instant.
    package struct Facts: Sendable, Hashable {
        package let schema: Int
        /// Running or stopping.
        package let live: Int
        package let pending: Int
        /// Nil: nothing has happened yet.
        package let newestEventAt: Date?
    }

    package func facts() throws -> Facts {
        try read { db in
            let newest = try Int64.fetchOne(db, sql: "SELECT at FROM events ORDER BY number DESC LIMIT 1")
            return Facts(
                schema: try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0,
                live: try count("'running','stopping'", db), pending: try count("'pending'", db),
                newestEventAt: newest.map { Date(milliseconds: $0) })
        }
    }

    private func count(_ states: String, _ db: Database) throws -> Int {
        try Int.fetchOne(db, sql: "SELECT count(*) FROM runs WHERE state IN (\(states))") ?? 0
    }

    /// Every run that is running or stopping.
    package func liveRuns() throws -> [Run] {
        try read { db in
            let ids = try Data.fetchAll(db, sql: "SELECT id FROM runs WHERE state IN ('running','stopping')")
            return try decoding.runs(ids.map(RunID.init(blob:)), db)
        }
    }

    package func endedRuns() throws -> [RunID] {
        try read { db in
            let words = RunState.allCases.filter(\.isEnd).map { "'\($0.rawValue)'" }.joined(separator: ",")
            return try Data.fetchAll(db, sql: "SELECT id FROM runs WHERE state IN (\(words)) ORDER BY id")
                .map(RunID.init(blob:))
        }
    }

    /// Those of them that the store does not have.
    package func unknown(of ids: [RunID]) throws -> [RunID] {
        try read { db in
            let statement = try db.makeStatement(sql: "SELECT 1 FROM runs WHERE id = ?")
            return try ids.filter { try Int.fetchOne(statement, arguments: [$0.blob]) == nil }
        }
    }
}

// MARK: Copy

extension StoreView {
    private static let pagesPerStep: CInt = 4096

    /// Copies one consistent state, with everything that was committed before the call, to a new file (0600).
    /// Writers go on meanwhile; only the write-ahead log cannot be emptied until it is done. `progress`: the part
    /// that is copied, 0 to 1.
    package func copy(to path: String, progress: @escaping (Double) -> Void = { _ in }) throws {
        try OwnerOnly.ensureFile(path)
        do {
            let copy = try DatabaseQueue(path: path)
            try queue.read { source in
                // Opens the snapshot before the first step: else each step would see newer pages and start anew.
                _ = try Int.fetchOne(source, sql: "SELECT count(*) FROM sqlite_schema")
                try copy.writeWithoutTransaction { target in
                    try target.execute(sql: "PRAGMA synchronous = OFF")
                    try source.backup(to: target, pagesPerStep: Self.pagesPerStep) { state in
                        progress(Double(state.completedPageCount) / Double(max(1, state.totalPageCount)))
                    }
                }
            }
            // One file that any SQLite opens; the server turns the write-ahead log on again.
            try copy.writeWithoutTransaction { _ = try String.fetchOne($0, sql: "PRAGMA journal_mode = DELETE") }
            try copy.close()
        } catch {
            throw storeFailure(error)
        }
    }
}
