package import Foundation
internal import Glibc
package import MartletCore

/// The folder that the processes of one job share. Nobody but their user can look into it.
package struct JobFolder: Sendable {
    /// How often a role is asked for, and microseconds between: half a second in all.
    private static let tries = 25
    private static let pause: UInt32 = 20_000

    package let url: URL

    package var spool: URL { url.appendingPathComponent("spool", isDirectory: true) }
    package var socket: String { "source.sock" }

    /// Makes the folder when it is missing.
    /// - Throws: `unavailable` with the system's words; `forbidden` when it is someone else's.
    package init(_ url: URL) throws(MartletError) {
        self.url = url
        try make()
    }

    /// Once more when somebody removes it at this moment.
    private func make() throws(MartletError) {
        for _ in 1...Self.tries {
            do {
                try FileManager.default.createDirectory(
                    at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            } catch {
                throw MartletError(.unavailable, "the folder \(url.path) cannot be made", cause: error)
            }
            var facts = stat()
            if lstat(url.path, &facts) != 0, errno == ENOENT { continue }
            guard facts.st_mode & S_IFMT == S_IFDIR, facts.st_uid == geteuid() else {
                throw MartletError(.forbidden, "\(url.path) is not a folder of this user")
            }
            if chmod(url.path, 0o700) == 0 { return }
            guard errno == ENOENT else {
                throw MartletError(.forbidden, "the mode of \(url.path) cannot be set to 0700")
            }
        }
        throw MartletError(.unavailable, "the folder \(url.path) is removed again and again")
    }

    package func status(_ role: TaskFile.Role) -> URL { url.appendingPathComponent("\(role.rawValue).json") }

    /// Holds the role for as long as this process lives. The server removes folders of jobs that are gone: it holds the locks
    /// for a moment, and what was locked may have no name afterwards.
    /// - Throws: `conflict` when another process holds it.
    package func claim(_ role: TaskFile.Role) throws(MartletError) {
        for attempt in 1...Self.tries {
            try make()
            let path = url.appendingPathComponent("\(role.rawValue).lock").path
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard descriptor >= 0 else {
                if errno == ENOENT, attempt < Self.tries { continue }
                throw MartletError(.unavailable, "\(path) cannot be opened: \(SystemError.text(errno))")
            }
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0, Self.isAt(path, descriptor) { return }
            close(descriptor)
            usleep(Self.pause)
        }
        throw MartletError(.conflict, "another process is the \(role.rawValue) of \(url.path)")
    }

    /// Whether what was opened still has its name.
    static func isAt(_ path: String, _ descriptor: Int32) -> Bool {
        var (named, locked) = (stat(), stat())
        return lstat(path, &named) == 0 && fstat(descriptor, &locked) == 0 && named.st_dev == locked.st_dev
            && named.st_ino == locked.st_ino
    }
}

/// What the system says of an error number.
enum SystemError {
    static func text(_ number: Int32) -> String { String(cString: strerror(number)) }
}
