import Foundation
import MartletCore
import MartletProcess

/// A directory beside the result in which it is prepared; gone with the value. What a killed program left there is
/// removed by the next one.
final class DraftFolder {
    let path: String
    private let descriptor: Int32

    /// Throws `conflict` when another program prepares the same.
    init(_ path: String) throws {
        self.path = path
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw Self.failure(path) }
        descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure(path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw MartletError(.conflict, "another program is writing \(path)")
        }
        for name in try FileManager.default.contentsOfDirectory(atPath: path) {
            try FileManager.default.removeItem(atPath: "\(path)/\(name)")
        }
    }

    deinit {
        // Nothing to remove when the folder itself has become the result.
        if FileManager.default.fileExists(atPath: path) { try? FileManager.default.removeItem(atPath: path) }
        close(descriptor)
    }

    /// Waits until everything written to its file system is on disk.
    func sync() throws {
        guard FileSystem.sync(descriptor) else { throw Self.failure(path) }
    }

    private static func failure(_ path: String) -> MartletError {
        MartletError(.unavailable, "\(path) cannot be made: \(String(cString: strerror(errno)))")
    }
}
