import Foundation
import MartletCore
import MartletEngine
import MartletProcess
import MartletStore

/// Makes a data directory of a backup. Everything is unpacked and checked apart; only then it is put in place.
struct Restore {
    let file: String
    let directory: DataDirectory
    /// Moves an existing directory aside.
    let replaces: Bool
    let progress: Progress

    struct Result {
        let manifest: BackupManifest
        /// Where the directory of before is now.
        let aside: String?
    }

    /// What is at the place of the data directory.
    private enum Place {
        case nothing
        case empty
        case occupied
    }

    func run(at now: Date) throws -> Result {
        let place = try place()
        if place == .occupied, !replaces {
            throw MartletError(
                .conflict,
                "\(directory.path) is not empty; give --force to move it aside, or restore to another --data-dir")
        }
        // Held to the end: no server may start on what is being replaced.
        let lock = place == .nothing ? nil : try DirectoryLock(dataDirectory: directory.path)
        defer { withExtendedLifetime(lock) {} }
        if place == .occupied { try checkKeepers() }
        let draft = try DraftFolder(place == .empty ? directory.unfinishedRestore : directory.path + ".restoring")
        let manifest = try unpack(to: draft.path)
        try check(draft.path, manifest)
        try BootRecord(dataDirectory: draft.path).write(BootRecord.restored)
        try draft.sync()
        return Result(manifest: manifest, aside: try put(draft.path, place, at: now))
    }

    private func place() throws -> Place {
        guard let status = FileStatus(directory.realPath) else {
            return .nothing
        }
        guard status.isDirectory else { throw MartletError(.invalid, "\(directory.path) is not a directory") }
        try directory.checkOwner()
        // An earlier attempt that did not end: no server has started on what it left.
        if FileStatus(directory.unfinishedRestore) != nil { return .empty }
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
        return Set(names).isSubset(of: Self.staying) ? .empty : .occupied
    }

    /// What is no content: the lock, and what a file system has of itself.
    private static let staying: Set<String> = ["lock", "lost+found"]

    /// A task that goes on would be forgotten: its end could not be told to anybody.
    private func checkKeepers() throws {
        let pids = KeeperScan.all().filter { $0.dataDirectory == directory.realPath }.map { String($0.pid) }
        guard pids.isEmpty else {
            throw MartletError(
                .conflict,
                "\(pids.count) tasks of \(directory.path) go on without a server; start it and stop the runs, or end their keepers: kill \(pids.joined(separator: " "))"
            )
        }
    }

    private func unpack(to path: String) throws -> BackupManifest {
        guard let input = FileHandle(forReadingAtPath: file) else {
            throw MartletError(.notFound, "the backup \(file) cannot be read")
        }
        guard try Gzip.packed(input) else { return try unpack(input, to: path) }
        let gzip = try Gzip(from: input)
        do {
            let manifest = try unpack(gzip.output, to: path)
            try gzip.finish("the backup is damaged: it cannot be unpacked")
            return manifest
        } catch {
            gzip.kill()
            throw error
        }
    }

    private func unpack(_ input: FileHandle, to path: String) throws -> BackupManifest {
        let archive = ArchiveReader(input)
        let manifest = try archive.manifest()
        guard manifest.schema <= StoreView.newestSchema else {
            throw MartletError(
                .invalid,
                "the backup has schema \(manifest.schema), this program knows \(StoreView.newestSchema); restore it with martlet \(Terminal.safe(String(manifest.version.prefix(50)))) or newer"
            )
        }
        let free = try DiskSpace.free(at: path).free
        guard manifest.size < free else {
            throw MartletError(
                .unavailable,
                "the backup has \(manifest.size / 1_000_000) MB, and \(path) \(free / 1_000_000) MB of room")
        }
        var done: Int64 = 0
        try archive.unpack(manifest, into: path) { count in
            done += count
            progress.show("unpacking", Double(done) / Double(max(1, manifest.size)))
        }
        return manifest
    }

    /// What the checksums cannot tell: that the store is one, is whole, and opens with its key.
    private func check(_ path: String, _ manifest: BackupManifest) throws {
        let staged = DataDirectory(path: path)
        let store = try StoreView(database: staged.database)
        defer { try? store.close() }
        let damage = try store.damage()
        guard damage.isEmpty else {
            throw MartletError(.invalid, "the database in the backup is damaged: \(Terminal.safe(damage[0]))")
        }
        let facts = try store.facts()
        guard facts.schema == manifest.schema, facts.live == manifest.live, facts.pending == manifest.pending else {
            throw MartletError(.invalid, "the database in the backup is not the one that its manifest describes")
        }
        guard try store.fits(keyFile: staged.keyFile) else {
            throw MartletError(.invalid, "the key in the backup is not the key of its database")
        }
    }
}

// MARK: Putting in place

extension Restore {
    private func put(_ draft: String, _ place: Place, at now: Date) throws -> String? {
        switch place {
        case .nothing:
            try move(draft, to: directory.path)
        case .empty:
            try fill(from: draft)
        case .occupied:
            return try exchange(draft, at: now)
        }
        return nil
    }

    private func exchange(_ draft: String, at now: Date) throws -> String {
        let style = Date.ISO8601FormatStyle(dateSeparator: .omitted, timeSeparator: .omitted)
        let aside = "\(directory.path).before-restore-\(now.formatted(style))"
        try move(directory.path, to: aside)
        do { try move(draft, to: directory.path) } catch {
            try move(aside, to: directory.path)
            throw error
        }
        return aside
    }

    /// Into a directory that must stay what it is, a mount point perhaps. The server starts on none that has the draft
    /// still: a crash in between leaves no half of a store behind.
    private func fill(from draft: String) throws {
        let earlier = Set(try FileManager.default.contentsOfDirectory(atPath: directory.path))
        for name in earlier.subtracting(Self.staying) where "\(directory.path)/\(name)" != draft {
            try FileManager.default.removeItem(atPath: "\(directory.path)/\(name)")
        }
        for name in try FileManager.default.contentsOfDirectory(atPath: draft).sorted() {
            try move("\(draft)/\(name)", to: "\(directory.path)/\(name)")
        }
        try DataDirectory.sync(directory.path)
    }

    private func move(_ old: String, to new: String) throws {
        guard rename(old, new) == 0 else {
            throw MartletError(
                .unavailable, "\(old) cannot be moved to \(new): \(String(cString: strerror(errno)))")
        }
        try DataDirectory.sync(URL(filePath: new).deletingLastPathComponent().path)
    }
}
