import CMartlet
import Foundation

/// An open file descriptor that is closed with its owner.
struct Descriptor: ~Copyable, Sendable {
    let number: Int32

    init(_ number: Int32) { self.number = number }

    /// Close-on-exec, never through a symbolic link. Nil with errno set.
    init?(opening path: String, _ flags: Int32, mode: UInt32 = 0o600) {
        let number = mt_openat(AT_FDCWD, path, flags, mode)
        guard number >= 0 else { return nil }
        self.number = number
    }

    deinit { close(number) }

    var size: Int64 {
        var info = stat()
        return fstat(number, &info) == 0 ? Int64(info.st_size) : 0
    }

    var modifiedAt: Date {
        var info = stat()
        guard fstat(number, &info) == 0 else { return Date(timeIntervalSince1970: 0) }
        return Date(timeIntervalSince1970: Double(info.st_mtim.tv_sec))
    }

    /// Up to `count` bytes from `offset`; fewer at the end of the file.
    func read(from offset: Int64, count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = pread(number, buffer.baseAddress?.advanced(by: filled), count - filled, Int(offset) + filled)
                if got < 0 && errno == EINTR { continue }
                guard got > 0 else { return }
                filled += got
            }
        }
    }
}

/// What the kernel tells about one process.
struct ProcessStat: Sendable {
    var parent: pid_t = 0
    var session: pid_t = 0
    /// Clock ticks since boot.
    var start: UInt64 = 0
    var isZombie = false

    init?(_ pid: pid_t) {
        var state: CChar = 0
        guard mt_process_stat(pid, &parent, &session, &start, &state) == 0 else { return nil }
        isZombie = state == CChar(bitPattern: UInt8(ascii: "Z")) || state == CChar(bitPattern: UInt8(ascii: "X"))
    }
}
