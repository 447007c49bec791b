import Foundation
import Synchronization

/// A caller on a socket of its own, who can hang up.
final class Caller: Sendable {
    private let socket: Mutex<Int32>
    private let isStuck = Atomic(false)

    /// Connects and sends the whole call of a task.
    convenience init(_ server: ScriptServer, _ path: String, _ body: String, headers: [String: String] = [:]) throws {
        let lines = headers.map { "\($0.key): \($0.value)" } + ["Content-Length: \(body.utf8.count)"]
        try self.init(server, "POST", path, lines)
        guard send(Array(body.utf8)) == body.utf8.count else { throw POSIXError(.EPIPE) }
    }

    /// Connects and sends the head of a request; see ``send(_:)`` for a body.
    init(_ server: ScriptServer, _ method: String, _ path: String, _ headers: [String]) throws {
        let descriptor = try loopbackSocket(to: server.server.url)
        socket = Mutex(descriptor)
        let lines = headers.map { "\($0)\r\n" }.joined()
        let request = Array("\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n\(lines)\r\n".utf8)
        guard write(descriptor, request, request.count) == request.count else { throw POSIXError(.EPIPE) }
    }

    deinit { hangUp() }

    func hangUp() {
        socket.withLock { descriptor in
            if descriptor >= 0 { close(descriptor) }
            descriptor = -1
        }
    }

    /// As much of it as the connection takes now.
    @discardableResult func send(_ bytes: [UInt8]) -> Int {
        socket.withLock { Foundation.send($0, bytes, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)) }
    }

    /// One chunk of 32 KiB, as long as the connection takes whole ones.
    func sendChunk() {
        if !isStuck.load(ordering: .relaxed) {
            let chunk = Array("8000\r\n".utf8) + [UInt8](repeating: 120, count: 0x8000) + Array("\r\n".utf8)
            if send(chunk) != chunk.count { isStuck.store(true, ordering: .relaxed) }
        }
    }

    /// What came by now; nil when nothing did yet.
    func received() -> String? {
        socket.withLock { descriptor in
            var bytes = [UInt8](repeating: 0, count: 1 << 16)
            let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
            return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
        }
    }
}
