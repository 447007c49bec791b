import Foundation
import KeeperProtocol
package import MartletCore

extension FileLogReader {
    package func records(
        of task: TaskAddress, from offset: Int64, limit: Int, isOver: Bool
    ) throws -> [LogRecord] {
        guard let log = TaskLog(task, in: paths) else { return [] }
        var walk = RecordWalk(from: max(0, offset), limit: limit)
        // The index before the size: every entry describes bytes that are in the log already.
        if let file = log.openIndex() {
            let index = LogIndexFile(file)
            let end = log.end
            if log.mayHaveHoles, let hole = index.newestHole() { walk.pass(hole, index) }
            walk.take(index, upTo: end)
        }
        if isOver { walk.fill(upTo: log.end, at: log.modifiedAt) }
        return walk.records
    }
}

/// Turns entries of an index, which a task may have written itself, into records that ascend without overlap.
private struct RecordWalk {
    private(set) var records: [LogRecord] = []
    private var offset: Int64
    private let limit: Int

    init(from offset: Int64, limit: Int) {
        self.offset = offset
        self.limit = limit
    }

    private var isFull: Bool { records.count >= limit }

    mutating func take(_ index: borrowing LogIndexFile, upTo end: Int64) {
        guard offset < end else { return }
        var number = index.firstEntry(reaching: offset)
        while number < index.count, offset < end, !isFull {
            let entries = index.entries(from: number)
            for case let entry? in entries where entry.kind == .data { take(entry, upTo: end) }
            number = index.next(after: number, entries)
        }
    }

    private mutating func take(_ entry: LogIndexRecord, upTo end: Int64) {
        let at = Date(entry: entry)
        fill(upTo: min(entry.offset, end), at: at)
        let stream: LogStream =
            switch entry.stream {
            case .unknown: .all
            case .stdout: .stdout
            case .stderr: .stderr
            }
        append(.bytes(stream), upTo: min(entry.end, end), at: at)
    }

    /// What is before the hole, and the hole itself.
    mutating func pass(_ hole: LogIndexRecord, _ index: borrowing LogIndexFile) {
        guard offset < hole.lines else { return }
        let at = Date(entry: hole)
        take(index, upTo: hole.offset)
        fill(upTo: hole.offset, at: at)
        append(.hole(notice: FileLogReader.notice(hole, dropped: hole.lines - offset)), upTo: hole.lines, at: at)
    }

    /// Bytes that no entry tells of.
    mutating func fill(upTo end: Int64, at: Date) { append(.bytes(.all), upTo: end, at: at) }

    private mutating func append(_ content: LogRecord.Content, upTo end: Int64, at: Date) {
        guard end > offset, !isFull else { return }
        records.append(LogRecord(content, at: at, offset..<end))
        offset = end
    }
}

extension Date {
    /// Bounded to four-digit years, whatever the file holds.
    fileprivate init(entry: LogIndexRecord) {
        self.init(milliseconds: min(max(entry.time, 0), 253_402_300_799_999))
    }
}
