import Foundation
import MartletCore
import MartletEngine

/// Directories of allocations: `ROOT/ID/alloc/{data,tmp}` is for all tasks of one, `ROOT/ID/TASK/{local,secrets,tmp}` for
/// that task. Everything belongs to the tasks' users alone.
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

    func make(for allocation: NomadAllocation, _ tasks: [TaskPlan]) throws {
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        // Names are told nobody, and everything below has its own owner.
        guard chmod(root, 0o711) == 0 else { throw failure(root) }
        let folder = folder(of: allocation.id)
        try directory(folder, 0o711)
        let owners = try tasks.map { try owner(of: $0) }
        let isShared = Set(owners.map { $0?.id ?? geteuid() }).count > 1
        for name in ["", "/data", "/tmp"] {
            try directory("\(folder)/alloc\(name)", isShared ? 0o1777 : 0o700, isShared ? nil : owners.first ?? nil)
        }
        for (task, owner) in zip(tasks, owners) {
            guard task.name != "alloc", task.name != ".", task.name != "..", !task.name.contains("/") else {
                throw MartletError(.invalid, "a task cannot be called \(task.name), its directory has that name")
            }
            for name in ["", "/local", "/secrets", "/tmp"] {
                try directory("\(folder)/\(task.name)\(name)", 0o700, owner)
            }
            for (name, bytes) in task.files { try write(bytes, name, in: "\(folder)/\(task.name)/local", owner) }
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

    private func directory(_ path: String, _ mode: mode_t, _ owner: Owner? = nil) throws(MartletError) {
        guard mkdir(path, mode) == 0 || errno == EEXIST, chmod(path, mode) == 0 else { throw failure(path) }
        try give(path, to: owner)
    }

    private func give(_ path: String, to owner: Owner?) throws(MartletError) {
        guard let owner else { return }
        // Only root may give files away; others run all tasks as themselves.
        guard geteuid() == 0 else { return }
        guard lchown(path, owner.id, owner.group) == 0 else { throw failure(path) }
    }

    private func write(_ bytes: [UInt8], _ name: String, in folder: String, _ owner: Owner?) throws(MartletError) {
        let parts = name.split(separator: "/").map(String.init).filter { $0 != "." }
        guard let file = parts.last, !parts.contains(".."), parts.allSatisfy({ $0.utf8.count <= 255 }) else {
            throw MartletError(.invalid, "the payload's file \(name) is no path within the task's directory")
        }
        var path = folder
        for part in parts.dropLast() {
            path += "/\(part)"
            try directory(path, 0o700, owner)
        }
        path += "/\(file)"
        guard
            FileManager.default.createFile(atPath: path, contents: Data(bytes), attributes: [.posixPermissions: 0o600])
        else { throw failure(path) }
        try give(path, to: owner)
    }

    private func failure(_ path: String) -> MartletError {
        let isForEver = errno == ENAMETOOLONG
        return MartletError(
            isForEver ? .invalid : .unavailable, "\(path) cannot be made: \(String(cString: strerror(errno)))")
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
    func remove(_ allocation: String) throws {
        let folder = folder(of: allocation)
        do { try FileManager.default.removeItem(atPath: folder) } catch {
            // Another collection may have taken it.
            if FileManager.default.fileExists(atPath: folder) { throw error }
        }
    }
}

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
