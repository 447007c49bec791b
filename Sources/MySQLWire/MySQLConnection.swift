internal import Binlog

/// One connection to a MySQL or MariaDB server. Belongs to one thread, which it blocks; end it from elsewhere by its
/// `Interrupter`.
package final class MySQLConnection {
    let packets: PacketStream
    let settings: ConnectionSettings
    /// As the server says it: `9.7.4`, `10.11.19-MariaDB-…`.
    package let serverVersion: String
    /// The number to name in KILL.
    package let connectionID: UInt32

    package var isMariaDB: Bool { serverVersion.contains("MariaDB") }

    /// Connects and logs in.
    /// - Throws: `WireError`; a refusal of the server keeps its own words.
    package init(_ settings: ConnectionSettings, interrupter: Interrupter = Interrupter()) throws(WireError) {
        self.settings = settings
        let (stream, peer) = try SocketStream.connect(
            to: settings.address, timeout: settings.connectTimeout, interrupter: interrupter)
        // Before the login nobody is trusted with much memory.
        packets = PacketStream(stream, limit: 1 << 20)
        let login = Login(settings: settings, packets: packets, peer: peer.numericHost)
        let greeting = try login.run()
        packets.limit = settings.largestPacket
        packets.timeout = settings.readTimeout
        // MariaDB hides behind a 5.5 that old replicas can read.
        let version = greeting.serverVersion
        serverVersion = version.hasPrefix("5.5.5-") ? String(version.dropFirst(6)) : version
        connectionID = greeting.connectionID
    }

    /// Says good-bye, when it can, and closes.
    package func close() {
        // A server that is gone needs no good-bye.
        try? packets.sendCommand(1)
        packets.bytes.close()
    }

    /// Asks whether the server is there.
    package func ping() throws(WireError) {
        try packets.sendCommand(14)
        let packet = try packets.receive(waiting: "the answer to a ping")
        if packet.first == 0xff { throw ServerReply.error(packet) }
        guard packet.first == 0 else { throw .malformed("answer to a ping") }
    }
}
