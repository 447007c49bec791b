internal import Binlog
internal import MartletCore
internal import MySQLWire
package import Replication
package import SQLClient

/// Where a replication begins.
package enum StartPoint: Sendable, Equatable {
    /// With everything there is.
    case full
    /// With what comes after the set.
    case after(ExecutedSet)

    /// Precedence: what the server keeps, else `Gtid`; with it what the target's own rows say. Only where none of them says
    /// anything: `BinlogFile`, `GtidStart`, `AutoGtid`, and else everything.
    /// - Parameter rows: what the target's own rows say; nil: nothing.
    /// - Throws: `MartletError.invalid` that names the key.
    package static func resolve(
        _ settings: ReplicationSettings, _ progress: TaskFile.Progress, rows: ExecutedSet?, source: SQLSession
    ) throws -> StartPoint {
        let isMariaDB = source.flavor.isMaria
        var executed = try parsed("Gtid", settings.executed, isMariaDB)
        if !progress.executed.isEmpty {
            executed = try parsed("the stored progress dtle/…/Gtid", progress.executed, isMariaDB)
        }
        if let rows { executed.formUnion(rows) }
        if !executed.isEmpty { return .after(executed) }
        if !settings.binlogFile.isEmpty { return .after(try beforeFile(settings, source)) }
        if !settings.startingAt.isEmpty { return .after(try before(settings.startingAt, source)) }
        return settings.startsNow ? .after(try current(source)) : .full
    }

    /// All that the source's binlog has.
    package static func current(_ source: SQLSession) throws -> ExecutedSet {
        let isMariaDB = source.flavor.isMaria
        let text = try source.value("SELECT @@GLOBAL.\(isMariaDB ? "gtid_binlog_pos" : "gtid_executed")") ?? ""
        return try ExecutedSet(text, isMariaDB: isMariaDB)
    }

    private static func parsed(_ key: String, _ text: String, _ isMariaDB: Bool) throws(MartletError) -> ExecutedSet {
        do throws(BinlogError) { return try ExecutedSet(text, isMariaDB: isMariaDB) } catch {
            throw MartletError(.invalid, "\(key): \(error.detail)")
        }
    }

    /// Everything but the transaction and what came after it at the same server.
    private static func before(_ text: String, _ source: SQLSession) throws -> ExecutedSet {
        let (now, start) = (try current(source), try parsed("GtidStart", text, source.flavor.isMaria))
        guard source.flavor.isMaria else { return ExecutedSet(set: now.set.subtracting(start.set.withoutEnds)) }
        var texts: [UInt32: String] = now.maria.last.mapValues(\.description)
        for gtid in start.maria.last.values {
            let previous = MariaGTID(domain: gtid.domain, server: gtid.server, sequence: max(1, gtid.sequence) - 1)
            texts[gtid.domain] = gtid.sequence > 1 ? previous.description : nil
        }
        return ExecutedSet(maria: try MariaGTIDPosition(texts.values.joined(separator: ",")))
    }

    /// Reads the named file up to the position: what is before both is the set.
    private static func beforeFile(_ settings: ReplicationSettings, _ source: SQLSession) throws -> ExecutedSet {
        guard case .server(let server) = settings.endpoint else {
            throw MartletError(.invalid, "ConnectionConfig: is missing")
        }
        var address = MySQLWire.ConnectionSettings(server)
        address.readTimeout = .seconds(60)
        let connection = try MySQLConnection(address)
        defer { connection.close() }
        var request = BinlogRequest(
            start: .file(settings.binlogFile, position: 4), serverID: UInt32.random(in: 1 << 24...UInt32.max))
        request.heartbeat = .seconds(1)
        let stream = try BinlogStream(connection, request)
        var walk = FileWalk(decoder: stream.decoder)
        let wanted = UInt64(max(4, settings.binlogPosition))
        while try !walk.hasReached(wanted, in: settings.binlogFile) { try walk.accept(try stream.next()) }
        return walk.executed
    }
}

/// Counts what a file of a binlog holds, from its start.
private struct FileWalk {
    private var framer: TransactionFramer
    private(set) var executed: ExecutedSet
    /// The file has said what is before it.
    private var hasBegun = false
    private var transactions = 0
    private var isAtEnd = false

    init(decoder: EventDecoder) {
        framer = TransactionFramer(decoder: decoder)
        framer.onlyCounts = true
        executed = ExecutedSet()
    }

    mutating func accept(_ packet: [UInt8]) throws {
        try framer.accept(packet, from: 1) { item in
            switch item {
            case .previous(let set):
                executed = ExecutedSet(set: set)
                hasBegun = true
            case .previousOfMariaDB(let position):
                executed = ExecutedSet(maria: position)
                hasBegun = true
            case .end(let end) where end.kind != .cut:
                transactions += 1
                executed.insert(end.identity)
            case .heartbeat: isAtEnd = true
            default: break
            }
        }
    }

    /// - Throws: `MartletError.invalid` when the position is not between two transactions of the file.
    func hasReached(_ wanted: UInt64, in file: String) throws(MartletError) -> Bool {
        let (position, current) = (framer.decoder.position, framer.decoder.file)
        guard hasBegun || current.isEmpty || current == file else { throw Self.noEnd(wanted, file) }
        guard hasBegun else { return false }
        if current == file, !framer.isInsideTransaction {
            if position == wanted || (position > wanted && transactions == 0) { return true }
        }
        guard current == file, position < wanted, !isAtEnd else { throw Self.noEnd(wanted, file) }
        return false
    }

    private static func noEnd(_ wanted: UInt64, _ file: String) -> MartletError {
        MartletError(
            .invalid, "BinlogPos: \(wanted) is not the end of a transaction in \(file); SHOW BINLOG EVENTS lists them")
    }
}
