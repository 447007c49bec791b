import Foundation
import KeeperProtocol
package import MartletCore

/// Reads what keepers and tasks leave in run directories.
package struct FileLogReader: LogReader, ReportReader {
    package let paths: RunPaths
    private static let longestRead = 256 << 10

    package init(dataDirectory: String) { paths = RunPaths(dataDirectory: dataDirectory) }

    package func view(of tasks: [TaskAddress], stream: LogStream) throws -> LogView {
        LogView(pieces: tasks.flatMap { pieces(of: $0, stream) })
    }

    private func pieces(of task: TaskAddress, _ stream: LogStream) -> [LogPiece] {
        guard let log = TaskLog(task, in: paths) else { return [] }
        // The index before the size: every entry describes bytes that are in the log already.
        let wanted: LogIndexRecord.Stream? =
            switch stream {
            case .all: nil
            case .stdout: .stdout
            case .stderr: .stderr
            }
        let index = wanted != nil || log.mayHaveHoles ? log.index(wanted: wanted) : TaskLog.Index()
        let ranges = wanted == nil ? [0..<log.end] : index.ranges
        guard let hole = index.hole else { return ranges.compactMap { Self.piece(task, $0) } }
        let before = ranges.compactMap { Self.piece(task, $0.clamped(to: 0..<hole.offset)) }
        let after = ranges.compactMap { Self.piece(task, $0.clamped(to: hole.lines..<max(hole.lines, log.end))) }
        return before + [.marker(Self.marker(hole, after: before.last, log))] + after
    }

    private static func piece(_ task: TaskAddress, _ range: Range<Int64>) -> LogPiece? {
        range.isEmpty ? nil : .bytes(task, offset: range.lowerBound, length: range.upperBound - range.lowerBound)
    }

    /// A line of its own, also when the bytes before it end within one.
    private static func marker(_ hole: LogIndexRecord, after piece: LogPiece?, _ log: borrowing TaskLog) -> String {
        var isLineStart = true
        if case .bytes(_, let offset, let length) = piece {
            isLineStart = log.read(from: offset + length - 1, count: 1) == [UInt8(ascii: "\n")]
        }
        let text = notice(hole, dropped: hole.lines - hole.offset) + "\n"
        return isLineStart ? text : "\n\(text)"
    }

    static func notice(_ hole: LogIndexRecord, dropped: Int64) -> String {
        "[... \(dropped) bytes dropped here, the log passed its limit of \(hole.length) KiB ...]"
    }

    package func read(_ view: LogView, from offset: Int64, upTo limit: Int) throws -> [UInt8] {
        var start: Int64 = 0
        for piece in view.pieces {
            let inside = offset - start
            start += piece.length
            guard offset < start, inside >= 0 else { continue }
            let count = Int(min(piece.length - inside, Int64(min(max(limit, 0), Self.longestRead))))
            switch piece {
            case .marker(let text): return Array(Array(text.utf8)[Int(inside)...].prefix(count))
            case .bytes(let task, let first, _):
                guard let log = TaskLog(task, in: paths) else {
                    throw MartletError(.notFound, "the log of \(task) is gone")
                }
                return log.read(from: first + inside, count: count)
            }
        }
        return []
    }

    package func tasks(of run: RunID) throws -> [TaskAddress] {
        guard let directory = RunDirectory(run, in: paths) else { return [] }
        let suffix = ".\(RunPaths.FileKind.control.rawValue)"
        let numbers = directory.names().filter { $0.hasSuffix(suffix) }.map {
            $0.dropLast(suffix.count).split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
        }
        return numbers.compactMap { pair in
            guard pair.count == 2, let attempt = pair[0], let task = pair[1] else { return nil }
            return TaskAddress(run: run, attempt: attempt, task: task)
        }.sorted { ($0.attempt, $0.task) < ($1.attempt, $1.task) }
    }

    package func remove(_ run: RunID) throws {
        let path = paths.directory(of: run)
        do { try FileManager.default.removeItem(atPath: path) } catch {
            var info = stat()
            guard lstat(path, &info) == 0 else { return }
            throw MartletError(.internal, "the files of run \(run) cannot be removed", cause: error)
        }
    }
}
