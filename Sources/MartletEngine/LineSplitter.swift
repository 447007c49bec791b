import Foundation
import MartletCore

/// Cuts the log of one task into lines. A line has bytes of one stream only, and stands where its LF stands.
struct LineSplitter: Sendable {
    static let longestLine = 64 << 10

    let task: TaskAddress
    /// Everything before this offset of the log was taken.
    private(set) var offset: Int64
    /// By ``LogStream/place``.
    private var open: [Beginning]

    /// The beginning of a line whose end has not come.
    private struct Beginning: Sendable {
        /// Bytes of the stream before this offset were handed out.
        var handed: Int64
        var text: [UInt8] = []
        var start: Int64 = 0
        var at = Date(timeIntervalSince1970: 0)

        /// How far the stream is handed out when the log was taken up to `offset`.
        func handed(of offset: Int64) -> Int64 { text.isEmpty ? max(handed, offset) : start }
    }

    init(_ task: TaskAddress, after position: LogPosition? = nil) {
        self.task = task
        let handed = (stdout: position?.stdout ?? 0, stderr: position?.stderr ?? 0)
        offset = min(handed.stdout, handed.stderr)
        open = [handed.stdout, handed.stderr, offset].map { Beginning(handed: $0) }
    }

    /// The part of `record` that is still to be taken; nil when there is none.
    func untaken(_ record: LogRecord) -> LogRecord? {
        var start = max(record.range.lowerBound, offset)
        if case .bytes(let stream) = record.content { start = max(start, open[stream.place].handed) }
        guard start < record.range.upperBound else { return nil }
        return LogRecord(record.content, at: record.at, start..<record.range.upperBound)
    }

    /// Passes over what needs no taking.
    mutating func skip(to offset: Int64) { self.offset = max(self.offset, offset) }

    /// Takes `bytes` of `stream` that begin at offset `start`.
    mutating func take(
        _ bytes: ArraySlice<UInt8>, of stream: LogStream, at: Date, from start: Int64, into lines: inout [LogLine]
    ) {
        separate(stream, &lines)
        var rest = bytes
        offset = start
        while !rest.isEmpty {
            let room = Self.longestLine - open[stream.place].text.count
            let end = Self.lineEnd(in: rest.prefix(room + 1))
            let part = rest[rest.startIndex..<(end ?? min(rest.startIndex + room, rest.endIndex))]
            append(part, to: stream, at)
            rest = rest[part.endIndex...].dropFirst(end == nil ? 0 : 1)
            offset += Int64(part.count) + (end == nil ? 0 : 1)
            if end != nil || !rest.isEmpty { hand(out: stream, isWhole: end != nil, at, &lines) }
        }
    }

    /// Gives a line that tells what is missing, and goes on after it.
    mutating func take(_ hole: LogRecord, notice: String, into lines: inout [LogLine]) {
        finish(&lines)
        offset = hole.range.upperBound
        open[LogStream.all.place].text = Array(notice.utf8)
        open[LogStream.all.place].at = hole.at
        hand(out: .all, isWhole: true, hole.at, &lines)
        lines[lines.count - 1].isHole = true
    }

    /// Nothing more comes: gives what has no line end.
    mutating func finish(_ lines: inout [LogLine]) {
        let left = LogStream.allCases.filter { !open[$0.place].text.isEmpty }
        for stream in left.sorted(by: { open[$0.place].start < open[$1.place].start }) {
            hand(out: stream, isWhole: false, open[stream.place].at, &lines)
        }
    }

    /// Bytes of nobody knows which stream end every line, and every line ends before others come.
    private mutating func separate(_ stream: LogStream, _ lines: inout [LogLine]) {
        let mustEnd = LogStream.allCases.contains {
            !open[$0.place].text.isEmpty && ($0 == .all) != (stream == .all)
        }
        if mustEnd { finish(&lines) }
    }
}

extension LineSplitter {
    private static func lineEnd(in bytes: ArraySlice<UInt8>) -> Int? {
        bytes.withUnsafeBytes { buffer in
            guard let start = buffer.baseAddress, let found = memchr(start, 0x0A, buffer.count) else { return nil }
            return bytes.startIndex + start.distance(to: found)
        }
    }

    private mutating func append(_ part: ArraySlice<UInt8>, to stream: LogStream, _ at: Date) {
        guard !part.isEmpty else { return }
        if open[stream.place].text.isEmpty {
            open[stream.place].start = offset
            open[stream.place].at = at
        }
        open[stream.place].text += part
    }

    private mutating func hand(out stream: LogStream, isWhole: Bool, _ at: Date, _ lines: inout [LogLine]) {
        let line = open[stream.place]
        open[stream.place].text = []
        open[stream.place].handed = offset
        let position = LogPosition(
            task, stdout: open[LogStream.stdout.place].handed(of: offset),
            stderr: open[LogStream.stderr.place].handed(of: offset))
        lines.append(
            LogLine(
                task: task, stream: stream, at: line.text.isEmpty ? at : line.at, text: line.text, isWhole: isWhole,
                position: position))
    }
}

extension LogStream {
    fileprivate var place: Int {
        switch self {
        case .stdout: 0
        case .stderr: 1
        case .all: 2
        }
    }
}
