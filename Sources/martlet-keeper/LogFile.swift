import CMartlet
import Glibc
import KeeperProtocol

/// A task's log and its index: bytes first, index second, both made at their first byte. Bytes that cannot
/// be stored are counted and forgotten, so that the task never waits for a disk.
struct LogFile {
    private let basePath: String
    private var descriptor: Int32 = -1
    private(set) var offset: Int64 = 0
    private(set) var dropped: Int64 = 0
    private(set) var dropError: Int32 = 0
    private var lines: Int64 = 0
    private var index: LogIndex
    private var cap: LogCap

    init(basePath: String, cap: Int64) {
        self.basePath = basePath
        index = LogIndex(path: "\(basePath).idx")
        self.cap = LogCap(bytes: cap)
    }

    /// Milliseconds since boot when the index wants to be written; nil: nothing waits.
    var indexDue: Int64? { index.due }

    mutating func append(_ bytes: UnsafeRawBufferPointer, from stream: LogIndexRecord.Stream) {
        guard bytes.count > 0 else { return }
        let start = offset
        let stored = store(bytes)
        if stored < bytes.count { dropped += Int64(bytes.count - stored) }
        guard stored > 0 else { return }
        lines += Int64(mt_count_newlines(bytes.baseAddress, stored))
        index.add(start, UInt32(stored), stream, lines: lines)
        if cap.isPassed(log: offset, index: index.size) {
            cap.enforce(log: &descriptor, basePath: basePath, offset: offset, index: &index)
        }
    }

    mutating func flushIndex() { index.flush() }

    /// How many bytes were written.
    private mutating func store(_ bytes: UnsafeRawBufferPointer) -> Int {
        if descriptor < 0 {
            descriptor = mt_openat(AT_FDCWD, "\(basePath).log", O_CREAT | O_WRONLY | O_APPEND, 0o600)
            guard descriptor >= 0 else { return refused(0) }
        }
        var done = 0
        while done < bytes.count {
            let count = write(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return refused(done) }
            done += count
            offset += Int64(count)
        }
        return done
    }

    private mutating func refused(_ done: Int) -> Int {
        dropError = errno
        return done
    }
}
