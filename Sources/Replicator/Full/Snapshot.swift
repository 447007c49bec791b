package import SQLClient

/// A place in a source's binlog.
package struct SnapshotPosition: Sendable, Hashable {
    /// Executed set (MySQL) or position (MariaDB) as text.
    package var gtid: String
    package var file: String
    package var position: Int
}

/// Sessions that all see a source as it was at one place of its binlog.
package final class Snapshot {
    package let sessions: [SQLSession]
    package let position: SnapshotPosition
    /// How the place was made sure of, for people.
    package let method: String

    /// - Parameters:
    ///   - count: sessions, at least one; between many writes without a lock it may become two.
    ///   - register: is given the end of each session, before it is made.
    /// - Throws: `CopyError` where the source writes too much for a snapshot without a lock.
    package init(_ settings: SQLSettings, count: Int, register: (SQLInterrupter) -> Void) throws {
        var settings = settings
        settings.readTimeout = nil
        var sessions: [SQLSession] = []
        for _ in 0...count {
            let interrupter = SQLInterrupter()
            register(interrupter)
            let session = try SQLSession(settings, interrupter: interrupter)
            try session.prepareForReading()
            try session.run("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            // MariaDB does not let go of tables before the end of a transaction that could be logged.
            if session.flavor.isMaria { try session.run("SET SESSION sql_log_bin = 0", unless: [.denied]) }
            sessions.append(session)
        }
        let guardian = sessions.removeLast()
        defer { guardian.close() }
        if let position = try Self.openLocked(sessions, guardian) {
            (self.position, method) = (position, "a short lock")
        } else {
            (position, method) = (try Self.openBetweenWrites(&sessions, guardian), "no lock")
        }
        for session in sessions { try session.run("SAVEPOINT \(Self.savepoint)") }
        self.sessions = sessions
    }

    // MARK: With a lock

    /// Nil: this user may not lock, or somebody else's work stands in the way for long.
    private static func openLocked(_ sessions: [SQLSession], _ guardian: SQLSession) throws -> SnapshotPosition? {
        try guardian.run("SET SESSION lock_wait_timeout = 5")
        let isMaria = guardian.flavor.isMaria
        let unlock = isMaria ? "BACKUP STAGE END" : "UNLOCK TABLES"
        let steps = isMaria ? ["BACKUP STAGE START", "BACKUP STAGE BLOCK_COMMIT"] : ["FLUSH TABLES WITH READ LOCK"]
        for step in steps where try !guardian.run(step, unless: [.denied, .lockWait, .other]) {
            // What was begun of it must not stay; where nothing was, this is refused.
            try guardian.run(unlock, unless: [.denied, .other])
            return nil
        }
        try begin(sessions)
        let position = try current(guardian)
        try guardian.run(unlock)
        return position
    }

    private static func begin(_ sessions: [SQLSession]) throws {
        for session in sessions {
            try session.run("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        }
    }

    private static let savepoint = "before_tables"

    /// Lets go of the tables that a session has read, so that they can be altered; what it sees stays the same.
    static func release(_ session: SQLSession) throws(SQLError) {
        try session.run("ROLLBACK TO SAVEPOINT \(savepoint)")
    }

    /// Where the source is now.
    package static func current(_ session: SQLSession) throws -> SnapshotPosition {
        let isNew = !session.flavor.isMaria && session.flavor.isAtLeast(8, 2)
        let rows = try session.rows(isNew ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS")
        guard let row = rows.first, let file = row[0], let position = row[1].flatMap({ Int($0) }) else {
            throw CopyError(nil, "the source has no binlog: log_bin must be ON")
        }
        return try self.position(file, position, session)
    }

    private static func position(_ file: String, _ position: Int, _ session: SQLSession) throws -> SnapshotPosition {
        let query =
            session.flavor.isMaria
            ? "SELECT BINLOG_GTID_POS(\(SQLText.quoted(file)), \(position))" : "SELECT @@GLOBAL.gtid_executed"
        let gtid = try session.value(query) ?? ""
        return SnapshotPosition(gtid: gtid.filter { !$0.isWhitespace }, file: file, position: position)
    }

    // MARK: Without one

    private static let tries = 600

    /// Begins all until nothing was written in between; with fewer of them where that does not happen.
    private static func openBetweenWrites(
        _ sessions: inout [SQLSession], _ guardian: SQLSession
    ) throws -> SnapshotPosition {
        for attempt in 0..<tries {
            if attempt > 0 { pause() }
            if attempt % 50 == 49, sessions.count > 2 { sessions.removeLast().close() }
            let before = try guardian.flavor.isMaria ? nil : current(guardian)
            try begin(sessions)
            if let before {
                if try current(guardian) == before { return before }
            } else {
                let seen = try Set(sessions.map { try ownPosition($0) })
                if seen.count == 1, let place = seen.first, let file = place[0],
                    let offset = place[1].flatMap({ Int($0) })
                {
                    return try position(file, offset, guardian)
                }
            }
        }
        throw CopyError(
            nil,
            "no moment without writes was found for a snapshot: grant RELOAD to the source's user, which allows a short lock"
        )
    }

    /// What MariaDB notes of the binlog in each such transaction.
    private static func ownPosition(_ session: SQLSession) throws -> [String?] {
        try session.rows("SHOW STATUS LIKE 'binlog_snapshot_%'").filter { row in
            ["binlog_snapshot_file", "binlog_snapshot_position"].contains(row[0]?.lowercased())
        }.sorted { ($0[0] ?? "") < ($1[0] ?? "") }.map { $0[1] }
    }

    private static func pause() {
        _ = Monitor(()).wait(atMost: .milliseconds(Int.random(in: 5...100))) { _ in nil as Bool? }
    }
}
