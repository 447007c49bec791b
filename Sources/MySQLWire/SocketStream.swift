internal import Glibc

/// A TCP or Unix socket with deadlines. Every connection has a thread of its own that blocks here: a binlog stream is read
/// event by event with the decoder on the same stack, and what is not read stays with the kernel and slows the server down.
final class SocketStream: ByteStream {
    private static let pieceSize = 1 << 17

    private let descriptor: Int32
    private let interrupter: Interrupter
    private var piece = [UInt8](repeating: 0, count: SocketStream.pieceSize)
    var timeout: Duration

    init(descriptor: Int32, interrupter: Interrupter, timeout: Duration) {
        self.descriptor = descriptor
        self.interrupter = interrupter
        self.timeout = timeout
    }

    deinit { interrupter.closeDescriptor() }

    func close() { interrupter.closeDescriptor() }

    func read(into buffer: inout [UInt8], waiting: String) throws(WireError) {
        while true {
            let count = piece.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
            if count > 0 {
                buffer += piece[..<count]
                return
            }
            if count == 0 { throw ended }
            guard errno == EAGAIN || errno == EINTR else { throw ended }
            try wait(for: Int16(POLLIN), waiting)
        }
    }

    func write(_ bytes: [UInt8]) throws(WireError) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count > 0 {
                sent += count
                continue
            }
            guard errno == EAGAIN || errno == EINTR else { throw ended }
            try wait(for: Int16(POLLOUT), "room to send")
        }
    }

    private var ended: WireError { interrupter.isInterrupted ? .interrupted : .closed }

    func wait(for events: Int16, _ waiting: String) throws(WireError) {
        var request = pollfd(fd: descriptor, events: events, revents: 0)
        let milliseconds = timeout.milliseconds
        let ready = poll(&request, 1, milliseconds)
        if ready < 0, errno != EINTR { throw ended }
        if interrupter.isInterrupted { throw .interrupted }
        if ready == 0 { throw .timeout(waiting: waiting, seconds: Double(milliseconds) / 1000) }
    }
}

extension Duration {
    /// Whole milliseconds, at least one, as many as a poll can wait.
    var milliseconds: Int32 {
        let (seconds, attoseconds) = components
        let total = Double(seconds) * 1000 + Double(attoseconds) / 1e15
        return Int32(min(max(total, 1), Double(Int32.max)))
    }
}
