import CMartlet
import KeeperProtocol
package import MartletCore

extension FileLogReader {
    package func anchor(beforeLineEnd number: Int64, of task: TaskAddress) throws -> LogAnchor {
        guard let log = TaskLog(task, in: paths), let descriptor = log.openIndex() else { return .start }
        let index = LogIndexFile(descriptor)
        guard let entry = index.firstEntry(withLineEnds: number) ?? index.lastEntry() else { return .start }
        if entry.lines < number { return LogAnchor(offset: entry.end, lineEnds: entry.lines) }
        // What the cap has taken of it does not count.
        let start = max(entry.offset, log.mayHaveHoles ? index.newestHole().map(\.lines) ?? 0 : 0)
        guard start < entry.end else { return LogAnchor(offset: entry.end, lineEnds: entry.lines) }
        let bytes = log.read(from: start, count: Int(entry.end - start))
        let count = bytes.withUnsafeBytes { mt_count_newlines($0.baseAddress, $0.count) }
        return LogAnchor(offset: start, lineEnds: max(0, entry.lines - Int64(count)))
    }

    package func events(of task: TaskAddress, from offset: Int64, upTo limit: Int) throws -> [UInt8] {
        guard offset >= 0, let directory = RunDirectory(task.run, in: paths),
            let file = directory.open(.events, of: task)
        else { return [] }
        return file.read(from: offset, count: min(max(limit, 0), 1 << 20))
    }
}

extension LogIndexFile {
    /// The first data entry up to whose end the log has at least so many line ends.
    func firstEntry(withLineEnds number: Int64) -> LogIndexRecord? { first(where: { $0.lines >= number }) }

    func lastEntry() -> LogIndexRecord? {
        var end = count
        while end > 0 {
            let start = max(0, end - 128)
            if let entry = entries(from: start, limit: end - start).last(where: { $0?.kind == .data }) { return entry }
            end = start
        }
        return nil
    }
}
