import Foundation
import MartletCore

/// Makes sure that one server at a time uses a data directory. Let go with the object or the process.
package final class DirectoryLock: Sendable {
    private let file: Descriptor

    /// Makes the directory (0700) too. Throws `conflict` naming the process that holds it.
    package init(dataDirectory: String) throws {
        guard mkdir(dataDirectory, 0o700) == 0 || errno == EEXIST else {
            throw MartletError.system("directory \(dataDirectory)", errno)
        }
        let path = "\(dataDirectory)/lock"
        guard let file = Descriptor(opening: path, O_RDWR | O_CREAT) else {
            throw MartletError.system("lock \(path)", errno)
        }
        guard flock(file.number, LOCK_EX | LOCK_NB) == 0 else {
            let pid = String(decoding: file.read(from: 0, count: 32), as: UTF8.self)
            let holder = pid.trimmingCharacters(in: .whitespacesAndNewlines)
            throw MartletError(.conflict, "\(dataDirectory) is in use by process \(holder.isEmpty ? "?" : holder)")
        }
        let line = Array("\(getpid())\n".utf8)
        guard ftruncate(file.number, 0) == 0, pwrite(file.number, line, line.count, 0) == line.count else {
            throw MartletError.system("lock \(path)", errno)
        }
        self.file = file
    }
}
