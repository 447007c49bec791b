import Foundation
import MartletCore

/// Removes versions from the repository, and the data that only they needed.
struct RemoveStep {
    let context: WorkContext
    let work: RemoveWork

    func run() throws {
        let lock = try RepositoryLock(.exclusive, context.lockFile, context.output)
        defer { lock.release() }
        let restic = Restic(context: context)
        context.output.progress(0.1, "removing \(work.items.count) versions")
        try restic.unlock()
        try proveRepository(restic)
        // An id that is not there any more is no error: it was removed by a run that was cut short.
        for chunk in stride(from: 0, to: work.items.count, by: 500) {
            try restic.forget(work.items[chunk..<min(chunk + 500, work.items.count)].map(\.snapshot))
        }
        let left = try restic.snapshots()
        let gone = work.items.filter { item in !left.contains { $0.id.hasPrefix(item.snapshot) } }
        context.output.result("removed", .array(gone.map { .int($0.number) }))
        guard gone.count == work.items.count else {
            throw WorkFailure("engine", "\(work.items.count - gone.count) versions are still there")
        }
        context.output.progress(0.5, "freeing what only they needed")
        try restic.prune()
        context.output.progress(1, "removed \(gone.count) versions")
    }
}

extension RemoveStep {
    /// Ids that another repository does not have would look as if they were removed.
    private func proveRepository(_ restic: Restic) throws {
        guard let witnesses = work.witnesses, !witnesses.isEmpty else { return }
        let there = try restic.snapshots().map(\.id)
        let known = witnesses + work.items.map(\.snapshot)
        guard !known.contains(where: { id in there.contains { $0.hasPrefix(id) } }) else { return }
        throw WorkFailure(
            "wrongRepository",
            "the repository has none of the known versions: is it the right one, is its disk mounted?")
    }
}

/// Tells of the versions that the repository has and the catalogue does not.
struct AdoptStep {
    let context: WorkContext
    let app: String
    let work: AdoptWork

    /// Of one run: more are found by the next one.
    private static let most = 200

    func run() throws {
        let lock = try RepositoryLock(.shared, context.lockFile, context.output)
        defer { lock.release() }
        let restic = Restic(context: context)
        let known = Set(work.known)
        let unknown = try restic.snapshots().filter { snapshot in
            !known.contains(String(snapshot.id.prefix(8)))
                && ResticArguments.volume(of: snapshot.tags)?.name.app == app
        }
        var count: Int64 = 0
        for snapshot in unknown.prefix(Self.most) {
            guard let found = ResticArguments.volume(of: snapshot.tags), found.name.app == app,
                let time = Timestamp.date(snapshot.time)
            else { continue }
            let size = try restic.size(of: snapshot.id)
            let content = VolumeVersion.Content(
                snapshot: String(snapshot.id.prefix(8)), node: "", files: size.files, bytes: size.bytes)
            context.output.found(
                SpecCoding.value(
                    FoundVersion(
                        volume: found.name, mode: found.mode, content: content, second: time.second, run: found.run)
                ))
            count += 1
            context.output.progress(Double(count) / Double(min(unknown.count, Self.most)), "\(count) versions found")
        }
        context.output.result("found", .int(count))
        context.output.progress(1, "\(count) versions found")
        if unknown.count > Self.most { context.output.warn("there are more: run it again") }
    }
}

/// Checks a repository: its structure, and as much of its data as is wanted.
struct CheckStep {
    let context: WorkContext
    let work: CheckWork

    func run() throws {
        let lock = try RepositoryLock(.exclusive, context.lockFile, context.output)
        defer { lock.release() }
        let restic = Restic(context: context)
        try restic.unlock()
        context.output.progress(0.1, "checking the repository, data: \(work.data)")
        try restic.check(data: work.data)
        let note =
            work.data == "none" ? "the structure is whole" : "the structure and the data (\(work.data)) are whole"
        context.output.result("note", .string(note))
        context.output.progress(1, note)
    }
}

/// Restores a version to scratch space and compares it: the proof that it can be restored.
struct DrillStep {
    let context: WorkContext
    let work: DrillWork

    private static let mostSamples = 32
    private static let largestSample = 16 << 20

    func run() throws {
        let lock = try RepositoryLock(.shared, context.lockFile, context.output)
        defer { lock.release() }
        let restic = Restic(context: context)
        var wanted = TreeCount()
        var samples = Reservoir(size: Self.mostSamples)
        try restic.list(work.snapshot, [], recursive: true) { node in
            wanted.take(node)
            if node.type == "file", node.size > 0, node.size <= Self.largestSample { samples.offer(node.path) }
        }
        let staging = try Staging(besides: "\(work.scratch)/\(work.volume.archive)", for: context)
        defer { staging.remove() }
        let free = try Place.free(at: staging.directory)
        guard free > wanted.bytes + wanted.bytes / 50 else {
            throw WorkFailure(
                "noSpace", "the drill needs \(Bytes.text(wanted.bytes)) and \(work.scratch) has \(Bytes.text(free))")
        }
        context.output.progress(0.1, "restoring \(wanted.files) files, \(Bytes.text(wanted.bytes)), to scratch space")
        try restic.restore(work.snapshot, nil, to: staging.tree)
        context.output.progress(0.8, "comparing")
        let found = try TreeCount(onDisk: staging.tree, nil)
        guard found == wanted else {
            throw WorkFailure("mismatch", "the engine gave \(found), and the version has \(wanted)")
        }
        let compared = try compare(samples.kept, staging.tree)
        context.output.result("files", .int(found.files))
        context.output.result("bytes", .int(found.bytes))
        let note = "\(found) came back; \(compared) unchanged files equal those of the volume"
        context.output.result("note", .string(note))
        context.output.progress(1, note)
    }

    /// Files that were not changed since must have the same bytes. How many were looked at.
    private func compare(_ samples: [String], _ tree: String) throws -> Int {
        guard let volume = work.path, Place.isDirectory(volume) else { return 0 }
        var count = 0
        for path in samples {
            guard let living = Place.facts(volume + path), living.kind == .file, living == Place.facts(tree + path)
            else { continue }
            let bytes = FileManager.default.contents(atPath: tree + path)
            // Changed while it was read: then it is no sample.
            guard let own = FileManager.default.contents(atPath: volume + path), own.count == bytes?.count else {
                continue
            }
            count += 1
            if own != bytes { context.output.warn("\(path) has other bytes in the volume, and the same size and time") }
        }
        return count
    }
}

/// An even choice of some of many.
private struct Reservoir {
    let size: Int
    private(set) var kept: [String] = []
    private var seen = 0

    init(size: Int) { self.size = size }

    mutating func offer(_ item: String) {
        seen += 1
        if kept.count < size {
            kept.append(item)
        } else if case let index = Int.random(in: 0..<seen), index < size {
            kept[index] = item
        }
    }
}
