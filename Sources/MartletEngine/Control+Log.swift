package import MartletCore

extension Control {
    /// Which part of a run's log is wanted; nil = every kept attempt and task, in order.
    package struct LogSelection: Sendable, Hashable {
        package var stream: LogStream
        package var attempt: Int?
        package var task: Int?
        package init(stream: LogStream = .all, attempt: Int? = nil, task: Int? = nil) {
            self.stream = stream
            self.attempt = attempt
            self.task = task
        }
    }

    /// The log as it is now.
    package func log(of id: RunID, _ selection: LogSelection = LogSelection()) throws -> LogView {
        try files.view(of: try logTasks(of: id, selection), stream: selection.stream)
    }

    /// Bytes of a view from `offset`, at most `limit`; empty at its end.
    package func read(_ view: LogView, from offset: Int64, upTo limit: Int = 64 << 10) throws -> [UInt8] {
        try files.read(view, from: offset, upTo: limit)
    }

    /// Offset in `view` where its last `lines` lines begin. Reads backwards, a block at a time.
    package func tailOffset(of view: LogView, lines: Int) throws -> Int64 {
        guard lines > 0 else { return view.length }
        var end = view.length
        var missing = lines
        var first = true
        while end > 0 {
            let start = max(0, end - 64 << 10)
            let block = try files.bytes(of: view, start..<end)
            for index in block.indices.reversed() where block[index] == UInt8(ascii: "\n") {
                // The newline that ends the last line starts no other.
                if first, Int64(index) + start == view.length - 1 { continue }
                missing -= 1
                if missing == 0 { return start + Int64(index) + 1 }
            }
            first = false
            end = start
        }
        return 0
    }

    /// Sends the log to `sink` until the run has ended and everything was sent. Starts at the last `tail` lines,
    /// or at the beginning. The sink's slowness slows this reader alone.
    package func follow(
        _ id: RunID, _ selection: LogSelection, tail: Int?, sink: @Sendable ([UInt8]) async throws -> Void
    ) async throws {
        var follower = LogFollower(files: files, stream: selection.stream)
        if let tail {
            let view = try log(of: id, selection)
            follower.skip(to: view, offset: try tailOffset(of: view, lines: tail))
        }
        var idle: Int64 = 20
        while true {
            let over = try await require(id).state.isEnd
            let sent = try await follower.drain(try logTasks(of: id, selection), sink)
            if over { return }
            idle = sent > 0 ? 20 : min(idle * 2, 250)
            try await Task.sleep(for: .milliseconds(idle))
        }
    }

    /// The last line of each stream of an ended task, and how much there was.
    package func lastLines(of task: TaskAddress) throws -> TaskReport.LastLines {
        let stdout = try files.view(of: [task], stream: .stdout)
        let stderr = try files.view(of: [task], stream: .stderr)
        return TaskReport.LastLines(
            stdout: try lastLine(of: stdout), stderr: try lastLine(of: stderr), stdoutBytes: stdout.bytes,
            stderrBytes: stderr.bytes, isTruncated: stdout.isTruncated || stderr.isTruncated)
    }

    /// Without its line end; "" when there is none. Of a line that is longer than the limit, the end. Bytes that are not
    /// UTF-8 become U+FFFD each.
    private func lastLine(of view: LogView) throws -> String {
        let start = max(0, view.length - Int64(TaskReport.LastLines.longest) - 1)
        var bytes = try files.bytes(of: view, start..<view.length)[...]
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        if let end = bytes.lastIndex(of: UInt8(ascii: "\n")) {
            bytes = bytes[(end + 1)...]
        } else if start > 0 {
            // Not in the middle of a character.
            bytes = bytes.suffix(TaskReport.LastLines.longest).drop { $0 & 0xC0 == 0x80 }
        }
        return String(repairing: bytes)
    }

    private func logTasks(of id: RunID, _ selection: LogSelection) throws -> [TaskAddress] {
        try files.tasks(of: id).filter {
            (selection.attempt ?? $0.attempt) == $0.attempt && (selection.task ?? $0.task) == $0.task
        }
    }
}

extension LogView {
    /// Of the log itself, without markers.
    fileprivate var bytes: Int64 {
        pieces.reduce(0) { sum, piece in if case .bytes = piece { sum + piece.length } else { sum } }
    }

    fileprivate var isTruncated: Bool {
        pieces.contains { if case .marker = $0 { true } else { false } }
    }
}
