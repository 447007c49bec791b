import Binlog
import SQLClient

/// Knows the target's own changes when they come back by a job in the other direction: such a job's transactions begin with a
/// row of its account, which names the server that they come from.
struct EchoDetector {
    private enum Server {
        /// The bytes of a UUID.
        case mysql([UInt8])
        case maria(UInt32)
    }

    private static let columns = [
        ColumnDefinition(name: "job_name", kind: .characters), ColumnDefinition(name: "source_uuid", kind: .bytes),
        ColumnDefinition(name: "gtid", kind: .number), ColumnDefinition(name: "gtid_set", kind: .characters),
    ]

    private let server: Server
    /// Sessions at the source in which a job from the target runs statements now.
    private var connections: Set<UInt32> = []

    init(_ session: SQLSession) throws {
        if session.flavor.isMaria {
            server = .maria(UInt32(try session.value("SELECT @@global.server_id") ?? "") ?? 0)
        } else {
            server = .mysql(SourceID(try session.value("SELECT @@global.server_uuid") ?? "")?.bytes ?? [])
        }
    }

    mutating func begin() {}

    /// Whether the event says that its transaction came from the target.
    mutating func notices(_ event: RowsEvent) throws -> Bool {
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
                if event.kind == .delete { connections.remove(connection) } else { connections.insert(connection) }
            } else if event.kind == .insert, number != 0 {
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
        }
    }
}
