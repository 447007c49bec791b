internal import Glibc

/// A socket address as the system wants it.
struct PeerAddress {
    let family: Int32
    private let storage: sockaddr_storage
    private let size: socklen_t

    /// A Unix socket.
    init(path: String) throws(WireError) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path), !bytes.isEmpty, !bytes.contains(0) else {
            throw .connect(address: path, reason: "not a path of a socket")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        family = AF_UNIX
        size = socklen_t(MemoryLayout<sockaddr_un>.size)
        storage = Self.stored(address)
    }

    private init(_ info: addrinfo) {
        family = info.ai_family
        size = info.ai_addrlen
        var copy = sockaddr_storage()
        withUnsafeMutableBytes(of: &copy) { target in
            target.copyMemory(
                from: UnsafeRawBufferPointer(
                    start: info.ai_addr, count: min(Int(info.ai_addrlen), target.count)))
        }
        storage = copy
    }

    private static func stored(_ address: sockaddr_un) -> sockaddr_storage {
        var copy = sockaddr_storage()
        withUnsafeBytes(of: address) { source in
            withUnsafeMutableBytes(of: &copy) { $0.copyMemory(from: source) }
        }
        return copy
    }

    static func resolve(_ name: String, _ port: UInt16) throws(WireError) -> [PeerAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(name, String(port), &hints, &list)
        guard status == 0 else {
            throw .connect(address: "\(name):\(port)", reason: String(cString: gai_strerror(status)))
        }
        defer { freeaddrinfo(list) }
        var peers: [PeerAddress] = []
        var next = list
        while let entry = next?.pointee {
            peers.append(PeerAddress(entry))
            next = entry.ai_next
        }
        return peers
    }

    /// 0 or the error number.
    func connect(_ descriptor: Int32) -> Int32 {
        withUnsafePointer(to: storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                Glibc.connect(descriptor, address, size) == 0 ? 0 : errno
            }
        }
    }

    /// Numbers and dots or colons; nil for a Unix socket.
    var numericHost: String? {
        guard family != AF_UNIX else { return nil }
        var text = [CChar](repeating: 0, count: 64)
        let status = withUnsafePointer(to: storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                getnameinfo(address, size, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
            }
        }
        guard status == 0 else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
