package import Binlog

/// A running binlog stream: the connection is its own from here on.
package struct BinlogStream {
    private let connection: MySQLConnection
    /// Set up for where the stream begins; give it to a `TransactionFramer`.
    package let decoder: EventDecoder

    /// Registers as a replica and asks for the stream.
    /// - Throws: `server` with the source's words; 1236 when the binlog is gone comes with the first `next`.
    package init(_ connection: MySQLConnection, _ request: BinlogRequest) throws(WireError) {
        self.connection = connection
        let checksum = try Self.prepare(connection, request)
        try Self.register(connection, request)
        var file = ""
        var position: UInt64 = 4
        switch request.start {
        case .file(let name, let offset):
            (file, position) = (name, offset)
            try Self.dump(connection, request, file: name, position: offset)
        case .after: try Self.dump(connection, request, file: "", position: 4)
        case .excluding(let set): try Self.dump(connection, request, excluding: set)
        }
        decoder = EventDecoder(file: file, position: position, checksum: checksum, limits: request.limits)
        connection.packets.timeout = request.heartbeat * 4
    }

    /// The next packet; its event starts at index 1.
    /// - Throws: `server` (1236: the binlog is gone), `timeout` after four heartbeats of silence, `closed`.
    package func next() throws(WireError) -> [UInt8] {
        let packet = try connection.packets.receive(waiting: "an event or a heartbeat")
        switch packet.first {
        case 0: return packet
        case 0xff: throw ServerReply.error(packet)
        case 0xfe where ServerReply.isEnd(packet): throw .closed
        default: throw .malformed("a binlog packet that starts with \(packet.first ?? 0)")
        }
    }

    /// Session variables by which a source knows what its replica understands.
    private static func prepare(_ connection: MySQLConnection, _ request: BinlogRequest) throws(WireError) -> Checksum {
        let checksum = try connection.query("SELECT @@global.binlog_checksum").text(0, 0) ?? "NONE"
        guard checksum == "CRC32" || checksum == "NONE" else {
            throw .malformed("binlog_checksum \(checksum)")
        }
        let nanoseconds = Int64(request.heartbeat.milliseconds) * 1_000_000
        if connection.isMariaDB {
            try connection.query(
                "SET @master_binlog_checksum=@@global.binlog_checksum, @master_heartbeat_period=\(nanoseconds), "
                    + "@mariadb_slave_capability=4, @slave_gtid_strict_mode=0, @slave_gtid_ignore_duplicates=0")
        } else {
            try connection.query(
                "SET @source_binlog_checksum='\(checksum)', @master_binlog_checksum='\(checksum)', "
                    + "@source_heartbeat_period=\(nanoseconds), @master_heartbeat_period=\(nanoseconds)")
        }
        switch request.start {
        case .after(let position):
            guard connection.isMariaDB else { throw .malformed("a MariaDB position for \(connection.serverVersion)") }
            try connection.query("SET @slave_connect_state='\(position)'")
        case .excluding:
            guard !connection.isMariaDB else { throw .malformed("a MySQL GTID set for \(connection.serverVersion)") }
        case .file: break
        }
        return checksum == "CRC32" ? .crc32 : .none
    }

    /// COM_REGISTER_SLAVE: the source lists us.
    private static func register(_ connection: MySQLConnection, _ request: BinlogRequest) throws(WireError) {
        var body: [UInt8] = []
        body.appendLittle(UInt64(request.serverID), count: 4)
        let hostname = Array(request.hostname.utf8.prefix(60))
        body.append(UInt8(hostname.count))
        body += hostname
        // User and password, which nobody needs to know; then port, rank and source id.
        body += [UInt8](repeating: 0, count: 2 + 2 + 4 + 4)
        try connection.packets.sendCommand(0x15, body)
        let reply = try connection.packets.receive(waiting: "the registration as a replica")
        if reply.first == 0xff { throw ServerReply.error(reply) }
    }

    /// COM_BINLOG_DUMP.
    private static func dump(
        _ connection: MySQLConnection, _ request: BinlogRequest, file: String, position: UInt64
    ) throws(WireError) {
        guard let offset = UInt32(exactly: position) else {
            throw .malformed("offset \(position): a source can start only below 4 GiB of a file, use a GTID")
        }
        var body: [UInt8] = []
        body.appendLittle(UInt64(offset), count: 4)
        body.appendLittle(request.wantsAnnotations && connection.isMariaDB ? 2 : 0, count: 2)
        body.appendLittle(UInt64(request.serverID), count: 4)
        body += file.utf8
        try connection.packets.sendCommand(0x12, body)
    }

    /// COM_BINLOG_DUMP_GTID; the source finds the file.
    private static func dump(
        _ connection: MySQLConnection, _ request: BinlogRequest, excluding set: GTIDSet
    ) throws(WireError) {
        let encoded = set.encoded
        var body: [UInt8] = []
        body.appendLittle(4, count: 2)
        body.appendLittle(UInt64(request.serverID), count: 4)
        body.appendLittle(0, count: 4)
        body.appendLittle(4, count: 8)
        body.appendLittle(UInt64(encoded.count), count: 4)
        body += encoded
        try connection.packets.sendCommand(0x1e, body)
    }
}
