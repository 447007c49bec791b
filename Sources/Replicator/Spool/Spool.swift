package import Foundation
internal import Glibc
internal import SQLClient

/// Binlog that waits on disk until it is applied: numbered segments, each written once from its start to its end, and removed
/// whole. One writer and one cursor, in one process or in two. A process that dies leaves a spool that the next one goes on with.
package final class Spool: Sendable {
    struct State: Sendable {
        /// Sizes by number; the last one grows.
        var segments: [Int: Int] = [:]
        /// Grows whenever there may be something new.
        var changes = 0
        /// Why nothing more comes.
        var end: (any Error)?
        var isEnded = false
    }

    package let folder: URL
    /// In bytes; a single transaction may be longer.
    package let limit: Int
    let segmentSize: Int
    /// Writer and cursor are in two processes: what the other one does is seen on the disk only.
    package let isShared: Bool
    let state = Monitor(State())

    /// Makes the folder, or finds what is in it.
    package init(_ folder: URL, limit: Int, isShared: Bool = false) throws {
        self.isShared = isShared
        self.folder = folder
        self.limit = limit
        segmentSize = min(64 << 20, limit / 4)
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        refresh()
    }

    package var bytes: Int { state.withLock { $0.segments }.values.reduce(0, +) }

    var numbers: [Int] { state.withLock { $0.segments }.keys.sorted() }

    func path(_ number: Int) -> String { folder.appendingPathComponent("\(number).spool").path }

    /// Looks at the disk: the other process may have written or removed segments.
    func refresh() {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        var found: [Int: Int] = [:]
        for name in names where name.hasSuffix(".spool") {
            guard let number = Int(name.dropLast(6)), number > 0 else { continue }
            var facts = stat()
            if stat(path(number), &facts) == 0 { found[number] = Int(facts.st_size) }
        }
        let segments = found
        state.withLock { state in
            if state.segments != segments { state.changes += 1 }
            state.segments = segments
        }
    }

    /// Removes everything.
    package func clear() throws {
        refresh()
        for number in numbers { try FileManager.default.removeItem(atPath: path(number)) }
        refresh()
    }

    /// Removes what is applied; a file that is gone already is as good.
    func remove(before number: Int) {
        for old in numbers where old < number { unlink(path(old)) }
        state.withLock { state in
            state.segments = state.segments.filter { $0.key >= number }
            state.changes += 1
        }
    }

    /// Removes a segment that says nothing.
    func drop(_ number: Int) {
        unlink(path(number))
        state.withLock { state in _ = state.segments.removeValue(forKey: number) }
    }

    func grow(_ number: Int, to size: Int) {
        state.withLock { state in
            state.segments[number] = size
            state.changes += 1
        }
    }

    /// The cursor gets the error once it has read everything.
    package func finish(_ error: (any Error)?) {
        state.withLock { state in
            state.isEnded = true
            state.end = error
            state.changes += 1
        }
    }

    /// A new writer begins after one that was ended.
    func reopen() {
        state.withLock { state in
            state.isEnded = false
            state.end = nil
        }
    }

    /// Whether everything after the set is in it or behind it: it was read from that server and begins early enough.
    func begins(by executed: ExecutedSet, from origin: String) -> Bool {
        guard let beginning = beginning() else { return false }
        return beginning.origin == origin && executed.isSuperset(of: beginning.executed)
    }

    /// Why nothing more comes, where that is known.
    package var ending: (any Error)? { state.withLock { $0.end } }

    /// The set at the first segment's start and where that was read from; nil: the spool is empty or its start is damaged.
    package func beginning() -> (executed: ExecutedSet, origin: String)? {
        guard let first = numbers.first, let start = try? SpoolSegment(path(first), number: first).start(),
            let set = try? start.set()
        else { return nil }
        return (set, start.origin)
    }
}
