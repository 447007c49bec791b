import MartletCore
import SQLClient

/// A session at the target that comes back: one connection at a time does the work of one worker, also across processes, because
/// each holds a lock that only its end releases.
final class TargetSession {
    static let strictMode = "STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION"
    static let laxMode = "NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION"
    private static let longestWait = Duration.seconds(30)

    private let settings: SQLSettings
    private let lock: String
    private let shared: ApplyState
    private var current: SQLSession?
    /// Whether the session checks foreign keys.
    var checksForeignKeys: Bool? = true
    /// Of a statement. One that is longer has the server end the session, which looks like any other loss.
    private(set) var mostBytes = Int.max
    /// The packet's kind, and what a session sets before it.
    private static let bytesBeside = 64

    init(_ settings: SQLSettings, job: String, number: Int, _ shared: ApplyState) {
        self.settings = settings
        lock = Self.lock(job: job, number: number)
        self.shared = shared
    }

    /// At most 64 characters, whatever the job is called.
    static func lock(job: String, number: Int) -> String {
        "dtle/\(String(FNV1a.hash(job), radix: 16))/\(number)"
    }

    func close() {
        current?.close()
        current = nil
    }

    /// Runs `body`, again and again while what stops it passes: without it, after a new login. A transaction that `body` left
    /// open is rolled back before.
    func perform<Result>(_ body: (SQLSession) throws -> Result) throws -> Result {
        var wait = Duration.milliseconds(20)
        var isWaiting = false
        while true {
            do {
                let result = try body(try session())
                if isWaiting { shared.report(.resumed) }
                return result
            } catch let error as SQLError where error.isTransient {
                recover(after: error)
                try shared.note(error)
                isWaiting = true
                try shared.pause(error.kind == .deadlock ? .milliseconds(Int.random(in: 1...20)) : wait)
                wait = min(wait * 2, Self.longestWait)
            } catch {
                recover(after: error)
                throw error
            }
        }
    }

    private func recover(after error: any Error) {
        checksForeignKeys = nil
        if let error = error as? SQLError, error.kind == .lost { return close() }
        do {
            if let current { try current.run("ROLLBACK") }
        } catch {
            close()
        }
    }

    func session() throws -> SQLSession {
        if let current { return current }
        let session = try SQLSession(settings, interrupter: shared.interrupter())
        try setUp(session)
        current = session
        checksForeignKeys = true
        return session
    }

    private func setUp(_ session: SQLSession) throws {
        try session.run(
            "SET SESSION sql_mode='\(Self.strictMode)', time_zone='+00:00', foreign_key_checks=1, autocommit=1, "
                + "innodb_lock_wait_timeout=20, net_read_timeout=600, net_write_timeout=600, wait_timeout=86400, "
                + "\(TriggerGuard.variable)=1")
        try session.run("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
        try takeLock(session)
        let limit = try session.value("SELECT @@SESSION.max_allowed_packet").flatMap { Int($0) }
        mostBytes = limit.map { $0 - Self.bytesBeside } ?? .max
        try session.allowBatches()
    }

    /// A connection that was cut may still be at work at the server: it is ended first.
    private func takeLock(_ session: SQLSession) throws {
        let name = SQLText.quoted(lock)
        for _ in 0..<20 {
            if try session.value("SELECT GET_LOCK(\(name), 1)") == "1" { return }
            guard let owner = try session.value("SELECT IS_USED_LOCK(\(name))") else { continue }
            do {
                try session.run("KILL \(owner)")
            } catch {
                // 1094: it is gone by itself.
                if error.code != 1094 { throw error }
            }
        }
        throw SQLError(code: 1205, message: "an older session of this job still works at the target")
    }
}
