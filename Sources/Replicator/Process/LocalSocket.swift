package import Foundation
internal import Glibc
package import MartletCore
internal import Synchronization

/// A stream socket in a folder, with lines of JSON. Its path goes through the folder's descriptor, so that deep folders fit.
package final class LocalSocket: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private static let longestLine = 1 << 20

    private let descriptor: Int32
    private let received = Mutex<[UInt8]>([])

    private init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    // MARK: Making

    /// Listens; an old socket of that name is replaced, which a held role makes safe.
    package static func listen(_ name: String, in folder: URL) throws -> LocalSocket {
        let socket = try make()
        unlink(folder.appendingPathComponent(name).path)
        try reach(name, in: folder) { address, size in bind(socket.descriptor, address, size) }
        guard chmod(folder.appendingPathComponent(name).path, 0o600) == 0, Glibc.listen(socket.descriptor, 8) == 0
        else {
            throw failure("listen")
        }
        return socket
    }

    package static func connect(_ name: String, in folder: URL) throws -> LocalSocket {
        let socket = try make()
        try reach(name, in: folder) { address, size in Glibc.connect(socket.descriptor, address, size) }
        guard socket.isOfThisUser else { throw Failure(description: "\(name) is of another user") }
        return socket
    }

    /// The next that connects; nil when none did within the time, or when it is of another user.
    package func accept(within time: Duration) throws -> LocalSocket? {
        guard try wait(time) else { return nil }
        let peer = Glibc.accept(descriptor, nil, nil)
        guard peer >= 0, fcntl(peer, F_SETFD, FD_CLOEXEC) == 0 else { throw Self.failure("accept") }
        let socket = LocalSocket(peer)
        return socket.isOfThisUser ? socket : nil
    }

    private static func make() throws -> LocalSocket {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw failure("socket") }
        return LocalSocket(descriptor)
    }

    private static func reach(
        _ name: String, in folder: URL, _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws {
        let directory = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw failure(folder.path) }
        defer { close(directory) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = Array("/proc/self/fd/\(directory)/\(name)".utf8)
        guard path.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw Failure(description: "the name of the socket is too long")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        let status = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                call($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard status == 0 else { throw failure(name) }
    }

    private static func failure(_ what: String) -> Failure {
        Failure(description: "\(what): \(SystemError.text(errno))")
    }

    private var isOfThisUser: Bool {
        // Process, user, group: the C type is hidden behind a macro.
        var peer: (pid: Int32, user: UInt32, group: UInt32) = (0, .max, .max)
        var size = socklen_t(MemoryLayout.size(ofValue: peer))
        guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 else { return false }
        return peer.user == geteuid()
    }

    // MARK: Lines

    package func send(_ line: JSONValue) throws {
        let bytes = try [UInt8](JSONEncoder().encode(line)) + [UInt8(ascii: "\n")]
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Self.failure("send") }
            sent += count
        }
    }

    /// The next line; nil when none came within the time.
    /// - Throws: at the end, for a line that is too long or not JSON.
    package func receive(within time: Duration) throws -> JSONValue? {
        while true {
            let line = received.withLock { bytes -> [UInt8]? in
                guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
                defer { bytes.removeSubrange(...end) }
                return Array(bytes[..<end])
            }
            if let line { return try JSONParser.parse(line) }
            guard received.withLock(\.count) < Self.longestLine else {
                throw Failure(description: "a line is too long")
            }
            guard try wait(time) else { return nil }
            var piece = [UInt8](repeating: 0, count: 1 << 16)
            let count = piece.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
            guard count > 0 else { throw Failure(description: "the other process has closed the connection") }
            let got = piece[..<count]
            received.withLock { $0 += got }
        }
    }

    /// Whether the other side has closed it.
    var isAtEnd: Bool {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) == 0
    }

    /// Whether there is something to read, the end included.
    private func wait(_ time: Duration) throws -> Bool {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let ready = poll(&request, 1, Int32(max(0, time / .milliseconds(1))))
        if ready < 0, errno != EINTR { throw Self.failure("poll") }
        return ready > 0
    }
}
