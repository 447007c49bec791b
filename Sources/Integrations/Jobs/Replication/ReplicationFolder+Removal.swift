import Foundation

/// Taking away the folder of a job that is no more.
extension ReplicationFolder {
    /// Names of folders on their way out begin so; nobody looks for a job there.
    static let gone = ".gone-"
    /// What each of the processes holds for as long as it lives.
    private static let locks = ["source.lock", "target.lock", "verify.lock"]

    /// When something in it was last replaced: a process that lives does so every second. Nil: there is no such folder.
    var changed: Date? {
        var facts = stat()
        guard lstat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFDIR else { return nil }
        return Date(
            timeIntervalSince1970: Double(facts.st_mtim.tv_sec) + Double(facts.st_mtim.tv_nsec) / 1_000_000_000)
    }

    /// Whether it was removed; false: a process holds it, or is about to.
    ///
    /// Its name goes first, in one step and with every lock held: a process that begins meanwhile finds that what it locked
    /// has no name any more, and makes the folder anew.
    func remove() throws -> Bool {
        guard asked.map({ !ReplicationStatus.isAlive($0.pid) }) ?? true else { return false }
        let url = URL(filePath: path)
        let aside = url.deletingLastPathComponent().appending(path: Self.gone + url.lastPathComponent).path
        try Self.clear(aside)
        var held: [Int32] = []
        defer { held.forEach { _ = close($0) } }
        for name in Self.locks {
            let descriptor = open("\(path)/\(name)", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard descriptor >= 0 else { return false }
            held.append(descriptor)
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { return false }
        }
        guard rename(path, aside) == 0 else { return false }
        try Self.clear(aside)
        return true
    }

    /// Removes what a server left that ended while it removed a folder.
    static func clear(_ aside: String) throws {
        guard FileManager.default.fileExists(atPath: aside) else { return }
        try FileManager.default.removeItem(atPath: aside)
    }
}
