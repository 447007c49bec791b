internal import Binlog

/// What a client and a server can do; the bits that we use.
struct Capabilities: OptionSet {
    let rawValue: UInt32
    static let longPassword = Capabilities(rawValue: 1)
    static let longFlag = Capabilities(rawValue: 1 << 2)
    static let connectWithSchema = Capabilities(rawValue: 1 << 3)
    static let localData = Capabilities(rawValue: 1 << 7)
    static let protocol41 = Capabilities(rawValue: 1 << 9)
    static let tls = Capabilities(rawValue: 1 << 11)
    static let transactions = Capabilities(rawValue: 1 << 13)
    static let secureConnection = Capabilities(rawValue: 1 << 15)
    static let pluginAuthentication = Capabilities(rawValue: 1 << 19)
    static let attributes = Capabilities(rawValue: 1 << 20)
    static let longAuthentication = Capabilities(rawValue: 1 << 21)

    static let wanted: Capabilities = [
        .longPassword, .longFlag, .connectWithSchema, .localData, .protocol41, .tls, .transactions, .secureConnection,
        .pluginAuthentication, .attributes, .longAuthentication,
    ]
}

/// The first packet of a server (protocol 10).
struct Greeting {
    let serverVersion: String
    let connectionID: UInt32
    let capabilities: Capabilities
    /// 20 random bytes that the proof of the password is made with.
    let nonce: [UInt8]
    let plugin: String

    /// - Throws: `server` when it refuses at once (too many connections, host blocked).
    init(_ packet: [UInt8]) throws(WireError) {
        if packet.first == 0xff { throw ServerReply.error(packet) }
        guard packet.first == 10 else { throw .malformed("greeting of protocol \(packet.first ?? 0), not 10") }
        self = try readingPacket("greeting") { () throws(BinlogError) in try Greeting(fields: packet) }
        guard capabilities.isSuperset(of: [.protocol41, .secureConnection]) else {
            throw .malformed("a server older than MySQL 4.1")
        }
    }

    private init(fields packet: [UInt8]) throws(BinlogError) {
        var reader = ByteReader(packet)
        try reader.skip(1)
        serverVersion = try reader.zeroTerminated()
        connectionID = try reader.u32()
        var nonce = Array(packet[try reader.take(8)])
        try reader.skip(1)
        let low = UInt32(try reader.u16())
        try reader.skip(3)
        capabilities = Capabilities(rawValue: low | UInt32(try reader.u16()) << 16)
        let size = Int(try reader.u8())
        try reader.skip(10)
        let rest = packet[try reader.take(max(13, size - 8))]
        nonce += rest.last == 0 ? rest.dropLast() : rest
        self.nonce = Array(nonce.prefix(20))
        let hasPlugin = capabilities.contains(.pluginAuthentication) && !reader.isAtEnd
        plugin = hasPlugin ? Self.name(reader) : "mysql_native_password"
    }

    /// Some servers leave out the zero at the end.
    private static func name(_ reader: ByteReader) -> String {
        String(decoding: reader.bytes[reader.rest].prefix { $0 != 0 }, as: UTF8.self)
    }
}

/// The packets that end a request.
enum ServerReply {
    /// Number, SQLSTATE and text of an error packet.
    static func error(_ packet: [UInt8]) -> WireError {
        var reader = ByteReader(packet)
        do throws(BinlogError) {
            try reader.skip(1)
            let code = try reader.u16()
            var state = "HY000"
            if !reader.isAtEnd, packet[reader.position] == UInt8(ascii: "#") {
                try reader.skip(1)
                state = try reader.string(count: 5)
            }
            return .server(code: code, state: state, message: reader.string(reader.rest))
        } catch {
            return .malformed("an error packet: \(error.detail)")
        }
    }

    static func isEnd(_ packet: [UInt8]) -> Bool { packet.first == 0xfe && packet.count < 9 }
}
