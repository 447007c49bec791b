package import MartletCore

extension Control {
    /// Lines of a run's log next to a place in it.
    package struct LineWindow: Sendable {
        /// Oldest first.
        package let items: [LogLine]
        /// Whether no line comes before them.
        package let isStart: Bool
    }

    /// The last lines before the one at `position`, or before the present end of the log: at most `limit`, and not much more
    /// than 1 MiB. Reads backwards from there, whatever the log's size.
    package func lines(of id: RunID, before position: LogPosition?, limit: Int) async throws -> LineWindow {
        let run = try await require(id)
        var tasks = try files.tasks(of: id)[...]
        if let position {
            tasks = tasks.prefix { ($0.attempt, $0.task) <= (position.attempt, position.task) }
        }
        var items: [LogLine] = []
        var bytes = 0
        while let task = tasks.popLast() {
            let end = position.flatMap { $0.address(in: id) == task ? $0 : nil }
            let window = try window(of: task, run, before: end, limit - items.count, LineSearch.mostBytes - bytes)
            items = window.items + items
            bytes += window.items.reduce(0) { $0 + $1.text.count }
            let isFull = items.count >= limit || bytes >= LineSearch.mostBytes
            if isFull || !window.isStart { return LineWindow(items: items, isStart: window.isStart && tasks.isEmpty) }
        }
        return LineWindow(items: items, isStart: true)
    }

    private func window(
        of task: TaskAddress, _ run: Run, before position: LogPosition?, _ limit: Int, _ mostBytes: Int
    ) throws -> LineWindow {
        let end = try position.map { max($0.stdout, $0.stderr) } ?? length(of: task)
        var span: Int64 = 64 << 10
        while true {
            let wanted = max(0, end - span)
            span *= 4
            // Progress that overwrites itself may have no line's end for gigabytes: then the first line is a cut one.
            let isFar = end - wanted >= Int64(LineSearch.mostBytes)
            guard let start = try lineStart(of: task, from: wanted) ?? (isFar ? wanted : nil) else { continue }
            let found = try lines(of: task, run, from: start, before: position, end)
            let bytes = found.reduce(0) { $0 + $1.text.count }
            if start > 0, found.count < limit, bytes < mostBytes { continue }
            var kept = found.suffix(limit)
            var left = kept.reduce(0) { $0 + $1.text.count }
            while left > mostBytes, kept.count > 1 { left -= kept.removeFirst().text.count }
            return LineWindow(items: Array(kept), isStart: start == 0 && kept.count == found.count)
        }
    }

    /// The first place from `offset` on where a line begins; nil when there is none near by.
    private func lineStart(of task: TaskAddress, from offset: Int64) throws -> Int64? {
        guard offset > 0 else { return 0 }
        let block = try files.bytes(of: task, offset..<offset + 64 << 10)
        return block.firstIndex(of: UInt8(ascii: "\n")).map { offset + Int64($0) + 1 }
    }

    private func lines(
        of task: TaskAddress, _ run: Run, from start: Int64, before position: LogPosition?, _ end: Int64
    ) throws -> [LogLine] {
        var reader = LogLines(
            of: run.id, in: files, after: LogPosition(task, stdout: start, stderr: start))
        var found: [LogLine] = []
        while true {
            let more = try reader.next { $0.isOver(for: run) }
            if more.isEmpty { return found }
            for line in more {
                guard line.task == task, line.position != position,
                    position == nil || max(line.position.stdout, line.position.stderr) <= end
                else { return found }
                found.append(line)
            }
        }
    }

    /// Up to its newest byte.
    private func length(of task: TaskAddress) throws -> Int64 {
        try files.view(of: [task], stream: .all).pieces.reduce(0) { end, piece in
            if case .bytes(_, let offset, let length) = piece { max(end, offset + length) } else { end }
        }
    }
}
