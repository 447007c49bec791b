import CMartlet
import Glibc
import KeeperProtocol

/// The control file. Whoever creates it and locks it empty decides whether the task runs. The lock is held as
/// long as the keeper lives, so a free lock proves that it is dead, whatever its pid means by now.
struct Fence {
    enum Failure: Error {
        /// Somebody else was first.
        case lost
        case failed(errno: Int32)
    }

    let descriptor: Int32

    /// Makes the run directory too; its parent exists.
    init(_ frame: LaunchFrame) throws(Failure) {
        let path = "\(frame.runDirectory)/\(frame.baseName).run"
        var fd = Self.create(path)
        if fd < 0 && errno == ENOENT {
            guard mkdir(frame.runDirectory, 0o700) == 0 || errno == EEXIST else { throw .failed(errno: errno) }
            fd = Self.create(path)
        }
        guard fd >= 0 else { throw errno == EEXIST ? .lost : .failed(errno: errno) }
        Failpoint.reach("fence.created")
        guard flock(fd, LOCK_EX | LOCK_NB) == 0 else { throw .lost }
        // A server may have locked it first, written `abandoned` and let go.
        guard lseek(fd, 0, SEEK_END) == 0 else { throw .lost }
        descriptor = fd
    }

    private static func create(_ path: String) -> Int32 {
        mt_openat(AT_FDCWD, path, O_CREAT | O_EXCL | O_WRONLY, 0o600)
    }

    /// Errno, or 0. All lines together fit the block that the first one allocated.
    func append(_ record: ControlRecord) -> Int32 {
        let line = record.encoded
        let count = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        return count == line.count ? 0 : count < 0 ? errno : ENOSPC
    }

    /// Tries until it is stored: the end of a task must not be lost because a disk is full for a while.
    func appendSurely(_ record: ControlRecord) {
        while append(record) != 0 {
            // Ends a torn line, so that the next try is a line of its own.
            _ = write(descriptor, "\n", 1)
            sleep(1)
        }
    }
}
