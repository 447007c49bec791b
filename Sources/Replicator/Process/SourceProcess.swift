package import MartletCore
package import Replication
internal import SQLClient

/// The task `src`: checks that its server can be replicated from, lends its settings to the target's process, and says when the
/// server goes away. With `BinlogRelay` it spools the binlog itself.
package final class SourceProcess: RoleProcess {
    private static let checkInterval = Duration.seconds(10)

    private let task: TaskFile
    private let settings: ReplicationSettings
    private let server: Replication.ConnectionSettings
    private let folder: JobFolder
    private let stop: StopFlag
    private let board: StatusBoard

    /// - Throws: `MartletError.invalid`, which names the keys.
    package init(_ task: TaskFile, _ folder: JobFolder, stop: StopFlag, board: StatusBoard) throws(MartletError) {
        settings = try task.settings(.source)
        guard case .server(let server) = settings.endpoint else {
            throw MartletError(.invalid, "ConnectionConfig: a source reads from a server")
        }
        (self.task, self.server, self.folder, self.stop, self.board) = (task, server, folder, stop, board)
    }

    func tick() {}

    /// Returns when the process is to end.
    /// - Throws: why the source cannot be replicated from.
    func run() throws -> Int32 {
        board.enter(.checking)
        try look { session in
            let facts = try SourceCheck(session).run(skipsPrivileges: settings.skipsPrivilegeCheck)
            for remark in facts.remarks { board.note(.warning, remark) }
        }
        let host = try RendezvousHost(folder, Introduction(job: task.job, config: task.configs[.source] ?? [:]))
        board.note(.info, "the source is fit")
        do {
            try serve(host)
            return 0
        } catch {
            host.leave(Farewell(text: Failure.text(error), endsRelay: error is RelayEnd))
            throw error
        }
    }

    private func look(_ body: (SQLSession) throws -> Void) throws {
        let interrupter = SQLInterrupter()
        try stop.whileUp({ interrupter.interrupt() }) {
            let session = try SQLSession(SQLSettings(server), interrupter: interrupter)
            defer { session.close() }
            try body(session)
        }
    }

    private func serve(_ host: RendezvousHost) throws {
        var relay: Relay?
        defer { relay?.end() }
        var backoff = Backoff()
        var nextCheck = ContinuousClock.now + Self.checkInterval
        while !stop.isRaised {
            if let request = host.receive(within: .milliseconds(500), expectsRelay: settings.relaysBinlog) {
                relay = try relayed(request.start, relay)
                try? request.guest.send(["v": 1, "relay": "ready"])
            }
            try relay?.check()
            if ContinuousClock.now > nextCheck {
                try check(&backoff)
                nextCheck = ContinuousClock.now + (backoff.tries == 0 ? Self.checkInterval : backoff.pause())
            }
            if backoff.tries == 0 { board.enter(host.hasGuest ? .applying : .waiting) }
        }
    }

    /// Goes on with the spool there is, when it begins early enough; else spools anew.
    private func relayed(_ start: String, _ running: Relay?) throws -> Relay {
        let session = try SQLSession(SQLSettings(server))
        let executed = try ExecutedSet(start, isMariaDB: session.flavor.isMaria)
        session.close()
        let spool = try Spool(folder.spool, limit: task.spoolLimit, isShared: true)
        if spool.begins(by: executed, from: server.origin) {
            if let running { return running }
        } else {
            running?.end()
            try spool.clear()
        }
        let reader = BinlogReader(
            server, spool: spool, traffic: Traffic(gibibytes: settings.trafficLimit), gate: ReadingGate(), board: board)
        return Relay(spool, reader, after: executed)
    }

    /// A server that is away is waited for.
    private func check(_ backoff: inout Backoff) throws {
        do {
            try look { _ = try $0.value("SELECT 1") }
            backoff.reset()
        } catch  where Failure.isTransient(error) && !stop.isRaised {
            board.retry(after: error, "the source")
            board.enter(.retrying)
            _ = backoff.pause()
        }
    }
}

/// Spools the binlog on behalf of the target's process, which may be away.
private final class Relay {
    private let spool: Spool
    private let reader: BinlogReader
    private let thread: OwnThread

    init(_ spool: Spool, _ reader: BinlogReader, after executed: ExecutedSet) {
        (self.spool, self.reader) = (spool, reader)
        thread = OwnThread("relay") { reader.run(after: executed) }
    }

    /// - Throws: why nothing more is read.
    func check() throws {
        if let error = spool.ending { throw RelayEnd(description: Failure.text(error)) }
    }

    func end() {
        reader.stop.raise()
        thread.join()
    }
}

extension Replication.ConnectionSettings {
    /// How the spool names the server.
    var origin: String { "\(host):\(port)" }
}

extension SQLSettings {
    package init(_ settings: Replication.ConnectionSettings) {
        self.init(
            address: .host(settings.host, port: settings.port), user: settings.user, password: settings.password.exposed
        )
    }
}
