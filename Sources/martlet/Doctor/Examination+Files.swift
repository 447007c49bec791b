import Foundation

/// Owners and modes: whoever can read the key or the token can do what the server can.
extension Examination {
    func permissions() -> Finding {
        let path = directory.path
        let name = "data directory"
        guard let status = FileStatus(directory.realPath) else {
            return .note(name, "\(path) does not exist yet", fix: "martlet serve makes it")
        }
        if !status.isMine {
            return .wrong(name, "\(path) belongs to user \(status.owner)", fix: "run as that user, or chown -R it")
        }
        if !status.isPrivate { return .wrong(name, "others may enter \(path)", fix: "chmod 700 \(path)") }
        if FileStatus(directory.unfinishedRestore) != nil {
            return .wrong(name, "a restore into \(path) did not end", fix: "run martlet restore again")
        }
        return .fine(name, path)
    }

    func files() -> [Finding] {
        [
            file("token", directory.tokenFile, otherwise: "no admin.token yet"),
            key(),
            file("database file", directory.database, otherwise: "no martlet.db yet"),
            file("database file", directory.database + "-wal", otherwise: nil),
            file("database file", directory.database + "-shm", otherwise: nil),
        ].compactMap { $0 }
    }

    private func key() -> Finding? {
        if FileStatus(directory.keyFile) == nil, FileStatus(directory.database) != nil {
            return .wrong(
                "key", "\(directory.keyFile) is missing: the store does not open without it",
                fix: "restore it from the backup of this data directory")
        }
        return file("key", directory.keyFile, otherwise: "no secret.key yet")
    }

    /// Nil for a file that may be absent.
    private func file(_ name: String, _ path: String, otherwise: String?) -> Finding? {
        guard let status = FileStatus(path) else {
            return otherwise.map { .note(name, $0, fix: "martlet serve makes it") }
        }
        if !status.isRegular { return .wrong(name, "\(path) is no plain file", fix: "restore it from a backup") }
        if !status.isMine {
            return .wrong(name, "\(path) belongs to user \(status.owner)", fix: "chown \(geteuid()) \(path)")
        }
        if !status.isPrivate {
            let more = name == "token" ? ", and delete it once to get a new one" : ""
            return .wrong(name, "others may read \(path)", fix: "chmod 600 \(path)\(more)")
        }
        return .fine(name, path)
    }

    func lock() -> Finding {
        .fine("lock", DirectoryHolder(directory).pid.map { "held by process \($0)" } ?? "no server uses the directory")
    }
}
