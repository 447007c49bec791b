import CMartlet
import Glibc
import KeeperProtocol

/// The side file that tells which stream wrote what when. Joins writes of one stream within 100 ms or 64 KiB.
struct LogIndex {
    private static let longestSpan: Int64 = 100
    private static let longestRecord: UInt32 = 65_536
    private static let bufferSize = 4096

    private let path: String
    private var descriptor: Int32 = -1
    private var pending: LogIndexRecord?
    private var pendingSince: Int64 = 0
    private var unwrittenSince: Int64 = 0
    private var buffer: [UInt8] = []
    /// Bytes in the file, holes included.
    private var written: Int64 = 0
    private var punched: Int64 = 0
    /// Where the first block that describes the tail begins; set with the end of the head.
    private var tailStart: Int64?
    /// For each whole block from `tailStart` on that is not punched: the log offset its records reach to.
    private var blocks: [Int64] = []
    private static let block: Int64 = 4096

    init(path: String) { self.path = path }

    /// Bytes on disk, or about to be.
    var size: Int64 { written + Int64(buffer.count) - punched }
    var due: Int64? { pending == nil && buffer.isEmpty ? nil : unwrittenSince + Self.longestSpan }

    mutating func add(_ offset: Int64, _ length: UInt32, _ stream: LogIndexRecord.Stream, lines: Int64) {
        let now = mt_boot_milliseconds()
        if var record = pending, record.stream == stream, record.length < Self.longestRecord,
            now - pendingSince < Self.longestSpan, record.offset + Int64(record.length) == offset
        {
            record.length += length
            record.lines = lines
            pending = record
            return
        }
        close()
        if buffer.isEmpty { unwrittenSince = now }
        pendingSince = now
        pending = LogIndexRecord(
            time: mt_wall_milliseconds(), offset: offset, length: length, stream: stream, kind: .data, lines: lines)
    }

    mutating func addHole(from start: Int64, to end: Int64, limit: Int64) {
        close()
        LogIndexRecord.hole(from: start, to: end, at: mt_wall_milliseconds(), limit: limit).append(to: &buffer)
        write()
    }

    mutating func flush() {
        close()
        write()
    }

    /// Moves the pending record to the buffer.
    private mutating func close() {
        guard let record = pending else { return }
        pending = nil
        record.append(to: &buffer)
        noteBlocks(reaching: record.offset + Int64(record.length))
        if buffer.count >= Self.bufferSize { write() }
    }

    private mutating func write() {
        guard !buffer.isEmpty else { return }
        defer { buffer.removeAll(keepingCapacity: true) }
        if descriptor < 0 { descriptor = mt_openat(AT_FDCWD, path, O_CREAT | O_WRONLY, 0o600) }
        // A part that cannot be stored leaves bytes without an entry: they are shown as of an unknown stream.
        let count = buffer.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, Int(written)) }
        if count == buffer.count { written += Int64(count) }
    }
}

extension LogIndex {
    /// From here on, entries describe bytes that may be dropped later.
    mutating func beginTail() {
        flush()
        tailStart = (written + Self.block - 1) / Self.block * Self.block
    }

    private mutating func noteBlocks(reaching end: Int64) {
        guard let start = tailStart else { return }
        let block = Int((written + Int64(buffer.count) - 1 - start) / Self.block) - punchedBlocks
        guard written + Int64(buffer.count) > start, block >= 0 else { return }
        while blocks.count <= block { blocks.append(end) }
        blocks[block] = end
    }

    private var punchedBlocks: Int { Int(punched / Self.block) }

    /// The log offset up to which the oldest punchable block reaches; nil when there is none.
    var oldestBlockEnd: Int64? { blocks.count > 2 ? blocks.first : nil }

    /// Frees the blocks that describe only bytes before `end`. The last two stay: they hold the newest hole.
    mutating func punch(before end: Int64) {
        guard let start = tailStart else { return }
        var count = 0
        while blocks.count - count > 2 && blocks[count] <= end { count += 1 }
        guard count > 0, mt_punch_hole(descriptor, start + punched, Int64(count) * Self.block) == 0 else { return }
        punched += Int64(count) * Self.block
        blocks.removeFirst(count)
    }
}
