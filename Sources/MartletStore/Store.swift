package import Foundation
import GRDB
package import MartletCore

/// Runs, events and jobs in one SQLite database, `<data-dir>/martlet.db`.
///
/// Every write is durable when its call returns (WAL, `synchronous=FULL`), and shares its sync to disk with
/// whatever is written at the same moment. Reads see every write that was answered before.
package final class SQLiteStore: Sendable {
    let pool: DatabasePool
    let writer: GroupWriter
    let audit: AuditChain
    let box: SecretBox
    let hot: HotRuns
    let notices: NoticeDesk
    let harvest: RunHarvest
    /// Filled by the writer when a transaction stores a notice; those who send are woken after COMMIT.
    let owed = OwedChannels()
    let decoding = RunDecoding()
    let encoding = InsertRow.Encoding()
    let now: @Sendable () -> Date
    private let checkpointer: Checkpointer

    /// Opens or makes the store. Throws `invalid` when the database is newer than this program, when the key
    /// file is not the database's, or when others may read it. An older database is backed up beside itself,
    /// then migrated.
    ///
    /// `notices`: who is told of ended runs; `harvest`: what ended runs leave. Both are stored in the transaction that ends
    /// a run.
    ///
    /// `onCommit` gets the new events of each transaction after it is durable and before its callers are
    /// answered, in the order of their numbers, from one thread at a time. It must return quickly.
    package convenience init(
        directory: URL, now: @escaping @Sendable () -> Date = { Date() }, meter: RunMeter = RunMeter(),
        notices: NoticeDesk = NoticeDesk(), harvest: RunHarvest = RunHarvest(),
        onCommit: @escaping @Sendable ([RunEvent]) -> Void = { _ in }
    ) throws {
        try self.init(
            directory: directory, migrations: Schema.migrations, cipher: .aesGCM, now: now, meter: meter,
            notices: notices, harvest: harvest, onCommit: onCommit)
    }

    /// With other schema steps than the released ones, or another cipher: for tests of them.
    init(
        directory: URL, migrations: [Migration], cipher: SecretBox.Cipher = .aesGCM,
        now: @escaping @Sendable () -> Date = { Date() }, meter: RunMeter = RunMeter(),
        notices: NoticeDesk = NoticeDesk(), harvest: RunHarvest = RunHarvest(),
        onCommit: @escaping @Sendable ([RunEvent]) -> Void = { _ in }
    ) throws {
        let path = directory.appendingPathComponent("martlet.db").path
        try OwnerOnly.ensureDirectory(directory.path)
        try OwnerOnly.ensureFile(path)
        let box = try SecretBox(keyFile: directory.appendingPathComponent("secret.key").path, cipher: cipher)
        do {
            pool = try Self.open(path, migrations)
            try Self.checkKey(box, pool)
            meter.begin(with: try Self.unfinished(pool))
        } catch {
            throw storeFailure(error)
        }
        let hot = HotRuns()
        let checkpointer = Checkpointer(walFile: path + "-wal")
        self.box = box
        self.hot = hot
        self.notices = notices
        self.harvest = harvest
        self.now = now
        self.checkpointer = checkpointer
        let pool = pool
        pool.add(transactionObserver: NoticeWatch { [notices] in notices.changed($0) }, extent: .databaseLifetime)
        let owed = owed
        audit = AuditChain(now: now)
        writer = GroupWriter(
            pool, audit: audit, meter: meter,
            onCommit: { events in
                onCommit(events)
                notices.ring(owed.take())
            }, onRollback: { hot.removeAll() },
            afterBatch: { db, isIdle in checkpointer.afterBatch(db, isIdle: isIdle, pool) })
    }

    /// Waits for the writes under way, empties the WAL and closes the file. Later calls fail.
    package func close() throws {
        writer.close()
        try pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        try pool.close()
    }

    /// `PRAGMA synchronous` of the connection that writes: 2 is FULL.
    package func synchronous() async throws -> Int? {
        try await pool.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA synchronous") }
    }

    /// A word that proves knowledge of the data directory's key: the same for the same label and task, also
    /// after a restart; 32 hex digits.
    package func nonce(for label: String, _ address: TaskAddress) -> String { box.nonce(label, address) }

    /// One consistent view of the database for `body`; it must not wait for anything.
    func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await pool.read(body)
        } catch {
            throw storeFailure(error)
        }
    }
}

// MARK: Opening

extension SQLiteStore {
    private static func open(_ path: String, _ migrations: [Migration]) throws -> DatabasePool {
        let pool = try DatabasePool(path: path, configuration: configuration)
        try Migrator(migrations: migrations).migrate(pool, path)
        try pool.writeWithoutTransaction { db in
            // The pool sets NORMAL when it enters WAL, after any `prepareDatabase`; so this has to come last.
            try db.execute(sql: "PRAGMA synchronous = FULL")
            try db.execute(sql: "PRAGMA wal_autocheckpoint = 4096")
        }
        return pool
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "martlet.store"
        configuration.maximumReaderCount = 3
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA cache_size = -4096")
            try db.execute(sql: "PRAGMA temp_store = MEMORY")
        }
        return configuration
    }

    /// Counted once: from here on a ``RunMeter`` is told what changes.
    private static func unfinished(_ pool: DatabasePool) throws -> [RunState: Int] {
        try pool.read { db in
            var counts: [RunState: Int] = [:]
            for state in RunState.allCases where !state.isEnd {
                counts[state] = try Int.fetchOne(
                    db, sql: "SELECT count(*) FROM runs INDEXED BY runs_state WHERE state = ?",
                    arguments: [state.rawValue])
            }
            return counts
        }
    }

    private static func checkKey(_ box: SecretBox, _ pool: DatabasePool) throws {
        let fresh = try box.selfTest()
        let stored = try pool.write { db in
            try SecretRow.proveSealing(box, db)
            try db.execute(sql: "INSERT OR IGNORE INTO store VALUES ('canary', ?)", arguments: [fresh])
            return try Data.fetchOne(db, sql: "SELECT value FROM store WHERE name = 'canary'")
        }
        guard let stored, box.opens(canary: stored) else {
            throw MartletError(
                .invalid, "secret.key is not the key of this martlet.db; restore both from one backup")
        }
    }
}
