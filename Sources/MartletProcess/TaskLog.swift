import CMartlet
import Foundation
import KeeperProtocol
import MartletCore

/// The log files of one task: one file, or a head and segments where the file system knows no holes.
struct TaskLog: ~Copyable {
    private let directory: RunDirectory
    private let task: TaskAddress
    private let head: Descriptor
    /// Log offsets at which segment files begin, ascending.
    private let segments: [Int64]

    /// Nil when the task wrote nothing.
    init?(_ task: TaskAddress, in paths: RunPaths) {
        guard let directory = RunDirectory(task.run, in: paths), let head = directory.open(.log, of: task) else {
            return nil
        }
        let prefix = RunPaths.name(.log, of: task) + "."
        segments = directory.names().filter { $0.hasPrefix(prefix) }.compactMap { Int64($0.dropFirst(prefix.count)) }
            .sorted()
        self.directory = directory
        self.head = head
        self.task = task
    }

    /// Where the log ends; bytes that became a hole count.
    var end: Int64 {
        guard let start = segments.last, let last = segment(start) else { return head.size }
        return start + last.size
    }

    /// When a byte was written last.
    var modifiedAt: Date {
        if let start = segments.last, let last = segment(start) { return last.modifiedAt }
        return head.modifiedAt
    }

    func openIndex() -> Descriptor? { directory.open(.index, of: task) }

    /// Whether bytes may be missing, told without reading the index.
    var mayHaveHoles: Bool {
        var info = stat()
        return !segments.isEmpty || fstat(head.number, &info) != 0
            || Int64(info.st_blocks) * 512 < Int64(info.st_size)
    }

    /// Up to `count` bytes; fewer where a file ends. What is gone by now is filled with dots, never zeros.
    func read(from offset: Int64, count: Int) -> [UInt8] {
        guard let start = segments.last(where: { $0 <= offset }) else {
            let limit = segments.first.map { Int(clamping: $0 - offset) } ?? count
            if offset >= head.size { return Self.filler(min(count, limit)) }
            return read(head, from: offset, count: min(count, limit))
        }
        guard let file = segment(start) else { return Self.filler(count) }
        return read(file, from: offset - start, count: count)
    }

    private func read(_ file: borrowing Descriptor, from offset: Int64, count: Int) -> [UInt8] {
        var bytes = file.read(from: offset, count: count)
        guard bytes.contains(0) else { return bytes }
        var position = 0
        while position < bytes.count {
            let data = mt_seek_data(file.number, offset + Int64(position))
            if data < 0 && errno != ENXIO { return bytes }
            let holeEnd = data < 0 ? bytes.count : min(bytes.count, Int(clamping: data - offset))
            if holeEnd > position { bytes.replaceSubrange(position..<holeEnd, with: Self.filler(holeEnd - position)) }
            // To the next hole, if one begins within these bytes.
            let next = lseek(file.number, Int(offset) + holeEnd, Int32(4))  // SEEK_HOLE
            if next < 0 { return bytes }
            position = max(holeEnd + 1, Int(next) - Int(offset))
        }
        return bytes
    }

    private static func filler(_ count: Int) -> [UInt8] {
        guard count > 0 else { return [] }
        return [UInt8](repeating: UInt8(ascii: "."), count: count - 1) + [UInt8(ascii: "\n")]
    }

    private func segment(_ start: Int64) -> Descriptor? { directory.open("\(RunPaths.name(.log, of: task)).\(start)") }
}

extension TaskLog {
    /// What an index tells, reduced to what a view needs.
    struct Index {
        /// Ranges of the wanted stream, ascending, neighbours joined.
        var ranges: [Range<Int64>] = []
        /// The newest one contains all others.
        var hole: LogIndexRecord?

        mutating func add(_ record: LogIndexRecord, wanted: LogIndexRecord.Stream?) {
            if record.kind == .hole {
                hole = record
            } else if record.stream == wanted {
                let range = record.offset..<(record.offset + Int64(record.length))
                if let last = ranges.last, last.upperBound == range.lowerBound {
                    ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
                } else {
                    ranges.append(range)
                }
            }
        }
    }

    /// `wanted` nil: only the hole is asked for.
    func index(wanted: LogIndexRecord.Stream?) -> Index {
        var index = Index()
        guard let file = openIndex() else { return index }
        var offset: Int64 = 0
        while true {
            let bytes = file.read(from: offset, count: 1 << 20)
            bytes.withUnsafeBytes { buffer in
                for start in stride(from: 0, through: buffer.count - LogIndexRecord.size, by: LogIndexRecord.size) {
                    let entry = UnsafeRawBufferPointer(rebasing: buffer[start..<(start + LogIndexRecord.size)])
                    if let record = LogIndexRecord(entry) { index.add(record, wanted: wanted) }
                }
            }
            if bytes.count < 1 << 20 { return index }
            offset += Int64(bytes.count)
        }
    }
}
