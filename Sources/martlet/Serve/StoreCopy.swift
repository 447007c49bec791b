import Backups
import Dispatch
import Foundation
import MartletCore
import MartletEngine
import Synchronization

/// Copies of the store that callers ask for, below the place that the settings name: one is written at a time, and there are
/// no more than ``most``, as callers of an open listener may ask, too.
final class StoreCopy: Sendable {
    static let name = "martlet.tar.gz"
    static let most = 16

    let directory: DataDirectory
    let config: ServerConfig
    private let isBusy = Mutex(false)

    init(directory: DataDirectory, config: ServerConfig) {
        self.directory = directory
        self.config = config
    }

    /// `path`: from `backups.copies` on. Replaces the copy that is there. Throws `invalid` when the path leads elsewhere,
    /// `conflict` when there are too many copies or one is being written.
    func write(to path: String) async throws {
        let isFree = isBusy.withLock { isBusy in
            defer { isBusy = true }
            return !isBusy
        }
        guard isFree else { throw MartletError(.conflict, "a copy of the store is being written; try again later") }
        defer { isBusy.withLock { $0 = false } }
        try checkRoom(path)
        let folder = try folder(path)
        let backup = Backup(
            directory: directory, file: "\(folder)/\(Self.name)", withLogs: false, replaces: true,
            minFree: config.engine.minFree, progress: Progress())
        try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
            DispatchQueue.global().async { done.resume(with: Result { _ = try backup.make() }) }
        }
    }

    /// Only for a copy in a place of its own: one that takes another's place is always taken.
    private func checkRoom(_ path: String) throws {
        let parts = path.split(separator: "/").map(String.init)
        guard parts.count <= Self.deepest else {
            throw MartletError(.invalid, "copies lie at most \(Self.deepest) directories deep")
        }
        let place = config.backups.copies
        let file = ([place] + parts + [Self.name]).joined(separator: "/")
        guard !FileManager.default.fileExists(atPath: file) else { return }
        let copies = FileManager.default.enumerator(atPath: place)?.lazy.filter { "\($0)".hasSuffix(Self.name) }
        guard (copies.map { Array($0.prefix(Self.most)) } ?? []).count < Self.most else {
            throw MartletError(
                .conflict,
                "there are \(Self.most) copies in \(place) already; name the directory of one that may go, or remove some"
            )
        }
    }

    private static let deepest = 4

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
