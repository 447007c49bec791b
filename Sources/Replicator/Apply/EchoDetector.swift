import Binlog
import SQLClient

/// Knows the target's own changes when they come back by a job in the other direction: such a job's transactions begin with a
/// row of its account, which names the server that they come from.
struct EchoDetector {
    private enum Server {
        /// The bytes of a UUID.
        case mysql([UInt8])
        case maria(UInt32)
        /// Nobody reads from a server without a binlog.
        case silent
    }

    private static let columns = [
        ColumnDefinition(name: "job_name", kind: .characters), ColumnDefinition(name: "source_uuid", kind: .bytes),
        ColumnDefinition(name: "gtid", kind: .number), ColumnDefinition(name: "gtid_set", kind: .characters),
    ]

    private let server: Server
    /// Sessions at the source in which a job from the target runs statements now.
    private var connections: Set<UInt32> = []
    /// Who wrote the transaction that is being read.
    private var writer: UInt32 = 0
    /// What a MariaDB target's binlog has had, when it was last asked: the last of each domain and server.
    private var state: [UInt64: UInt64] = [:]

    init(_ session: SQLSession) throws {
        if !session.flavor.isMaria {
            server = .mysql(SourceID(try session.value("SELECT @@global.server_uuid") ?? "")?.bytes ?? [])
        } else if try session.value("SELECT @@global.log_bin") == "1" {
            server = .maria(UInt32(try session.value("SELECT @@global.server_id") ?? "") ?? 0)
        } else {
            server = .silent
        }
    }

    mutating func begin(_ head: TransactionHead) { writer = head.serverID }

    /// Whether the event says that its transaction came from the target.
    /// - Parameter readState: asks a MariaDB target for its `gtid_binlog_state`.
    /// - Throws: `ApplyError` where another server has the target's `server_id`.
    mutating func notices(_ event: RowsEvent, _ readState: () throws -> String) throws -> Bool {
        guard event.table.table == Checkpoint.name.table, event.table.columns.count == Self.columns.count else {
            return false
        }
        var reader = try RowReader(event, layout: try RowLayout(event.table, definitions: Self.columns))
        var isEcho = false
        while try reader.next() {
            let row = event.kind == .delete ? reader.before : reader.after
            guard case .bytes(let source)? = try row.value(1), case .integer(let number)? = try row.value(2) else {
                continue
            }
            guard isTarget(Array(source)) else { continue }
            if case .characters(let text)? = try row.value(3),
                let connection = CheckpointRow.markedConnection(String(decoding: text, as: UTF8.self))
            {
                if event.kind == .delete {
                    connections.remove(connection)
                } else {
                    let sequence = CheckpointRow.markedSequence(number, connection: connection)
                    if let sequence { try check(Array(source), sequence, event.origin, readState) }
                    connections.insert(connection)
                }
            } else if event.kind == .insert, number != 0 {
                try check(Array(source), UInt64(max(0, number)), event.origin, readState)
                isEcho = true
            }
        }
        return isEcho
    }

    /// Whether a statement was run by a job from the target.
    func isOurs(_ query: QueryEvent) -> Bool { connections.contains(query.connection) }

    private func isTarget(_ source: [UInt8]) -> Bool {
        switch server {
        case .mysql(let own): source == own
        case .maria(let own): MariaOrigin.domainAndServer(source)?.server == own
        case .silent: false
        }
    }

    /// MariaDB's `server_id` is 1 at every server that was not given another: what a third server wrote must not be passed over.
    private mutating func check(
        _ source: [UInt8], _ sequence: UInt64, _ origin: Origin, _ readState: () throws -> String
    ) throws {
        guard case .maria(let own) = server, let (domain, _) = MariaOrigin.domainAndServer(source) else { return }
        let remedy = "give each of them a server_id of its own"
        guard writer != own else {
            throw ApplyError(
                "source and target both have the server_id \(own), so nobody can tell whose change came by a job to the "
                    + "source: \(remedy)", "\(Checkpoint.name)", origin)
        }
        let place = UInt64(domain) << 32 | UInt64(own)
        if state[place] ?? 0 < sequence { state = Self.parsed(try readState()) }
        guard state[place] ?? 0 >= sequence else {
            throw ApplyError(
                "\(domain)-\(own)-\(sequence) came to the source from a server with the server_id \(own), which the target "
                    + "has, too, but it is not in the target's gtid_binlog_state: \(remedy)", "\(Checkpoint.name)",
                origin)
        }
    }

    private static func parsed(_ state: String) -> [UInt64: UInt64] {
        var last: [UInt64: UInt64] = [:]
        for gtid in state.split(separator: ",").compactMap({ MariaGTID($0) }) {
            last[UInt64(gtid.domain) << 32 | UInt64(gtid.server)] = gtid.sequence
        }
        return last
    }
}
