internal import MartletCore
package import MySQLWire
package import Replication
internal import SQLClient

/// Brings the source's binlog to the spool, and comes again when the connection breaks. Runs on a thread of its own.
package final class BinlogReader: Sendable {
    /// "A replica with the same server id has connected" has the number of a binlog that is gone.
    private static let sameServerID = "same server"

    private let address: MySQLWire.ConnectionSettings
    private let origin: String
    private let spool: Spool
    /// Ends it.
    package let stop: StopFlag
    private let board: StatusBoard
    private let traffic: Traffic
    /// Reading waits while the source's process is gone.
    private let gate: ReadingGate

    package init(
        _ settings: Replication.ConnectionSettings, spool: Spool, traffic: Traffic, gate: ReadingGate,
        stop: StopFlag = StopFlag(), board: StatusBoard
    ) {
        var address = MySQLWire.ConnectionSettings(settings)
        address.attributes = ["program_name": "martlet"]
        self.address = address
        (self.spool, self.stop, self.board, self.traffic, self.gate) = (spool, stop, board, traffic, gate)
        origin = settings.origin
    }

    /// Reads until the process is to end, or an error that no other try heals; the spool gets it.
    package func run(after executed: ExecutedSet) {
        do {
            let writer = try SpoolWriter(spool, after: executed, origin: origin, stop: stop, board: board)
            try read(writer)
            try writer.flush()
            spool.finish(nil)
        } catch {
            spool.finish(error)
        }
    }

    private func read(_ writer: SpoolWriter) throws {
        var backoff = Backoff()
        while !stop.isRaised {
            do {
                try connectAndRead(writer, &backoff)
            } catch let error as WireError {
                if stop.isRaised { return }
                guard !error.isPermanent || "\(error)".contains(Self.sameServerID) else { throw Self.explained(error) }
                // The gate closed it: there is nothing to say.
                if error == .interrupted { continue }
                board.retry(after: error, "the source's binlog")
                guard stop.sleep(backoff.pause()) else { return }
            }
        }
    }

    private func connectAndRead(_ writer: SpoolWriter, _ backoff: inout Backoff) throws {
        guard gate.awaitOpen(stop) else { return }
        let interrupter = Interrupter()
        try gate.whileOpen(interrupter) {
            try stop.whileUp({ interrupter.interrupt() }) {
                let connection = try MySQLConnection(address, interrupter: interrupter)
                defer { connection.close() }
                let request = BinlogRequest(
                    start: writer.executed.start(isMariaDB: connection.isMariaDB),
                    serverID: UInt32.random(in: 1 << 24...UInt32.max))
                let stream = try BinlogStream(connection, request)
                try writer.restart(stream.decoder)
                while !stop.isRaised {
                    let packet = try stream.next()
                    if backoff.tries > 0 { backoff.reset() }
                    try traffic.add(packet.count)
                    try writer.append(packet)
                    board.sawSource(writer.file, writer.position, bytes: packet.count)
                }
            }
        }
    }

    /// A binlog that is gone cannot come back: what to do is said beside the server's words.
    private static func explained(_ error: WireError) -> any Error {
        guard case .server(1236, let state, let message) = error else { return error }
        return WireError.server(
            code: 1236, state: state,
            message: message + " (the source has no binlog any more from where this job stands: "
                + "delete its progress and begin with a full copy)")
    }
}

extension MySQLWire.ConnectionSettings {
    package init(_ settings: Replication.ConnectionSettings) {
        self.init(
            address: .host(settings.host, port: UInt16(clamping: settings.port)), user: settings.user,
            password: settings.password.exposed)
    }
}
