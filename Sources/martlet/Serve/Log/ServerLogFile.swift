import Foundation
import MartletCore
import MartletProcess

/// The file of the server's own log: appended to, rotated by size, and patient when it cannot be written.
struct ServerLogFile {
    struct Rotation: Sendable, Equatable {
        /// The size from which on the file is renamed to `.1`, and so on.
        var maxBytes: Int64 = 100 << 20
        /// Renamed files that are kept.
        var files = 10
    }

    /// Nil: stderr.
    private let path: String?
    private let rotation: Rotation
    private var descriptor: Int32
    /// Lines since the last one that was written, and what kept them out.
    private var lost: (lines: Int, cause: Int32) = (0, 0)

    /// Throws `invalid` when the file cannot be opened.
    init(_ path: String?, _ rotation: Rotation = Rotation()) throws(MartletError) {
        self.path = path
        self.rotation = rotation
        descriptor = try Self.open(path)
    }

    func close() {
        if path != nil { _ = Foundation.close(descriptor) }
    }

    /// Appends a whole line or nothing. `notice` makes the line that tells of the lines lost before.
    mutating func append(_ line: [UInt8], notice: (_ lost: Int, _ cause: Int32) -> [UInt8]) {
        rotateIfFull()
        if lost.lines > 0, write(notice(lost.lines, lost.cause)) { lost.lines = 0 }
        if lost.lines > 0 || !write(line) { lost.lines += 1 }
    }

    private mutating func write(_ bytes: [UInt8]) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                lost.cause = errno
                if done > 0 { cutOff(done) }
                return false
            }
            done += count
        }
        return true
    }

    /// Half a line would swallow the next one.
    private func cutOff(_ bytes: Int) {
        guard path != nil, let file = RegularFile(descriptor) else { return }
        ftruncate(descriptor, max(0, Int(file.size) - bytes))
    }

    private static func open(_ path: String?) throws(MartletError) -> Int32 {
        guard let path else { return STDERR_FILENO }
        let descriptor = Foundation.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw MartletError(
                .invalid, "the log file \(path) cannot be opened: \(String(cString: strerror(errno)))",
                problems: [FieldProblem(field: "log.file", problem: "choose a file that can be written")])
        }
        return descriptor
    }
}

// MARK: Rotation

extension ServerLogFile {
    /// The size is asked of the file: others may have cut it or written to it.
    private mutating func rotateIfFull() {
        guard let path, let own = RegularFile(descriptor), own.size >= rotation.maxBytes else { return }
        // Somebody else may have renamed it already: then only a fresh one is needed.
        if RegularFile(at: path)?.isSameFile(as: own) == true { shift(path) }
        guard let fresh = try? Self.open(path) else { return }
        Foundation.close(descriptor)
        descriptor = fresh
    }

    private func shift(_ path: String) {
        for number in stride(from: rotation.files - 1, through: 1, by: -1) {
            rename("\(path).\(number)", "\(path).\(number + 1)")
        }
        guard rename(path, "\(path).1") == 0 else { return }
        // Left over from a time when more were kept.
        var surplus = rotation.files + 1
        while unlink("\(path).\(surplus)") == 0 { surplus += 1 }
    }
}
