import Foundation
import Glibc
import MartletCore

/// Files that only their owner may read: the database and the key that seals its secrets.
enum OwnerOnly {
    /// Makes `path` as an empty file of mode 0600 unless it exists.
    static func ensureFile(_ path: String) throws {
        let descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("cannot open", path) }
        close(descriptor)
    }

    static func ensureDirectory(_ path: String) throws {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure("cannot make", path) }
    }

    /// Writes a new file whole or not at all, and syncs it. False when `path` exists already.
    static func create(_ path: String, _ bytes: [UInt8]) throws -> Bool {
        let draft = path + ".new"
        unlink(draft)
        let descriptor = open(draft, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("cannot make", draft) }
        defer {
            close(descriptor)
            unlink(draft)
        }
        guard write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0 else {
            throw failure("cannot write", draft)
        }
        if link(draft, path) == 0 {
            try syncDirectory(of: path)
            return true
        }
        guard errno == EEXIST else { throw failure("cannot make", path) }
        return false
    }

    /// The bytes of a file that nobody but its owner may read; refuses any other.
    static func read(_ path: String, upTo limit: Int) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("cannot open", path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("cannot read", path) }
        guard status.st_mode & 0o077 == 0 else {
            throw MartletError(.invalid, "\(path) can be read by others; run: chmod 600 \(path)")
        }
        var bytes = [UInt8](repeating: 0, count: limit)
        let count = Glibc.read(descriptor, &bytes, limit)
        guard count >= 0 else { throw failure("cannot read", path) }
        return Array(bytes.prefix(count))
    }

    /// Bytes of a file; 0 when it is absent.
    static func size(_ path: String) -> Int64 {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }

    private static func syncDirectory(of path: String) throws {
        let directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("cannot open", directory) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("cannot sync", directory) }
    }

    private static func failure(_ what: String, _ path: String) -> MartletError {
        MartletError(.internal, "\(what) \(path): \(String(cString: strerror(errno)))")
    }
}
