internal import Binlog

/// Handshake and authentication of one connection.
struct Login {
    let settings: ConnectionSettings
    let packets: PacketStream
    let peer: String?

    /// Runs it to the end.
    /// - Throws: `server` with the refusal as the server words it.
    func run() throws(WireError) -> Greeting {
        let greeting = try Greeting(try packets.receive(waiting: "the greeting"))
        var capabilities = greeting.capabilities.intersection(.wanted)
        if settings.schema == nil { capabilities.remove(.connectWithSchema) }
        if !settings.allowsLocalData { capabilities.remove(.localData) }
        let isEncrypted = try wantsTLS(greeting)
        if !isEncrypted { capabilities.remove(.tls) }
        if isEncrypted {
            try packets.send(head(capabilities))
            try packets.replaceStream { inner throws(WireError) in
                try TLSStream(over: inner, settings: settings, peer: peer)
            }
        }
        try packets.send(response(capabilities, greeting))
        try finish(greeting, isProtected: isEncrypted || isLocal)
        return greeting
    }

    private var isLocal: Bool { if case .socket = settings.address { true } else { false } }

    private func wantsTLS(_ greeting: Greeting) throws(WireError) -> Bool {
        let canTLS = greeting.capabilities.contains(.tls)
        switch settings.tls {
        case .off: return false
        case .preferred: return canTLS && !isLocal
        case .required, .verifyAuthority, .verifyName:
            guard canTLS else { throw .tls("the server offers none, and the settings demand it") }
            return true
        }
    }

    /// Capabilities, packet size, character set utf8mb4 and 23 zeros: alone it asks for TLS.
    private func head(_ capabilities: Capabilities) -> [UInt8] {
        var packet: [UInt8] = []
        packet.appendLittle(UInt64(capabilities.rawValue), count: 4)
        packet.appendLittle(1 << 30, count: 4)
        packet.append(45)
        return packet + [UInt8](repeating: 0, count: 23)
    }

    private func response(_ capabilities: Capabilities, _ greeting: Greeting) throws(WireError) -> [UInt8] {
        guard !settings.user.utf8.contains(0), settings.schema?.utf8.contains(0) != true else {
            throw .authentication("user and schema must not contain a zero byte")
        }
        let proof = proof(greeting.plugin, greeting.nonce)
        var packet = head(capabilities)
        packet.appendZeroTerminated(settings.user)
        packet.appendLengthEncoded(proof ?? [])
        if let schema = settings.schema, capabilities.contains(.connectWithSchema) {
            packet.appendZeroTerminated(schema)
        }
        if capabilities.contains(.pluginAuthentication) {
            packet.appendZeroTerminated(proof == nil ? "mysql_native_password" : greeting.plugin)
        }
        if capabilities.contains(.attributes) { packet.appendLengthEncoded(attributes) }
        return packet
    }

    private var attributes: [UInt8] {
        var list: [UInt8] = []
        for (name, value) in settings.attributes.sorted(by: { $0.key < $1.key }) {
            list.appendLengthEncoded(name.utf8)
            list.appendLengthEncoded(value.utf8)
        }
        return list
    }

    /// nil: a plugin that we do not know; the server then asks for another or refuses.
    private func proof(_ plugin: String, _ nonce: [UInt8]) -> [UInt8]? {
        switch plugin {
        case "mysql_native_password": Proof.native(settings.password, nonce)
        case "caching_sha2_password": Proof.cachingSHA2(settings.password, nonce)
        case "unix_socket", "auth_socket": []
        default: nil
        }
    }

    private func finish(_ greeting: Greeting, isProtected: Bool) throws(WireError) {
        var nonce = greeting.nonce
        var switches = 0
        while true {
            let packet = try packets.receive(waiting: "the answer to the login")
            switch packet.first {
            case 0: return
            case 0xff: throw ServerReply.error(packet)
            case 0xfe:
                switches += 1
                guard switches < 3 else { throw .malformed("the server changes the authentication again and again") }
                nonce = try changeProof(packet)
            case 1: try proveMore(packet, nonce, isProtected)
            default: throw .malformed("an answer to the login that starts with \(packet.first ?? 0)")
            }
        }
    }

    /// The server wants another plugin's proof. Returns its nonce.
    private func changeProof(_ packet: [UInt8]) throws(WireError) -> [UInt8] {
        guard packet.count > 1 else { throw .authentication("the server wants the scheme before MySQL 4.1") }
        let (plugin, nonce) = try readingPacket("authentication switch") { () throws(BinlogError) in
            var reader = ByteReader(packet, 1..<packet.count)
            let name = try reader.zeroTerminated()
            return (name, Array(packet[reader.rest].prefix(20)))
        }
        guard let proof = proof(plugin, nonce) else {
            throw .authentication(
                "the user's plugin \(plugin.prefix(64)) is not supported: "
                    + "use caching_sha2_password or mysql_native_password")
        }
        try packets.send(proof)
        return nonce
    }

    /// `caching_sha2_password` beyond its cache: the password itself, over TLS or encrypted for the server's key.
    private func proveMore(_ packet: [UInt8], _ nonce: [UInt8], _ isProtected: Bool) throws(WireError) {
        guard packet.count == 2 else { throw .malformed("an authentication step of \(packet.count) bytes") }
        // 3: the cached proof was right, an OK follows.
        if packet[1] == 3 { return }
        guard packet[1] == 4 else { throw .malformed("authentication step \(packet[1])") }
        if isProtected {
            try packets.send(Array(settings.password.utf8) + [0])
        } else {
            try packets.send(try Proof.encrypted(settings.password, nonce, key: try publicKey()))
        }
    }

    private func publicKey() throws(WireError) -> String {
        switch settings.publicKey {
        case .pem(let text): return text
        case .refuse:
            throw .authentication("the password would need TLS or the server's public key, and both are off")
        case .fromServer:
            try packets.send([2])
            let packet = try packets.receive(waiting: "the server's public key")
            if packet.first == 0xff { throw ServerReply.error(packet) }
            guard packet.first == 1 else { throw .malformed("a public key that starts with \(packet.first ?? 0)") }
            return String(decoding: packet.dropFirst(), as: UTF8.self)
        }
    }
}
