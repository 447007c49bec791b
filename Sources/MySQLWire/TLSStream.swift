internal import NIOCore
internal import NIOEmbedded
internal import NIOSSL
internal import NIOTLS

/// TLS over another stream. NIO's handler does the protocol in memory; we carry its bytes, on the connection's own thread.
final class TLSStream: ByteStream {
    private let inner: any ByteStream
    private let channel: EmbeddedChannel

    var timeout: Duration {
        get { inner.timeout }
        set { inner.timeout = newValue }
    }

    /// Shakes hands. `peer`: the address that a certificate without the name must carry.
    init(
        over inner: any ByteStream, settings: ConnectionSettings, peer: String?
    ) throws(WireError) {
        self.inner = inner
        let handshake = Handshake()
        do {
            let handler = try NIOSSLClientHandler(
                context: Self.context(settings), serverHostname: Self.hostname(settings))
            channel = EmbeddedChannel(handlers: [handler, handshake])
            let address = try peer.map { try SocketAddress(ipAddress: $0, port: 0) }
            try channel.connect(to: address ?? SocketAddress(unixDomainSocketPath: "/")).wait()
        } catch {
            throw .tls("\(error)")
        }
        try flush()
        while !handshake.isComplete { try receive(waiting: "the TLS handshake") }
    }

    private static func context(_ settings: ConnectionSettings) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        switch settings.tls {
        case .verifyName: configuration.certificateVerification = .fullVerification
        case .verifyAuthority: configuration.certificateVerification = .noHostnameVerification
        case .off, .preferred, .required: configuration.certificateVerification = .none
        }
        if let file = settings.authorityFile { configuration.trustRoots = .file(file) }
        if let certificate = settings.certificateFile, let key = settings.keyFile {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) }
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))
        }
        return try NIOSSLContext(configuration: configuration)
    }

    /// Addresses are not names: the handler compares them by the peer's address.
    private static func hostname(_ settings: ConnectionSettings) -> String? {
        guard case .host(let name, _) = settings.address,
            (try? SocketAddress(ipAddress: name, port: 0)) == nil
        else { return nil }
        return name
    }

    func read(into buffer: inout [UInt8], waiting: String) throws(WireError) {
        while true {
            if try drain(into: &buffer) { return }
            try receive(waiting: waiting)
        }
    }

    private func drain(into buffer: inout [UInt8]) throws(WireError) -> Bool {
        let before = buffer.count
        do {
            while let plain = try channel.readInbound(as: ByteBuffer.self) { buffer += plain.readableBytesView }
        } catch {
            throw .tls("\(error)")
        }
        return buffer.count > before
    }

    private func receive(waiting: String) throws(WireError) {
        var cipher: [UInt8] = []
        try inner.read(into: &cipher, waiting: waiting)
        do { try channel.writeInbound(ByteBuffer(bytes: cipher)) } catch { throw .tls("\(error)") }
        try flush()
    }

    func write(_ bytes: [UInt8]) throws(WireError) {
        do { try channel.writeOutbound(ByteBuffer(bytes: bytes)) } catch { throw .tls("\(error)") }
        try flush()
    }

    /// Sends what the handler made.
    private func flush() throws(WireError) {
        var cipher: [UInt8] = []
        do {
            while let piece = try channel.readOutbound(as: ByteBuffer.self) { cipher += piece.readableBytesView }
        } catch {
            throw .tls("\(error)")
        }
        if !cipher.isEmpty { try inner.write(cipher) }
    }

    func close() { inner.close() }
}

/// Notes that the handshake is over.
private final class Handshake: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private(set) var isComplete = false

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent { isComplete = true }
        context.fireUserInboundEventTriggered(event)
    }
}
