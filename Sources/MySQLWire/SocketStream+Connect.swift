internal import Glibc

extension SocketStream {
    /// Connects within the time, trying the addresses of a name in turn. The name's lookup has the system's own time limits.
    static func connect(
        to address: ConnectionSettings.Address, timeout: Duration, interrupter: Interrupter
    ) throws(WireError) -> (stream: SocketStream, peer: PeerAddress) {
        switch address {
        case .socket(let path):
            let peer = try PeerAddress(path: path)
            return (try open(peer, path, timeout, interrupter), peer)
        case .host(let name, let port):
            var last = WireError.connect(address: "\(name):\(port)", reason: "the name has no address")
            for peer in try PeerAddress.resolve(name, port) {
                do throws(WireError) { return (try open(peer, "\(name):\(port)", timeout, interrupter), peer) } catch {
                    if error == .interrupted { throw error }
                    last = error
                }
            }
            throw last
        }
    }

    private static func open(
        _ peer: PeerAddress, _ name: String, _ timeout: Duration, _ interrupter: Interrupter
    ) throws(WireError) -> SocketStream {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(peer.family, kind, 0)
        guard descriptor >= 0 else { throw .connect(address: name, reason: systemText(errno)) }
        interrupter.adopt(descriptor)
        let stream = SocketStream(descriptor: descriptor, interrupter: interrupter, timeout: timeout)
        var status = peer.connect(descriptor)
        if status == EINPROGRESS || status == EAGAIN {
            do throws(WireError) { try stream.wait(for: Int16(POLLOUT), "the connection") } catch {
                if error == .interrupted { throw error }
                throw .connect(address: name, reason: "no answer within \(Double(timeout.milliseconds) / 1000) s")
            }
            status = pendingError(descriptor)
        }
        guard status == 0 else { throw .connect(address: name, reason: systemText(status)) }
        if peer.family != AF_UNIX { setOptions(descriptor) }
        return stream
    }

    private static func pendingError(_ descriptor: Int32) -> Int32 {
        var status: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &status, &size) == 0 ? status : errno
    }

    /// Small requests at once; a peer that vanished is noticed even when nothing is sent.
    private static func setOptions(_ descriptor: Int32) {
        var yes: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, size)
        setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &yes, size)
    }
}

/// The system's text for an error number.
func systemText(_ number: Int32) -> String {
    var text = [CChar](repeating: 0, count: 256)
    guard strerror_r(number, &text, text.count) == 0 else { return "error \(number)" }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
