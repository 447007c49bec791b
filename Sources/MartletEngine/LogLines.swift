package import MartletCore

/// Reads a run's log as lines, task after task. Holds at most one line's beginning for each stream.
package struct LogLines: Sendable {
    /// How much of a log is read at once.
    private static let chunk: Int64 = 64 << 10
    private static let batch = 1024

    private let run: RunID
    private let files: any LogReader
    private var splitter: LineSplitter?

    /// Goes on after `position`, which a caller may have made up: it then gets nothing or the rest of something.
    package init(of run: RunID, in files: any LogReader, after position: LogPosition? = nil) {
        self.run = run
        self.files = files
        splitter = position.map { LineSplitter($0.address(in: run), after: $0) }
    }

    /// The next lines, at least one; none when there are no more now. A task's last line without a line end comes
    /// once `isOver` says that the task writes no more; the next task's lines come after that.
    package mutating func next(isOver: (TaskAddress) -> Bool) throws -> [LogLine] {
        var lines: [LogLine] = []
        while lines.isEmpty {
            guard var current = splitter else {
                guard let first = try files.tasks(of: run).first else { break }
                splitter = LineSplitter(first)
                continue
            }
            let over = isOver(current.task)
            let wentOn = try read(&current, over, &lines)
            if !wentOn, over { current.finish(&lines) }
            splitter = current
            if wentOn || !lines.isEmpty { continue }
            guard over, let next = try task(after: current.task) else { break }
            splitter = LineSplitter(next)
        }
        return lines
    }

    private func task(after task: TaskAddress) throws -> TaskAddress? {
        try files.tasks(of: run).first { ($0.attempt, $0.task) > (task.attempt, task.task) }
    }

    /// Takes up to a chunk more; false when there is nothing.
    private func read(_ splitter: inout LineSplitter, _ isOver: Bool, _ lines: inout [LogLine]) throws -> Bool {
        let records = try records(splitter, isOver)
        guard let first = records.first else { return false }
        if case .hole(let notice) = first.content {
            splitter.take(first, notice: notice, into: &lines)
            return true
        }
        let parts = Self.parts(of: records, splitter)
        guard let start = parts.first?.range.lowerBound, let end = parts.last?.range.upperBound else {
            splitter.skip(to: records.prefix(while: \.isBytes).last?.range.upperBound ?? 0)
            return true
        }
        let bytes = try files.bytes(of: splitter.task, start..<end)
        // A hole that was made meanwhile is filled with dots: then all is read again in the next call.
        let used = records.prefix { $0.range.lowerBound < end }
        guard !bytes.isEmpty, try isOver || self.records(splitter, isOver).starts(with: used) else { return false }
        for part in parts {
            guard case .bytes(let stream) = part.content else { continue }
            let range = Int(part.range.lowerBound - start)..<Int(part.range.upperBound - start)
            let text = bytes[range.clamped(to: bytes.indices)]
            splitter.take(text, of: stream, at: part.at, from: part.range.lowerBound, into: &lines)
        }
        return true
    }

    private func records(_ splitter: LineSplitter, _ isOver: Bool) throws -> [LogRecord] {
        try files.records(of: splitter.task, from: splitter.offset, limit: Self.batch, isOver: isOver)
    }

    /// What is to be taken of `records` before the next hole, within one chunk.
    private static func parts(of records: [LogRecord], _ splitter: LineSplitter) -> [LogRecord] {
        var parts: [LogRecord] = []
        for record in records.prefix(while: \.isBytes) {
            guard let part = splitter.untaken(record) else { continue }
            let end = (parts.first?.range.lowerBound ?? part.range.lowerBound) + chunk
            guard part.range.lowerBound < end else { break }
            parts.append(LogRecord(part.content, at: part.at, part.range.clamped(to: 0..<end)))
        }
        return parts
    }
}

extension LogRecord {
    fileprivate var isBytes: Bool {
        if case .bytes = content { true } else { false }
    }
}
