import CMartlet
import Glibc
import KeeperProtocol

/// Forks a keeper per frame: no exec, so no dynamic loading. Single-threaded, hence safe to fork.
struct Zygote {
    let requests: Int32
    let inherited: Inherited

    /// Returns never: exits when the server closed the pipe.
    func serve() -> Never {
        var reader = FrameReader(descriptor: requests)
        while let frame = reader.next() {
            let pid = fork()
            if pid == 0 {
                close(requests)
                Keeper.run(frame, inherited)
            }
            if pid < 0 {
                Reply.send(LaunchReply(requestID: frame.requestID, status: .noKeeper, error: errno))
            }
        }
        exit(0)
    }
}

/// Reads frames from a pipe; nil at its end. A malformed frame is an end too: what follows it has no meaning.
struct FrameReader {
    let descriptor: Int32
    private var buffer: [UInt8] = []
    private var start = 0

    init(descriptor: Int32) { self.descriptor = descriptor }

    mutating func next() -> LaunchFrame? {
        guard fill(LaunchFrame.headerLength),
            let length = try? LaunchFrame.bodyLength(header: buffer[start..<(start + LaunchFrame.headerLength)]),
            fill(LaunchFrame.headerLength + length)
        else { return nil }
        let body = start + LaunchFrame.headerLength
        start = body + length
        return try? LaunchFrame(body: buffer[body..<start])
    }

    /// Whether `count` bytes are there from `start` on.
    private mutating func fill(_ count: Int) -> Bool {
        if start == buffer.count {
            buffer.removeAll(keepingCapacity: buffer.capacity <= 1 << 20)
            start = 0
        }
        while buffer.count - start < count {
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
