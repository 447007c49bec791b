import CMartlet
import Glibc
import KeeperProtocol

/// Moves what one pipe brings into the log, masked.
struct StreamPump {
    private static let fullReadsBeforeGrowing = 4
    private static let largePipe: Int32 = 1 << 20

    /// -1 once the task and everybody else closed the other end.
    private(set) var descriptor: Int32
    private let stream: LogIndexRecord.Stream
    private var masker: Masker?
    private var masked: [UInt8] = []
    private var fullReads = 0

    init(_ descriptor: Int32, _ stream: LogIndexRecord.Stream, patterns: MaskPatterns?) {
        self.descriptor = descriptor
        self.stream = stream
        masker = patterns.map { Masker($0) }
        mt_set_nonblocking(descriptor)
    }

    var isOpen: Bool { descriptor >= 0 }

    /// One read; returns how many bytes came, 0 when there are none now or the stream has ended.
    mutating func pump(into log: inout LogFile, through buffer: inout ReadBuffer) -> Int {
        guard isOpen else { return 0 }
        let count = read(descriptor, buffer.bytes.baseAddress, buffer.bytes.count)
        if count < 0 && (errno == EAGAIN || errno == EINTR) { return 0 }
        guard count > 0 else {
            finish(into: &log)
            return 0
        }
        write(UnsafeRawBufferPointer(rebasing: buffer.bytes[..<count]), to: &log)
        grow(count, &buffer)
        return count
    }

    /// Reads what is there without waiting, then gives up the pipe: a stranger may hold it open for ever.
    mutating func drain(into log: inout LogFile, through buffer: inout ReadBuffer) {
        var left = 4 * Int(Self.largePipe)
        while isOpen && left > 0 {
            let count = pump(into: &log, through: &buffer)
            if count == 0 { break }
            left -= count
        }
        finish(into: &log)
    }

    private mutating func write(_ bytes: UnsafeRawBufferPointer, to log: inout LogFile) {
        guard masker != nil else { return log.append(bytes, from: stream) }
        masked.removeAll(keepingCapacity: true)
        masker?.mask(bytes, into: &masked)
        masked.withUnsafeBytes { log.append($0, from: stream) }
    }

    private mutating func finish(into log: inout LogFile) {
        guard isOpen else { return }
        masked.removeAll(keepingCapacity: true)
        masker?.finish(into: &masked)
        masked.withUnsafeBytes { log.append($0, from: stream) }
        close(descriptor)
        descriptor = -1
    }

    /// A task that fills the pipe again and again gets a larger one; most never do.
    private mutating func grow(_ count: Int, _ buffer: inout ReadBuffer) {
        guard fullReads < Self.fullReadsBeforeGrowing else { return }
        fullReads = count >= ReadBuffer.small ? fullReads + 1 : 0
        guard fullReads == Self.fullReadsBeforeGrowing else { return }
        mt_grow_pipe(descriptor, Self.largePipe)
        buffer.grow()
    }
}

/// Where bytes rest between pipe and file; one for both streams.
struct ReadBuffer {
    static let small = 65_536
    static let large = 262_144

    private(set) var bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: small, alignment: 4096)

    mutating func grow() {
        guard bytes.count < Self.large else { return }
        bytes.deallocate()
        bytes = .allocate(byteCount: Self.large, alignment: 4096)
    }
}
