import Backups
import Dispatch
import Foundation
import MartletCore
import MartletEngine

/// Copies of the store that callers ask for, below the place that the settings name.
struct StoreCopy: Sendable {
    static let name = "martlet.tar.gz"

    let directory: DataDirectory
    let config: ServerConfig

    /// `path`: from `backups.copies` on. Replaces the copy that is there. Throws `invalid` when the path leads elsewhere.
    func write(to path: String) async throws {
        let folder = try folder(path)
        let backup = Backup(
            directory: directory, file: "\(folder)/\(Self.name)", withLogs: false, replaces: true,
            minFree: config.engine.minFree, progress: Progress())
        try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
            DispatchQueue.global().async { done.resume(with: Result { _ = try backup.make() }) }
        }
    }

    /// Made when it is not there; nobody else may enter it.
    private func folder(_ path: String) throws -> String {
        var folder = config.backups.copies
        for part in [""] + path.split(separator: "/").map(String.init) {
            if !part.isEmpty { folder += "/" + part }
            try? FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: part.isEmpty, attributes: [.posixPermissions: 0o700])
            // A link could lead anywhere.
            guard let status = FileStatus(folder), status.isDirectory else {
                throw MartletError(.invalid, "\(path.isEmpty ? "/" : path) is no directory below the place of copies")
            }
        }
        return folder
    }
}
