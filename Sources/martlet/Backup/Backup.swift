import Foundation
import MartletCore
import MartletEngine
import MartletProcess
import MartletStore

/// Makes one file of a data directory, beside a running server or without one.
struct Backup {
    let directory: DataDirectory
    /// The result; a name that ends in `.gz` or `.tgz` makes it packed.
    let file: String
    let withLogs: Bool
    let replaces: Bool
    /// Bytes that must stay free on the disk of the data directory; nil: the server's default.
    let minFree: Int64?
    let progress: Progress

    /// Whole or not at all. Throws `conflict` when the file is there, `unavailable` when there is no room.
    func make() throws -> BackupManifest {
        try check()
        let draft = try DraftFolder(file + ".new")
        let snapshot = "\(draft.path)/\(DataDirectory.databaseName)"
        let (facts, ended) = try self.snapshot(to: snapshot)
        var members = try BackupMembers(directory: directory, snapshot: snapshot).all(logsOf: withLogs ? ended : nil)
        let manifest = try manifest(facts, &members)
        let archive = "\(draft.path)/archive"
        try write(manifest, members, to: archive)
        try draft.sync()
        try put(archive)
        return manifest
    }

    private func check() throws {
        try directory.checkOwner()
        if !replaces, FileManager.default.fileExists(atPath: file) {
            throw MartletError(.conflict, "\(file) exists already; choose another name, or give --force")
        }
        let folder = URL(filePath: file).deletingLastPathComponent().path
        let there = try DiskSpace.free(at: folder)
        let here = try DiskSpace.free(at: directory.path)
        // The snapshot and the archive, at the worst.
        let needed = 2 * (RegularFile(at: directory.database)?.size ?? 0)
        let sharesDisk = try isSameDisk(folder, directory.path)
        let reserve = sharesDisk ? DiskState(free: here.free, total: here.total).needed(minFree) : 0
        guard there.free - needed >= reserve else {
            throw MartletError(
                .unavailable,
                "\(folder) has \(there.free / 1_000_000) MB free; the backup may need \(needed / 1_000_000) MB"
                    + (reserve > 0 ? ", and limits.minFree keeps \(reserve / 1_000_000) MB" : "")
                    + "; write it to another disk")
        }
    }

    private func isSameDisk(_ one: String, _ other: String) throws -> Bool {
        func device(_ path: String) throws -> NSNumber? {
            try FileManager.default.attributesOfItem(atPath: URL(filePath: path).resolvingSymlinksInPath().path)[
                .systemNumber] as? NSNumber
        }
        return try device(one) == device(other)
    }

    /// The database as it is now, checked, and what it holds.
    private func snapshot(to path: String) throws -> (StoreView.Facts, [RunID]) {
        let store = try StoreView(database: directory.database)
        let progress = progress
        try store.copy(to: path) { progress.show("copying the database", $0) }
        try store.close()
        let copy = try StoreView(database: path)
        defer { try? copy.close() }
        let damage = try copy.damage()
        guard damage.isEmpty else {
            throw MartletError(
                .internal, "the database is damaged, no backup was made: \(damage[0]); see martlet doctor")
        }
        guard try copy.fits(keyFile: directory.keyFile) else {
            throw MartletError(.invalid, "\(directory.keyFile) is not the key of the database, no backup was made")
        }
        return (try copy.facts(), withLogs ? try copy.endedRuns() : [])
    }

    /// What goes in, with its checksums. Files of runs that retention removes meanwhile stay out.
    private func manifest(_ facts: StoreView.Facts, _ members: inout [BackupMember]) throws -> BackupManifest {
        let total = max(1, members.reduce(0) { $0 + $1.size })
        var done: Int64 = 0
        var listed: [BackupManifest.Member] = []
        members = try members.filter { member in
            var sum = Checksum()
            do {
                try member.read { piece in
                    sum.add(piece)
                    done += Int64(piece.count)
                    progress.show("adding up", Double(done) / Double(total))
                }
            } catch let error as MartletError where error.code == .notFound && member.name.hasPrefix("runs/") {
                return false
            }
            listed.append(BackupManifest.Member(name: member.name, size: member.size, sha256: sum.hex))
            return true
        }
        return BackupManifest(
            version: Version.current, schema: facts.schema, createdAt: Date(), live: facts.live,
            pending: facts.pending, members: listed)
    }

    private func write(_ manifest: BackupManifest, _ members: [BackupMember], to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw MartletError(.unavailable, "\(path) cannot be made: \(String(cString: strerror(errno)))")
        }
        let out = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            guard file.hasSuffix(".gz") || file.hasSuffix(".tgz") else {
                return try write(manifest, members, to: out)
            }
            let gzip = try Gzip(into: out)
            do { try write(manifest, members, to: gzip.input) } catch {
                gzip.kill()
                throw error
            }
            try gzip.input.close()
            try gzip.finish("\(file) could not be packed; is its disk full?")
        } catch let error as MartletError {
            throw error
        } catch {
            throw MartletError(.unavailable, "\(file) could not be written: \(error.localizedDescription)")
        }
    }

    private func write(_ manifest: BackupManifest, _ members: [BackupMember], to out: FileHandle) throws {
        let archive = ArchiveWriter(out, time: manifest.createdAt)
        let bytes = Array(JSONText.pretty(manifest.json).utf8)
        guard bytes.count <= BackupManifest.largest else {
            throw MartletError(.invalid, "there are too many logs for one backup; leave --logs out")
        }
        var sum = Checksum()
        sum.add(bytes)
        try archive.write(BackupMember(name: BackupManifest.name, content: .bytes(bytes)), checksum: sum.hex)
        var done: Int64 = 0
        for (member, listed) in zip(members, manifest.members) {
            try archive.write(member, checksum: listed.sha256)
            done += member.size
            progress.show("writing", Double(done) / Double(max(1, manifest.size)))
        }
        try archive.finish()
    }

    private func put(_ archive: String) throws {
        // A link takes no name that somebody else has taken meanwhile.
        let isThere = replaces ? rename(archive, file) == 0 : link(archive, file) == 0
        guard isThere else {
            let cause = String(cString: strerror(errno))
            throw MartletError(.conflict, "\(file) cannot be put in place: \(cause)")
        }
        try DataDirectory.sync(URL(filePath: file).deletingLastPathComponent().path)
    }
}
