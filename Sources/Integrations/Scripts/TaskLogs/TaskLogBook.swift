import Foundation
import MartletCore
import MartletEngine

/// What the task logs' writer remembers across restarts: how far it has come, and how far the files were written then.
struct TaskLogBook: Codable, Equatable {
    static let name = "book.json"

    /// Every event up to this one was taken.
    var event: Int64
    /// Runs that are not over, and after which line each goes on; nil: with its first one.
    var runs: [String: LogPosition?] = [:]
    /// By name. A file that is missing here was not there.
    var files: [String: TaskLogMark] = [:]
}

/// Lines that stand in the logs although the book does not know of them: the server was killed before it wrote it.
struct TaskLogSurplus {
    /// Hashes of each run's lines, in order.
    private var lines: [RunID: ArraySlice<Int>] = [:]

    init() {}

    init(_ directory: TaskLogDirectory, since files: [String: TaskLogMark], kept: Int) throws {
        let marks = try directory.marks()
        for name in Set(marks.keys).union(files.keys) where marks[name] != files[name] {
            try directory.lines(of: name, after: files[name], kept: kept) { line in
                guard let run = TaskLogLine.run(of: line) else { return }
                lines[run, default: []].append(Self.hash(line))
            }
        }
    }

    var isEmpty: Bool { lines.isEmpty }

    /// Whether the next line of `run` stands in its log already. Once one does not, no later one does.
    mutating func takes(_ line: ArraySlice<UInt8>, of run: RunID) -> Bool {
        guard let first = lines[run]?.first else { return false }
        let isWritten = first == Self.hash(line)
        lines[run] = isWritten ? lines[run]?.dropFirst() : nil
        return isWritten
    }

    private static func hash(_ line: ArraySlice<UInt8>) -> Int {
        var hasher = Hasher()
        line.withUnsafeBytes { hasher.combine(bytes: $0) }
        return hasher.finalize()
    }
}
