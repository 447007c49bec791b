import CMartlet
import Glibc
import KeeperProtocol

/// Keeps a log and its index within a number of bytes: the head and the newest tail survive, what is between
/// becomes a hole, so that offsets stay true. A file system without holes gets segment files instead.
struct LogCap {
    private static let smallest: Int64 = 65_536
    private static let longestHead: Int64 = 1 << 20
    private static let block: Int64 = 4096

    private let bytes: Int64
    private let head: Int64
    /// How much is freed at once.
    private let step: Int64
    /// Both nil until the log has passed its head.
    private var headEnd: Int64?
    private var holeEnd: Int64 = 0
    private var segments: LogSegments?

    init(bytes: Int64) {
        self.bytes = max(bytes, Self.smallest)
        head = min(Self.longestHead, self.bytes / 4) / Self.block * Self.block
        step = max(Self.block, self.bytes / 16 / Self.block * Self.block)
    }

    /// Cheap test before every `enforce`.
    func isPassed(log: Int64, index: Int64) -> Bool {
        guard headEnd != nil else { return log >= head || log + index >= bytes / 2 }
        if let segments { return segments.isFull(log) }
        return kept(log, index) > bytes
    }

    private func kept(_ log: Int64, _ index: Int64) -> Int64 { log - (holeEnd - (headEnd ?? holeEnd)) + index }

    mutating func enforce(log descriptor: inout Int32, basePath: String, offset: Int64, index: inout LogIndex) {
        guard let headEnd else {
            endHead(descriptor, offset, &index)
            // Without holes the tail goes to segments from the first byte on.
            if segments != nil { switchSegment(&descriptor, basePath, offset, &index) }
            return
        }
        if segments != nil {
            switchSegment(&descriptor, basePath, offset, &index)
        } else {
            punch(descriptor, headEnd, offset, &index)
        }
    }

    private mutating func endHead(_ descriptor: Int32, _ offset: Int64, _ index: inout LogIndex) {
        index.beginTail()
        let beyond = (offset / Self.block + 1) * Self.block
        // Beyond the end there is nothing to lose: this only asks whether holes are possible.
        if HoleSupport.isMissing || mt_punch_hole(descriptor, beyond, Self.block) != 0 {
            segments = LogSegments(length: max(Self.block, (bytes - offset - index.size) / 3))
        }
        headEnd = segments == nil ? min(offset, head) / Self.block * Self.block : offset
        holeEnd = headEnd ?? offset
    }

    /// Lists the hole before it is made: read in between, it hides bytes that are still there, never zeros.
    private mutating func punch(_ descriptor: Int32, _ headEnd: Int64, _ offset: Int64, _ index: inout LogIndex) {
        var end = holeEnd
        let excess = kept(offset, index.size) - bytes + step
        end = min((end + excess) / Self.block * Self.block, offset)
        // When entries outweigh bytes, whole blocks of entries go, with the bytes they describe.
        if let oldest = index.oldestBlockEnd, index.size > bytes / 4 { end = min(offset, max(end, oldest)) }
        guard end > holeEnd else { return }
        index.addHole(from: headEnd, to: end, limit: bytes)
        guard mt_punch_hole(descriptor, holeEnd, end - holeEnd) == 0 else { return }
        holeEnd = end
        index.punch(before: end)
    }

    private mutating func switchSegment(
        _ descriptor: inout Int32, _ basePath: String, _ offset: Int64, _ index: inout LogIndex
    ) {
        guard let headEnd, let oldest = segments?.next(&descriptor, basePath, offset) else { return }
        guard oldest > holeEnd else { return }
        holeEnd = oldest
        index.addHole(from: headEnd, to: oldest, limit: bytes)
        segments?.removeOutdated(basePath)
    }
}

/// `<base>.log.<offset>`: parts of a tail where holes are impossible; the newest two are kept.
struct LogSegments {
    private let length: Int64
    private var starts: [Int64] = []
    private var outdated: [Int64] = []

    init(length: Int64) { self.length = length }

    func isFull(_ offset: Int64) -> Bool { offset - (starts.last ?? 0) >= length }

    /// Goes on in a new file; returns the offset at which the kept tail begins.
    mutating func next(_ descriptor: inout Int32, _ basePath: String, _ offset: Int64) -> Int64? {
        let path = "\(basePath).log.\(offset)"
        let fd = mt_openat(AT_FDCWD, path, O_CREAT | O_EXCL | O_WRONLY | O_APPEND, 0o600)
        guard fd >= 0 else { return nil }
        close(descriptor)
        descriptor = fd
        starts.append(offset)
        while starts.count > 2 { outdated.append(starts.removeFirst()) }
        return starts.first
    }

    mutating func removeOutdated(_ basePath: String) {
        for start in outdated { unlink("\(basePath).log.\(start)") }
        outdated.removeAll()
    }
}

/// Whether to act as on a file system without holes: for tests, in debug builds only.
enum HoleSupport {
    static var isMissing: Bool {
        #if DEBUG
            getenv("MARTLET_KEEPER_NO_HOLES") != nil
        #else
            false
        #endif
    }
}
