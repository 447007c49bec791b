import Foundation

/// The directory of the task logs: appends whole lines, rotates, and never follows a link.
final class TaskLogDirectory: Sendable {
    private let path: String
    private let descriptor: Int32

    /// Makes the directory when it is missing; its parent must be there.
    init(_ path: String) throws(TaskLogTrouble) {
        if mkdir(path, 0o700) != 0, errno != EEXIST { throw TaskLogTrouble("make", path) }
        descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { throw TaskLogTrouble("open", path) }
        self.path = path
        guard fchmod(descriptor, 0o700) == 0 else { throw TaskLogTrouble("protect", path) }
    }

    deinit { close(descriptor) }

    /// Appends lines, which have their ends, and removes those from `lines` that are written.
    func append(_ lines: inout ArraySlice<[UInt8]>, to name: String, _ limits: TaskLogs.Limits) throws(TaskLogTrouble) {
        while !lines.isEmpty {
            let file = try TaskLogFile(name, in: descriptor, O_WRONLY | O_APPEND | O_CREAT)
            var bytes: [UInt8] = []
            var count = 0
            for line in lines {
                let size = file.mark.size + bytes.count
                // A line that is larger than a file has one of its own.
                guard size == 0 || size + line.count <= limits.bytes else { break }
                bytes += line
                count += 1
            }
            try file.append(bytes)
            lines = lines.dropFirst(count)
            if !lines.isEmpty { try rotate(name, limits.kept) }
        }
    }

    /// `name` becomes `name.1`, that one `name.2`, and so on; the oldest goes.
    private func rotate(_ name: String, _ kept: Int) throws(TaskLogTrouble) {
        // Only up to the first number that is free: a rotation that was cut short costs none of the kept ones.
        let taken = (1..<max(1, kept)).prefix { mark(of: "\(name).\($0)") != nil }
        for number in taken.reversed() { try rename("\(name).\(number)", to: "\(name).\(number + 1)") }
        try rename(name, to: "\(name).1")
    }

    private func rename(_ old: String, to new: String) throws(TaskLogTrouble) {
        guard renameat(descriptor, old, descriptor, new) == 0 else { throw TaskLogTrouble("rename", old) }
    }

    func read(_ name: String) throws(TaskLogTrouble) -> [UInt8] {
        let file = try TaskLogFile(name, in: descriptor, O_RDONLY)
        return file.bytes(from: 0, count: file.mark.size)
    }

    /// Replaces a file as a whole.
    func replace(_ name: String, with bytes: [UInt8]) throws(TaskLogTrouble) {
        try TaskLogFile("\(name).new", in: descriptor, O_WRONLY | O_CREAT | O_TRUNC).append(bytes)
        try rename("\(name).new", to: name)
    }
}

// What an earlier server wrote.
extension TaskLogDirectory {
    /// Nil when there is no regular file of this name.
    func mark(of name: String) -> TaskLogMark? { TaskLogMark(descriptor, name) }

    /// Every log that is here and how far it is written; rotated ones are left out.
    func marks() throws -> [String: TaskLogMark] {
        let names = try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasSuffix(".log") }
        return Dictionary(uniqueKeysWithValues: names.compactMap { name in mark(of: name).map { (name, $0) } })
    }

    /// Calls `body` with every whole line, without its end, that was written to a log after `mark`, even if it is
    /// rotated by now. Without a mark: every line. Removes what a killed write left of a line.
    func lines(
        of name: String, after mark: TaskLogMark?, kept: Int, _ body: (ArraySlice<UInt8>) -> Void
    ) throws(TaskLogTrouble) {
        let names = [name] + (0..<max(1, kept)).map { "\(name).\($0 + 1)" }
        let here = names.filter { self.mark(of: $0) != nil }
        let marked = here.firstIndex { self.mark(of: $0)?.file == mark?.file }
        for (index, part) in here.enumerated().reversed() where index <= marked ?? index {
            let file = try TaskLogFile(part, in: descriptor, O_RDWR)
            // One that somebody emptied has new lines only.
            let known = index == marked ? mark?.size ?? 0 : 0
            let end = file.lines(from: known <= file.mark.size ? known : 0, body)
            if part == name, end < file.mark.size { try file.cut(to: end) }
        }
    }
}
