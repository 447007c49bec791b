import Foundation

/// Looks whether the volume is there, makes the repository at its first use, and removes what killed processes left.
struct PrepareStep {
    let context: WorkContext
    let step: BackupStep

    func run() throws {
        guard Place.isDirectory(step.path) else {
            throw WorkFailure("pathMissing", "the volume \(step.path) is missing or not a directory; no hook was run")
        }
        // The backup itself waits there for exclusive work.
        try RepositoryLock.makeFolder(of: context.lockFile)
        let restic = Restic(context: context)
        if !isRepository {
            let lock = try RepositoryLock(.exclusive, context.lockFile, context.output)
            defer { lock.release() }
            try FileManager.default.createDirectory(
                atPath: Place.parent(of: context.repository), withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
            if !isRepository { try restic.initialise() }
        }
        let locks = (try? FileManager.default.contentsOfDirectory(atPath: context.repository + "/locks")) ?? []
        if !locks.isEmpty { try restic.unlock() }
    }

    private var isRepository: Bool { Place.facts(context.repository + "/config") != nil }
}
