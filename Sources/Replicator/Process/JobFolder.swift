package import Foundation
internal import Glibc
package import MartletCore

/// The folder that the processes of one job share. Nobody but their user can look into it.
package struct JobFolder: Sendable {
    package let url: URL

    package var spool: URL { url.appendingPathComponent("spool", isDirectory: true) }
    package var socket: String { "source.sock" }

    /// Makes the folder when it is missing.
    /// - Throws: `unavailable` with the system's words; `forbidden` when it is someone else's.
    package init(_ url: URL) throws(MartletError) {
        self.url = url
        do {
            try FileManager.default.createDirectory(
                at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw MartletError(.unavailable, "the folder \(url.path) cannot be made", cause: error)
        }
        var facts = stat()
        guard lstat(url.path, &facts) == 0, facts.st_mode & S_IFMT == S_IFDIR, facts.st_uid == geteuid() else {
            throw MartletError(.forbidden, "\(url.path) is not a folder of this user")
        }
        guard chmod(url.path, 0o700) == 0 else {
            throw MartletError(.forbidden, "the mode of \(url.path) cannot be set to 0700")
        }
    }

    package func status(_ role: TaskFile.Role) -> URL { url.appendingPathComponent("\(role.rawValue).json") }

    /// Holds the role for as long as this process lives.
    /// - Throws: `conflict` when another process holds it.
    package func claim(_ role: TaskFile.Role) throws(MartletError) {
        let path = url.appendingPathComponent("\(role.rawValue).lock").path
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw MartletError(.unavailable, "\(path) cannot be opened: \(SystemError.text(errno))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw MartletError(.conflict, "another process is the \(role.rawValue) of \(url.path)")
        }
    }
}

/// What the system says of an error number.
enum SystemError {
    static func text(_ number: Int32) -> String { String(cString: strerror(number)) }
}
