import Foundation
import Glibc
import SQLClient
import Synchronization

/// Stands between a client and a server, and fails as networks do.
final class CutProxy: Sendable {
    enum Mode: Sendable {
        case pass
        /// Connections that there are stay open and carry nothing.
        case silent
        /// New connections are closed at once.
        case refuse
    }

    let port: UInt16
    private let listener: Int32
    private let server: UInt16
    private let state = Monitor(State())

    private struct State {
        var mode = Mode.pass
        var isEnded = false
        var descriptors: Set<Int32> = []
    }

    init(to server: UInt16) throws {
        self.server = server
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.address(0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && Glibc.listen(descriptor, 64) == 0
                    ? getsockname(descriptor, $0, &size) : -1
            }
        }
        guard status == 0 else { throw Patience.Late(description: "no port for a proxy") }
        port = UInt16(bigEndian: address.sin_port)
        listener = descriptor
        let state = state
        _ = OwnThread("proxy") { Self.serve(descriptor, server, state) }
    }

    deinit {
        state.withLock { $0.isEnded = true }
        shutdown(listener, Int32(SHUT_RDWR))
        cut()
    }

    func set(_ mode: Mode) { state.withLock { $0.mode = mode } }

    /// Ends every connection there is.
    func cut() {
        state.withLock { state in for descriptor in state.descriptors { shutdown(descriptor, Int32(SHUT_RDWR)) } }
    }

    private static func address(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return address
    }

    private static func serve(_ listener: Int32, _ server: UInt16, _ state: Monitor<State>) {
        while true {
            let client = accept(listener, nil, nil)
            if state.withLock({ $0.isEnded }) || client < 0 { break }
            let upstream = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var target = address(server)
            let status = withUnsafePointer(to: &target) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(upstream, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            guard status == 0, case .pass = state.withLock({ $0.mode }) else {
                close(client)
                close(upstream)
                continue
            }
            state.withLock { $0.descriptors.formUnion([client, upstream]) }
            let open = Monitor(2)
            for (from, to) in [(client, upstream), (upstream, client)] {
                _ = OwnThread("pump") {
                    pump(from, to, state)
                    guard
                        open.withLock({
                            $0 -= 1; return $0
                        }) == 0
                    else { return }
                    state.withLock { $0.descriptors.subtract([client, upstream]) }
                    close(client)
                    close(upstream)
                }
            }
        }
        close(listener)
    }

    private static func pump(_ from: Int32, _ to: Int32, _ state: Monitor<State>) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = recv(from, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            _ = state.wait { if case .silent = $0.mode, !$0.isEnded { nil as Bool? } else { true } }
            guard send(to, buffer, count, Int32(MSG_NOSIGNAL)) == count else { break }
        }
        shutdown(from, Int32(SHUT_RDWR))
        shutdown(to, Int32(SHUT_RDWR))
    }
}
