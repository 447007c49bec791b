import Foundation
import MartletCore
import MartletEngine

/// Directories of allocations: `ROOT/ID/alloc/{data,tmp}` is for all tasks of one, `ROOT/ID/TASK/{local,secrets,tmp}` for
/// that task. A task's directory belongs to its user alone, `alloc` to nobody where tasks of several users share it. What
/// users may write to is never gone through by path: they could put a link in the way of a server that is root.
struct AllocationDirectories: AllocationPlaces {
    let root: String

    struct Paths: Sendable, Hashable {
        let task: String
        let shared: String
        /// As tasks know them.
        var variables: [String: String] {
            [
                "NOMAD_ALLOC_DIR": shared, "NOMAD_TASK_DIR": task + "/local", "NOMAD_SECRETS_DIR": task + "/secrets",
            ]
        }
    }

    func folder(of allocation: String) -> String { "\(root)/\(allocation)" }

    /// Nil: the task's user cannot enter them.
    func paths(of task: TaskPlan, in allocation: NomadAllocation) -> Paths? {
        guard isOpen(to: task.user) else { return nil }
        let folder = folder(of: allocation.id)
        return Paths(task: "\(folder)/\(task.name)", shared: "\(folder)/alloc")
    }

    /// Whether a user may pass through what leads to the allocations.
    private func isOpen(to name: String?) -> Bool {
        guard let name, let user = Owner(name), user.id != geteuid() else { return true }
        var path = URL(filePath: root)
        while path.path != "/" {
            path.deleteLastPathComponent()
            var info = stat()
            if stat(path.path, &info) != 0 || info.st_mode & 0o001 == 0 { return false }
        }
        return true
    }

    // MARK: Making

    /// Nobody can enter any of it before all of it is there.
    func make(for allocation: NomadAllocation, _ tasks: [TaskPlan]) throws {
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        // Names are told nobody, and everything below has its own owner.
        guard chmod(root, 0o711) == 0 else { throw failure(root) }
        let owners = try tasks.map { try owner(of: $0) }
        for task in tasks {
            // By bytes: a slash that a combining mark follows is no character of its own.
            guard !["alloc", ".", "..", ""].contains(task.name), task.name.utf8.allSatisfy({ $0 != 0 && $0 != slash })
            else { throw MartletError(.invalid, "a task cannot be called \(task.name), its directory has that name") }
        }
        let isShared = Set(owners.map { $0?.id ?? geteuid() }).count > 1
        let (mode, sharer): (mode_t, Owner?) = isShared ? (0o1777, nil) : (0o700, owners.first ?? nil)
        let descriptor = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(root) }
        defer { close(descriptor) }
        try directory(allocation.id, in: Place(descriptor: descriptor, path: root), 0o711, nil) { folder in
            try directory("alloc", in: folder, mode, sharer) { alloc in
                for name in ["data", "tmp"] { try directory(name, in: alloc, mode, sharer) { _ in } }
            }
            for (task, owner) in zip(tasks, owners) {
                try directory(task.name, in: folder, 0o700, owner) { try fill($0, for: task, owner) }
            }
        }
    }

    /// What a task finds in its directory.
    private func fill(_ folder: Place, for task: TaskPlan, _ owner: Owner?) throws {
        for name in ["secrets", "tmp"] { try directory(name, in: folder, 0o700, owner) { _ in } }
        try directory("local", in: folder, 0o700, owner) { local in
            for (name, bytes) in task.files {
                let parts = name.utf8.split(separator: slash).map { String(decoding: $0, as: UTF8.self) }
                    .filter { $0 != "." }
                guard !parts.isEmpty, parts.count <= Self.longestPath, !parts.contains(".."), !name.utf8.contains(0),
                    parts.allSatisfy({ $0.utf8.count <= 255 })
                else {
                    throw MartletError(.invalid, "the payload's file \(name) is no path within the task's directory")
                }
                try file(bytes, parts[...], in: local, owner)
            }
        }
    }

    /// Nil: the server's own user. Throws `invalid` where a file is owed to somebody who cannot read it.
    private func owner(of task: TaskPlan) throws(MartletError) -> Owner? {
        guard let name = task.user, let owner = Owner(name), owner.id != geteuid() else { return nil }
        if !task.files.isEmpty, !isOpen(to: name) {
            throw MartletError(
                .invalid,
                "the user \(name) cannot enter \(root) for its payload; set jobs.allocationsDir to a place it can")
        }
        return owner
    }

    /// Names in the path of a payload's file; each is an open directory while it is made.
    private static let longestPath = 64

    /// An open directory.
    private struct Place {
        let descriptor: Int32
        let path: String
    }

    /// Makes a directory and what is to be in it, and gives it away after that. `again`: it may be there already.
    private func directory(
        _ name: String, in parent: Place, _ mode: mode_t, _ owner: Owner?, again: Bool = false,
        _ fill: (Place) throws -> Void
    ) throws {
        let path = "\(parent.path)/\(name)"
        guard mkdirat(parent.descriptor, name, 0o700) == 0 || again && errno == EEXIST else { throw failure(path) }
        let descriptor = openat(parent.descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        try fill(Place(descriptor: descriptor, path: path))
        guard fchmod(descriptor, mode) == 0 else { throw failure(path) }
        try give(descriptor, path, to: owner)
    }

    private func give(_ descriptor: Int32, _ path: String, to owner: Owner?) throws(MartletError) {
        guard let owner else { return }
        // Only root may give files away; others run all tasks as themselves.
        guard geteuid() == 0 else { return }
        guard fchown(descriptor, owner.id, owner.group) == 0 else { throw failure(path) }
    }

    /// Makes a file, and the directories that lead to it.
    private func file(_ bytes: [UInt8], _ parts: ArraySlice<String>, in folder: Place, _ owner: Owner?) throws {
        guard let name = parts.first else { return }
        guard parts.count == 1 else {
            return try directory(name, in: folder, 0o700, owner, again: true) {
                try file(bytes, parts.dropFirst(), in: $0, owner)
            }
        }
        let path = "\(folder.path)/\(name)"
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let descriptor = openat(folder.descriptor, name, flags, 0o600)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure(path) }
            written += count
        }
        try give(descriptor, path, to: owner)
    }

    private func failure(_ path: String) -> MartletError {
        let error = errno
        // An allocation's directory is new: what is in the way there has the same name in the job.
        let isForEver = [ENAMETOOLONG, EEXIST, ENOTDIR].contains(error)
        return MartletError(
            isForEver ? .invalid : .unavailable, "\(path) cannot be made: \(String(cString: strerror(error)))")
    }

    // MARK: Removing

    func all() throws -> [String: Date] {
        guard FileManager.default.fileExists(atPath: root) else { return [:] }
        let names = try FileManager.default.contentsOfDirectory(atPath: root).filter { UUID(uuidString: $0) != nil }
        return names.reduce(into: [:]) { found, name in
            var info = stat()
            guard lstat(folder(of: name), &info) == 0 else { return }
            found[name] = Date(timeIntervalSince1970: TimeInterval(info.st_mtim.tv_sec))
        }
    }

    /// Links in it are not followed.
    func remove(_ allocation: String) throws { try TreeRemoval.remove(allocation, in: root) }
}

/// Takes away a directory that others may be writing to. Goes by descriptors, so that nothing put in its way leads out of it,
/// and holds few of them: what is deeper comes up to the top, which is the server's.
private struct TreeRemoval {
    private static let deepest = 32
    private static let mostPasses = 10_000
    private static let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC

    private let top: Int32
    private let device: dev_t
    private let path: String
    private var hasProgress = false
    /// Why something stays.
    private var trouble: MartletError?

    private init(_ top: Int32, _ path: String) throws(MartletError) {
        var info = stat()
        guard fstat(top, &info) == 0 else { throw Self.failure(path) }
        (self.top, self.path, device) = (top, path, info.st_dev)
    }

    /// Another collection may be taking it, too: what is gone is no trouble.
    static func remove(_ name: String, in root: String) throws(MartletError) {
        let path = "\(root)/\(name)"
        let parent = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard parent >= 0 else {
            if errno == ENOENT { return }
            throw failure(path)
        }
        defer { close(parent) }
        let top = openat(parent, name, flags)
        guard top >= 0 else {
            if errno == ENOENT { return }
            // A link or a file.
            guard errno == ENOTDIR, unlinkat(parent, name, 0) == 0 || errno == ENOENT else { throw failure(path) }
            return
        }
        defer { close(top) }
        var removal = try TreeRemoval(top, path)
        for _ in 0..<mostPasses {
            if unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT { return }
            guard errno == ENOTEMPTY || errno == EEXIST else { throw failure(path) }
            (removal.hasProgress, removal.trouble) = (false, nil)
            removal.empty(openat(top, ".", flags), depth: 0)
            if !removal.hasProgress, let trouble = removal.trouble { throw trouble }
        }
        errno = ENOTEMPTY
        throw failure(path)
    }

    /// Takes what is in a directory, and closes it. What comes meanwhile is left to the next pass.
    private mutating func empty(_ descriptor: Int32, depth: Int) {
        guard descriptor >= 0 else { return note() }
        guard let stream = fdopendir(descriptor) else {
            note()
            close(descriptor)
            return
        }
        defer { closedir(stream) }
        guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { return }
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                if errno != 0 { note() }
                return
            }
            // As bytes: a name need not be text.
            let name = UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self)
            if strcmp(name, ".") != 0, strcmp(name, "..") != 0 { take(name, from: descriptor, depth: depth) }
        }
    }

    private mutating func take(_ name: UnsafePointer<CChar>, from directory: Int32, depth: Int) {
        if unlinkat(directory, name, 0) == 0 { return hasProgress = true }
        guard errno == EISDIR else { return note() }
        if unlinkat(directory, name, AT_REMOVEDIR) == 0 { return hasProgress = true }
        guard errno == ENOTEMPTY || errno == EEXIST else { return note() }
        guard depth < Self.deepest else {
            if renameat(directory, name, top, UUID().uuidString) == 0 { hasProgress = true } else { note() }
            return
        }
        let next = openat(directory, name, Self.flags)
        guard next >= 0 else { return note() }
        var info = stat()
        guard fstat(next, &info) == 0, info.st_dev == device else {
            close(next)
            // Something is mounted there.
            errno = EXDEV
            return note()
        }
        empty(next, depth: depth + 1)
        if unlinkat(directory, name, AT_REMOVEDIR) == 0 { hasProgress = true } else { note() }
    }

    /// The first trouble is told.
    private mutating func note() {
        if errno != ENOENT, trouble == nil { trouble = Self.failure(path) }
    }

    private static func failure(_ path: String) -> MartletError {
        let error = errno
        return MartletError(.unavailable, "\(path) cannot be removed: \(String(cString: strerror(error)))")
    }
}

private let slash = UInt8(ascii: "/")

/// A user by name.
private struct Owner {
    let id: uid_t
    let group: gid_t

    /// Nil: there is none; such a task fails when it is started.
    init?(_ name: String) {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16_384)
        guard getpwnam_r(name, &entry, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
        (id, group) = (entry.pw_uid, entry.pw_gid)
    }
}
