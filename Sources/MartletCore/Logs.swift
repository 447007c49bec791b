package import Foundation

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

/// A stretch of one task's log, as its index tells it.
package struct LogRecord: Sendable, Hashable {
    package enum Content: Sendable, Hashable {
        /// Bytes of one stream; `all`: nobody knows of which.
        case bytes(LogStream)
        /// Bytes that are gone; the notice is one line that says so, without a line end.
        case hole(notice: String)
    }

    package let content: Content
    /// When the first byte was written.
    package let at: Date
    /// In the task's log.
    package let range: Range<Int64>

    package init(_ content: Content, at: Date, _ range: Range<Int64>) {
        self.content = content
        self.at = at
        self.range = range
    }
}

/// A place in a task's log and how many line ends stand before it.
package struct LogAnchor: Sendable, Hashable {
    package let offset: Int64
    package let lineEnds: Int64

    package init(offset: Int64, lineEnds: Int64) { (self.offset, self.lineEnds) = (offset, lineEnds) }
    package static let start = LogAnchor(offset: 0, lineEnds: 0)
}

/// Reads what the keepers wrote. Never blocks on a writer.
package protocol LogReader: Sendable {
    /// The view of these tasks' logs, in the order given. A task without a log contributes nothing.
    func view(of tasks: [TaskAddress], stream: LogStream) throws -> LogView
    /// Bytes `range` of a view (offsets within the view), at most 256 KiB at once: shorter than asked at a
    /// piece's end, empty only at the view's end.
    func read(_ view: LogView, from offset: Int64, upTo limit: Int) throws -> [UInt8]
    /// What a task's log has from `offset` on: ascending, without overlap, at most `limit` records. Bytes that the
    /// index does not tell of are of the stream `all`; those at the end only when the task `isOver`: before, their
    /// entry may still come.
    func records(of task: TaskAddress, from offset: Int64, limit: Int, isOver: Bool) throws -> [LogRecord]
    /// A place close before the line end of this number, counted from 1; the last one known when the log has fewer. After
    /// a hole it may lie behind that line end, whose line is gone then.
    func anchor(beforeLineEnd number: Int64, of task: TaskAddress) throws -> LogAnchor
    /// The task attempts of a run that left files, in order.
    func tasks(of run: RunID) throws -> [TaskAddress]
    /// Removes a run's directory; it may be absent.
    func remove(_ run: RunID) throws
}

extension LogReader {
    /// Of logs without an index: their beginning.
    package func anchor(beforeLineEnd number: Int64, of task: TaskAddress) throws -> LogAnchor { .start }

    /// Bytes `range` of a task's log, as ``read(_:from:upTo:)`` gives them: dots in place of what is gone.
    package func bytes(of task: TaskAddress, _ range: Range<Int64>) throws -> [UInt8] {
        let view = LogView(pieces: [.bytes(task, offset: range.lowerBound, length: Int64(range.count))])
        return try bytes(of: view, 0..<Int64(range.count))
    }

    /// Bytes `range` of a view, fewer at its end.
    package func bytes(of view: LogView, _ range: Range<Int64>) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < range.count {
            let more = try read(view, from: range.lowerBound + Int64(bytes.count), upTo: range.count - bytes.count)
            if more.isEmpty { break }
            bytes += more
        }
        return bytes
    }
}

/// Reads the side channel of a task: lines it appended, and its checkpoint.
package protocol ReportReader: Sendable {
    /// New complete lines since `offset` and the offset after them; at most 1 MiB at once. Rotates at 1 MiB.
    func progressLines(of task: TaskAddress, from offset: Int64) throws -> (lines: [[UInt8]], offset: Int64)
    /// Removes what an ended task told, which nothing has masked.
    func removeProgress(of task: TaskAddress)
    /// Bytes of the events that the task's program kept beside its log, from `offset`; empty at their end, and without any.
    func events(of task: TaskAddress, from offset: Int64, upTo limit: Int) throws -> [UInt8]
}

extension ReportReader {
    package func events(of task: TaskAddress, from offset: Int64, upTo limit: Int) throws -> [UInt8] { [] }
}
