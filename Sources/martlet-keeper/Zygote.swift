import CMartlet
import Glibc
import KeeperProtocol

/// Forks a keeper per frame: no exec, so no dynamic loading. Single-threaded, hence safe to fork.
struct Zygote {
    let requests: Int32
    let inherited: Inherited
    private var keepers: [pid_t: UInt64] = [:]

    init(requests: Int32, inherited: Inherited) {
        self.requests = requests
        self.inherited = inherited
    }

    /// Exits when the server closed the pipe; the keepers live on.
    mutating func serve() -> Never {
        WarmUp.run()
        var reader = FrameReader(descriptor: requests)
        while let frame = reader.next(waiting: { waitForRequest() }) {
            let pid = fork()
            if pid == 0 {
                close(requests)
                Keeper.run(frame, inherited)
            }
            if pid > 0 {
                keepers[pid] = frame.requestID
            } else {
                Reply.send(LaunchReply(requestID: frame.requestID, status: .noKeeper, error: errno))
            }
        }
        exit(0)
    }

    /// Until there is something to read; reaps keepers meanwhile.
    private mutating func waitForRequest() {
        while true {
            var events = [
                pollfd(fd: requests, events: Int16(POLLIN), revents: 0),
                pollfd(fd: inherited.signals, events: Int16(POLLIN), revents: 0),
            ]
            _ = poll(&events, 2, -1)
            if events[1].revents != 0 { reap() }
            if events[0].revents != 0 { return }
        }
    }

    /// A keeper that was killed may not have replied: the server must not wait for it.
    private mutating func reap() {
        var value: Int32 = 0
        while mt_next_signal(inherited.signals, &value) != 0 {}
        var status: Int32 = 0
        while true {
            let pid = waitpid(-1, &status, WNOHANG)
            guard pid > 0 else { return }
            guard let request = keepers.removeValue(forKey: pid), status & 0x7F != 0 else { continue }
            Reply.send(LaunchReply(requestID: request, status: .keeperKilled, keeperPID: pid))
        }
    }
}

/// Reads frames from a pipe; nil at its end. A malformed frame is an end too: what follows it has no meaning.
struct FrameReader {
    let descriptor: Int32
    private var buffer: [UInt8] = []
    private var start = 0

    init(descriptor: Int32) { self.descriptor = descriptor }

    /// `waiting` is called before every read and returns when there is something to read.
    mutating func next(waiting: () -> Void = {}) -> LaunchFrame? {
        guard fill(LaunchFrame.headerLength, waiting),
            let length = try? LaunchFrame.bodyLength(header: buffer[start..<(start + LaunchFrame.headerLength)]),
            fill(LaunchFrame.headerLength + length, waiting)
        else { return nil }
        let body = start + LaunchFrame.headerLength
        start = body + length
        return try? LaunchFrame(body: buffer[body..<start])
    }

    /// Whether `count` bytes are there from `start` on.
    private mutating func fill(_ count: Int, _ waiting: () -> Void) -> Bool {
        if start == buffer.count {
            buffer.removeAll(keepingCapacity: buffer.capacity <= 1 << 20)
            start = 0
        }
        while buffer.count - start < count {
            waiting()
            let got = withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 16) { chunk in
                let got = read(descriptor, chunk.baseAddress, chunk.count)
                if got > 0 { buffer += chunk[..<got] }
                return got
            }
            if got == 0 || (got < 0 && errno != EINTR) { return false }
        }
        return true
    }
}

/// The reply pipe, descriptor 4.
enum Reply {
    private static let descriptor: Int32 = 4

    /// One write of at most PIPE_BUF bytes is atomic; a server that is gone needs no reply.
    static func send(_ reply: LaunchReply) {
        _ = reply.encoded.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }

    static func close() { _ = Glibc.close(descriptor) }
}
