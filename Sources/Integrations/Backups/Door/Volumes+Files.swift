import Foundation
package import MartletCore
import MartletEngine

extension Volumes {
    /// Entries of one directory of a version.
    package struct Listing: Sendable {
        /// `{name, type, size, modifiedAt, mode, uid, gid}` each.
        package let items: [JSONValue]
        /// Where the next page begins; nil at the end.
        package let next: Int64?
    }

    /// How long a first look into a directory may take.
    private static let patience = TimeSpan.seconds(60)

    /// `path`: from the volume's root. `offset`: `next` of the page before. A directory is read from the repository once:
    /// a version never changes. Throws `notFound` for a path that the version does not have.
    package func list(
        _ version: VolumeVersion, path: String, from offset: Int64? = nil, limit: Int = 100, by caller: Caller
    ) async throws -> Listing {
        if let problem = PathPattern.problem(path) { throw Self.invalid("path", problem) }
        let path = PathPattern.normal(path)
        let file = ListingFile(
            path: path,
            file:
                "\(box.settings.listings)/\(version.volume.app)-\(version.content.snapshot)-\(Self.code(of: path)).jsonl"
        )
        if let listing = try file.page(from: offset, limit: limit) { return listing }
        try await read(version, path, into: file.file, by: caller)
        guard let listing = try file.page(from: offset, limit: limit) else {
            throw MartletError(.unavailable, "the listing was removed while it was read; try again")
        }
        return listing
    }

    /// A run like any other. Whoever may see the volume may look into it: the run needs no right of its own.
    private func read(_ version: VolumeVersion, _ path: String, into file: String, by caller: Caller) async throws {
        let app = version.volume.app
        let work = VolumeWork(
            operation: .list, app: app,
            list: ListWork(snapshot: version.content.snapshot, path: path, file: file))
        let accepted = try await submit(
            jobs.work(work, of: version.volume), key: nil, by: Caller(trigger: caller.trigger, rights: .all))
        guard let id = accepted.ids.first else { throw MartletError(.internal, "a run has no id") }
        let run = try await control.wait(for: id, upTo: Self.patience)
        guard run.state.isEnd else {
            throw MartletError(.unavailable, "the repository is busy; run \(id) goes on, try again later")
        }
        guard run.state == .succeeded else {
            if run.report.results["error"] == "notFound" {
                throw MartletError(.notFound, "the version \(version.name) has no \(path)")
            }
            throw MartletError(.unavailable, "run \(id): \(run.reason.sentence(.en).text)")
        }
    }

    static func invalid(_ field: String, _ problem: String) -> MartletError {
        MartletError(.invalid, "the request is not valid", problems: [FieldProblem(field: field, problem: problem)])
    }

    /// FNV-1a, twice: a file's name. The file says itself which path it is of.
    private static func code(of path: String) -> String {
        func hash(_ seed: UInt64) -> UInt64 { path.utf8.reduce(seed) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 } }
        return String(hash(0xcbf2_9ce4_8422_2325), radix: 16) + String(hash(0x9e37_79b9_7f4a_7c15), radix: 16)
    }
}

/// The lines that a worker wrote: the path, then one entry each.
struct ListingFile {
    let path: String
    let file: String

    /// Nil when there is no such file, or when it is of another path.
    func page(from offset: Int64?, limit: Int) throws -> Volumes.Listing? {
        guard let handle = FileHandle(forReadingAtPath: file) else { return nil }
        defer { try? handle.close() }
        let head = Array((SpecCoding.text(JSONValue.string(path)) + "\n").utf8)
        guard try handle.read(upToCount: head.count).map(Array.init) == head else { return nil }
        let start = offset ?? Int64(head.count)
        let size = try handle.seekToEnd()
        guard start >= Int64(head.count), start <= Int64(size) else { throw Self.wrongCursor }
        try handle.seek(toOffset: UInt64(start - 1))
        guard try handle.read(upToCount: 1)?.first == 0x0A else { throw Self.wrongCursor }
        return try page(handle, start, Int64(size), limit)
    }

    private func page(_ handle: FileHandle, _ start: Int64, _ size: Int64, _ limit: Int) throws -> Volumes.Listing {
        var items: [JSONValue] = []
        var position = start
        var rest: [UInt8] = []
        while items.count < limit, let more = try handle.read(upToCount: 64 << 10), !more.isEmpty {
            rest += more
            while items.count < limit, let end = rest.firstIndex(of: 0x0A) {
                items.append(try JSONParser.parse(Array(rest[..<end])))
                position += Int64(end + 1)
                rest.removeFirst(end + 1)
            }
        }
        return Volumes.Listing(items: items, next: position < size ? position : nil)
    }

    private static var wrongCursor: MartletError {
        Volumes.invalid("cursor", "is not one of this listing; take it from `next` of the page before")
    }
}
