package import Foundation
package import MartletCore
import Synchronization

/// Log files in memory: what a test says that tasks wrote.
package final class ScriptedLogs: LogReader, ReportReader {
    private struct Log {
        var bytes: [UInt8] = []
        var records: [LogRecord] = []
    }

    private let logs = Mutex<[TaskAddress: Log]>([:])

    package init() {}

    /// Appends to a task's log, which is made if need be. Without a stream the index does not tell of the bytes.
    package func write(
        _ bytes: [UInt8], _ stream: LogStream?, to task: TaskAddress, at: Date = Date(timeIntervalSince1970: 0)
    ) {
        logs.withLock { logs in
            let start = Int64(logs[task]?.bytes.count ?? 0)
            let range = start..<start + Int64(bytes.count)
            logs[task, default: Log()].bytes += bytes
            if let stream, !bytes.isEmpty { logs[task]?.records.append(LogRecord(.bytes(stream), at: at, range)) }
        }
    }

    package func write(_ text: String, _ stream: LogStream? = .stdout, to task: TaskAddress) {
        write(Array(text.utf8), stream, to: task)
    }

    /// Takes bytes away, which then read as dots.
    package func punch(_ range: Range<Int64>, of task: TaskAddress) {
        logs.withLock { logs in
            guard var log = logs[task] else { return }
            for index in range { log.bytes[Int(index)] = UInt8(ascii: ".") }
            let others = log.records.flatMap { record in
                [record.range.clamped(to: 0..<range.lowerBound), record.range.clamped(to: range.upperBound..<(.max))]
                    .filter { !$0.isEmpty }.map { LogRecord(record.content, at: record.at, $0) }
            }
            let hole = LogRecord(.hole(notice: "gone"), at: Date(timeIntervalSince1970: 0), range)
            log.records = (others + [hole]).sorted { $0.range.lowerBound < $1.range.lowerBound }
            logs[task] = log
        }
    }

    package func records(of task: TaskAddress, from offset: Int64, limit: Int, isOver: Bool) throws -> [LogRecord] {
        guard let log = logs.withLock({ $0[task] }) else { return [] }
        let end = log.records.last?.range.upperBound ?? 0
        let tail = LogRecord(.bytes(.all), at: Date(timeIntervalSince1970: 0), end..<Int64(log.bytes.count))
        let parts = (log.records + (isOver ? [tail] : [])).map {
            LogRecord($0.content, at: $0.at, $0.range.clamped(to: max(0, offset)..<(.max)))
        }
        return Array(parts.lazy.filter { !$0.range.isEmpty }.prefix(limit))
    }

    package func view(of tasks: [TaskAddress], stream: LogStream) throws -> LogView {
        logs.withLock { logs in
            LogView(
                pieces: tasks.map { .bytes($0, offset: 0, length: Int64(logs[$0]?.bytes.count ?? 0)) })
        }
    }

    package func read(_ view: LogView, from offset: Int64, upTo limit: Int) throws -> [UInt8] {
        guard case .bytes(let task, let start, let length) = view.pieces.first, offset < length else { return [] }
        let bytes = logs.withLock { $0[task]?.bytes ?? [] }
        return Array(bytes.dropFirst(Int(start + offset)).prefix(min(limit, Int(length - offset))))
    }

    package func tasks(of run: RunID) throws -> [TaskAddress] {
        logs.withLock { $0.keys.filter { $0.run == run } }.sorted { ($0.attempt, $0.task) < ($1.attempt, $1.task) }
    }

    package func remove(_ run: RunID) throws { logs.withLock { $0 = $0.filter { $0.key.run != run } } }

    package func progressLines(of task: TaskAddress, from offset: Int64) throws -> (lines: [[UInt8]], offset: Int64) {
        ([], offset)
    }
    package func removeProgress(of task: TaskAddress) {}
}
