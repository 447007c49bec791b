import CMartlet
import Foundation

/// What could not be done with a task log, and why.
struct TaskLogTrouble: Error, CustomStringConvertible {
    let description: String
    /// Whether what stands in the place of the log is none: waiting does not help.
    let isForeign: Bool

    /// From `errno`.
    init(_ verb: String, _ name: String) {
        let number = errno
        description = "cannot \(verb) \(name): \(String(cString: strerror(number)))"
        isForeign = [ELOOP, EISDIR, ENXIO, ENOTDIR].contains(number)
    }

    init(foreign name: String) {
        description = "\(name) is no regular file"
        isForeign = true
    }
}

/// An open task log, current or rotated.
struct TaskLogFile: ~Copyable {
    private let descriptor: Int32
    private let name: String
    let mark: TaskLogMark

    /// Mode 0600 when it is new; a link, a pipe or a device in its place is refused.
    init(_ name: String, in directory: Int32, _ flags: Int32) throws(TaskLogTrouble) {
        // Without blocking: opening a pipe must not wait for its other end.
        let descriptor = openat(directory, name, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
        guard descriptor >= 0 else { throw TaskLogTrouble("open", name) }
        guard let mark = TaskLogMark(descriptor) else {
            close(descriptor)
            throw TaskLogTrouble(foreign: name)
        }
        self.init(descriptor: descriptor, name: name, mark: mark)
    }

    private init(descriptor: Int32, name: String, mark: TaskLogMark) {
        self.descriptor = descriptor
        self.name = name
        self.mark = mark
    }

    deinit { close(descriptor) }

    /// Writes at the end, all or nothing.
    func append(_ bytes: [UInt8]) throws(TaskLogTrouble) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress?.advanced(by: done), $0.count - done) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                let trouble = TaskLogTrouble("write", name)
                if done > 0 { try cut(to: mark.size) }
                throw trouble
            }
            done += count
        }
    }

    func cut(to size: Int) throws(TaskLogTrouble) {
        guard ftruncate(descriptor, size) == 0 else { throw TaskLogTrouble("cut", name) }
    }

    /// Up to `count` bytes from `offset`; fewer at the end.
    func bytes(from offset: Int, count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = pread(descriptor, buffer.baseAddress?.advanced(by: filled), count - filled, offset + filled)
                if got < 0 && errno == EINTR { continue }
                guard got > 0 else { return }
                filled += got
            }
        }
    }

    /// Calls `body` with each whole line from `offset` on, without its end; returns where the last one ends.
    func lines(from offset: Int, _ body: (ArraySlice<UInt8>) -> Void) -> Int {
        var end = offset
        var rest: [UInt8] = []
        while true {
            let more = bytes(from: end + rest.count, count: 1 << 20)
            if more.isEmpty { return end }
            rest += more
            guard let last = rest.lastIndex(of: UInt8(ascii: "\n")) else { continue }
            rest[..<last].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).forEach(body)
            end += last + 1
            rest.removeSubrange(...last)
        }
    }
}

/// Which file a name stood for, and how far it was written.
struct TaskLogMark: Codable, Equatable {
    let file: UInt64
    let size: Int

    /// Of an open file, or of a name in an open directory. Nil unless it is a regular file.
    init?(_ descriptor: Int32, _ name: String? = nil) {
        var (inode, size): (UInt64, Int64) = (0, 0)
        guard mt_regular_file(descriptor, name, &inode, &size) == 0 else { return nil }
        file = inode
        self.size = Int(size)
    }
}
