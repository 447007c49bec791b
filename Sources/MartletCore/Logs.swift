/// Which bytes of a log are wanted.
package enum LogStream: String, Sendable, Codable, CaseIterable { case stdout, stderr, all }

/// A part of a run's log as the reader serves it: bytes of a file, or a marker in place of a hole.
package enum LogPiece: Sendable, Hashable {
    /// `length` bytes of the task's log from `offset`.
    case bytes(TaskAddress, offset: Int64, length: Int64)
    /// One line that tells what is missing.
    case marker(String)

    package var length: Int64 {
        switch self {
        case .bytes(_, _, let length): length
        case .marker(let text): Int64(text.utf8.count)
        }
    }
}

/// One view of a run's log, fixed at the moment it was made: pieces in order.
package struct LogView: Sendable, Hashable {
    package var pieces: [LogPiece]
    package var length: Int64 { pieces.reduce(0) { $0 + $1.length } }
    package init(pieces: [LogPiece]) { self.pieces = pieces }
}

/// Reads what the keepers wrote. Never blocks on a writer.
package protocol LogReader: Sendable {
    /// The view of these tasks' logs, in the order given. A task without a log contributes nothing.
    func view(of tasks: [TaskAddress], stream: LogStream) throws -> LogView
    /// Bytes `range` of a view (offsets within the view), at most 256 KiB at once: shorter than asked at a
    /// piece's end, empty only at the view's end.
    func read(_ view: LogView, from offset: Int64, upTo limit: Int) throws -> [UInt8]
    /// The task attempts of a run that left files, in order.
    func tasks(of run: RunID) throws -> [TaskAddress]
    /// Removes a run's directory; it may be absent.
    func remove(_ run: RunID) throws
}

/// Reads the side channel of a task: lines it appended, and its checkpoint.
package protocol ReportReader: Sendable {
    /// New complete lines since `offset` and the offset after them; at most 1 MiB at once. Rotates at 1 MiB.
    func progressLines(of task: TaskAddress, from offset: Int64) throws -> (lines: [[UInt8]], offset: Int64)
}
