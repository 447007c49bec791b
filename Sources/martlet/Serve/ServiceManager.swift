import Foundation
import Logging
import Synchronization

/// Tells the service manager that started this server (systemd's `Type=notify`) that it is ready. Silent when
/// nobody asked. The protocol is one datagram: sd_notify(3).
final class ServiceManager: Sendable {
    private let socket: String?
    private let logger: Logger
    private let awaited: Mutex<Int>

    /// The server is ready when as many listeners are.
    init(_ environment: [String: String], listeners: Int, logger: Logger) {
        socket = environment["NOTIFY_SOCKET"].flatMap { $0.isEmpty ? nil : $0 }
        self.logger = logger
        awaited = Mutex(listeners)
    }

    func listenerIsReady() {
        let isLast = awaited.withLock { count in
            count -= 1
            return count == 0
        }
        guard isLast, let socket else { return }
        if let problem = Self.send("READY=1", to: socket) {
            logger.warning(
                "the service manager was not told", metadata: ["socket": "\(socket)", "error": "\(problem)"])
        }
    }

    /// What went wrong, if anything. A name that starts with `@` is in the abstract namespace.
    private static func send(_ text: String, to socket: String) -> String? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = Array(socket.utf8)
        guard path.count < MemoryLayout.size(ofValue: address.sun_path) else { return "its path is too long" }
        withUnsafeMutableBytes(of: &address.sun_path) {
            $0.copyBytes(from: path.first == 0x40 ? [0] + path[1...] : path)
        }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + path.count)
        let descriptor = Foundation.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return String(cString: strerror(errno)) }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        let sent = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, length)
            }
        }
        return sent == bytes.count ? nil : String(cString: strerror(errno))
    }
}
