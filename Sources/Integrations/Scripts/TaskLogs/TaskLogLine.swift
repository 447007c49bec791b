import Foundation
import MartletCore
import MartletEngine
import MartletHTTP

/// A line as it stands in a task log: `<time> <run> <stream> <text>`, with its end.
enum TaskLogLine {
    /// The lengths of `2026-01-01T00:00:00.000Z ` and of a run's id.
    private static let (timeLength, runLength) = (25, 36)

    /// Lines of one run.
    static func bytes(_ lines: [LogLine], of run: RunID) -> [[UInt8]] {
        let id = Array(" \(run) ".utf8)
        var last: (at: Date, text: [UInt8])?
        return lines.map { line in
            let time = last.flatMap { $0.at == line.at ? $0.text : nil } ?? Array(Timestamp.text(line.at).utf8)
            last = (line.at, time)
            let hasCR = line.isWhole && line.text.last == UInt8(ascii: "\r")
            return time + id + stream(line) + line.text.dropLast(hasCR ? 1 : 0) + [UInt8(ascii: "\n")]
        }
    }

    /// Bytes of nobody knows which stream, and what the cap dropped, were most likely the output.
    private static func stream(_ line: LogLine) -> [UInt8] {
        Array((line.stream == .stderr ? "stderr " : "stdout ").utf8)
    }

    /// Whose a line without its end is.
    static func run(of line: ArraySlice<UInt8>) -> RunID? {
        RunID(String(decoding: line.dropFirst(timeLength).prefix(runLength), as: UTF8.self))
    }
}
