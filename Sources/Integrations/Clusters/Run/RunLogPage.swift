import Foundation
package import MartletCore
package import MartletEngine

/// Ten lines of a run's log in the shape that the document shows: `2020-02-10 16:21:16,124 p=7999 u=easy |  text`. The
/// first line of the log is the word of the action and stands alone.
package struct RunLogPage: Sendable, Hashable {
    package static let size: Int64 = 10

    package var number: Int64
    /// Lines of the whole log.
    package var rows: Int64
    /// None beyond the end.
    package var lines: [String]

    /// Page `number`, from 1, of the last attempt. Throws `invalid` for a lower number.
    package static func page(_ number: Int64, of run: RunID, in files: any LogFiles) throws -> RunLogPage {
        guard number >= 1 else {
            throw MartletError(
                .invalid, "there is no page \(number)",
                problems: [FieldProblem(field: "page", problem: "must be 1 or more")])
        }
        guard let task = try files.tasks(of: run).last else {
            return RunLogPage(number: number, rows: 0, lines: [])
        }
        let log = PagedLog(task: task, files: files)
        let rows = try log.rows()
        let (first, overflow) = (number - 1).multipliedReportingOverflow(by: size)
        guard !overflow, first < rows else { return RunLogPage(number: number, rows: rows, lines: []) }
        let lines = try log.lines(first..<min(first + size, rows))
        let writer = try PlaybookWriter(of: task, files)
        let texts = lines.enumerated().map { index, line in
            first + Int64(index) == 0
                ? line.text : "\(LogTime.text(line.at)) p=\(writer.pid) u=\(writer.user) |  \(line.text)"
        }
        return RunLogPage(number: number, rows: rows, lines: texts)
    }
}

/// Who ran Ansible.
private struct PlaybookWriter {
    var pid: Int64 = 0
    var user = "martlet"

    init(of task: TaskAddress, _ files: any LogFiles) throws {
        let head = try files.events(of: task, from: 0, upTo: 4096)
        guard let end = head.firstIndex(of: UInt8(ascii: "\n")),
            case .begin(let pid, let user)? = PlaybookEvent(head[..<end])?.fact
        else { return }
        (self.pid, self.user) = (pid, user)
    }
}

/// Lines of one task's log by number, found through the counts of its index.
private struct PagedLog {
    struct Line {
        var text: String
        var at: Date
    }

    let task: TaskAddress
    let files: any LogFiles

    private static let newline = UInt8(ascii: "\n")
    /// A longer line is given up to there.
    private static let longestLine = 64 << 10

    private func end() throws -> Int64 {
        guard case .bytes(_, let offset, let length)? = try files.view(of: [task], stream: .all).pieces.last else {
            return 0
        }
        return offset + length
    }

    private func bytes(_ range: Range<Int64>) throws -> [UInt8] { try files.bytes(of: task, range) }

    func rows() throws -> Int64 {
        let end = try end()
        guard end > 0 else { return 0 }
        let known = try files.anchor(beforeLineEnd: .max, of: task)
        var rows = known.lineEnds
        var offset = min(known.offset, end)
        while offset < end {
            let piece = try bytes(offset..<min(end, offset + 256 << 10))
            if piece.isEmpty { break }
            rows += Int64(piece.count { $0 == Self.newline })
            offset += Int64(piece.count)
        }
        return try bytes(end - 1..<end) == [Self.newline] ? rows : rows + 1
    }

    /// Those of `range`, counted from 0. A line that the log has no more is told so.
    func lines(_ range: Range<Int64>) throws -> [Line] {
        let anchor = range.lowerBound == 0 ? .start : try files.anchor(beforeLineEnd: range.lowerBound, of: task)
        var times = LineTimes(task: task, files: files)
        let lost = max(0, min(anchor.lineEnds, range.upperBound) - range.lowerBound)
        let marker = Line(text: "[... dropped: the log passed its limit ...]", at: try times.at(anchor.offset))
        var found = [Line](repeating: marker, count: Int(lost))
        var skip = max(0, range.lowerBound - anchor.lineEnds)
        var offset = anchor.offset
        let end = try end()
        var line: [UInt8] = []
        var start = offset
        while offset < end, found.count < range.count {
            let piece = try bytes(offset..<min(end, offset + 64 << 10))
            if piece.isEmpty { break }
            var rest = piece[...]
            while let index = rest.firstIndex(of: Self.newline), found.count < range.count {
                line += rest[..<index].prefix(Self.longestLine - line.count)
                if skip > 0 { skip -= 1 } else { found.append(Line(text: Self.text(line), at: try times.at(start))) }
                line = []
                start = offset + Int64(index) + 1
                rest = rest[(index + 1)...]
            }
            line += rest.prefix(Self.longestLine - line.count)
            offset += Int64(piece.count)
        }
        if found.count < range.count, !line.isEmpty, skip == 0 {
            found.append(Line(text: Self.text(line), at: try times.at(start)))
        }
        return found
    }

    private static func text(_ line: [UInt8]) -> String {
        String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line[...], as: UTF8.self)
    }
}

/// When bytes were written, by the index.
private struct LineTimes {
    let task: TaskAddress
    let files: any LogFiles
    private var records: [LogRecord] = []

    init(task: TaskAddress, files: any LogFiles) { (self.task, self.files) = (task, files) }

    mutating func at(_ offset: Int64) throws -> Date {
        if !(records.first.map { $0.range.lowerBound <= offset } ?? false)
            || !(records.last.map { offset < $0.range.upperBound } ?? false)
        {
            // What the index does not tell of yet was written a moment ago.
            records = try files.records(of: task, from: offset, limit: 64, isOver: true)
        }
        return records.first { offset < $0.range.upperBound }?.at ?? Date()
    }
}

/// Times of the server's zone, to the millisecond, after a comma.
enum LogTime {
    static func text(_ date: Date) -> String {
        let milliseconds = date.milliseconds
        var seconds = time_t(milliseconds.flooredQuotient(by: 1000))
        var parts = tm()
        localtime_r(&seconds, &parts)
        func two(_ number: Int32) -> String { (number < 10 ? "0" : "") + String(number) }
        let fraction = String(1000 + (milliseconds - Int64(seconds) * 1000)).dropFirst()
        let day = "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
        return "\(day) \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)),\(fraction)"
    }
}

extension Int64 {
    fileprivate func flooredQuotient(by divisor: Int64) -> Int64 {
        self >= 0 ? self / divisor : -((-self + divisor - 1) / divisor)
    }
}
