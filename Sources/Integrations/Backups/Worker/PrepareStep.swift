import Foundation

/// Looks whether the volume is there, makes the repository at its first use, and removes what killed processes left.
struct PrepareStep {
    let context: WorkContext
    let step: BackupStep

    func run() throws {
        guard Place.isDirectory(step.path) else {
            throw WorkFailure("pathMissing", "the volume \(step.path) is missing or not a directory; no hook was run")
        }
        try Self.ensureRepository(context, mayMake: step.isFirst)
    }

    /// Makes it at its first use, and removes locks whose owners are gone.
    static func ensureRepository(_ context: WorkContext, mayMake: Bool) throws {
        // Past the gate here; the backup itself waits at the lock alone.
        try RepositoryLock(.shared, context.lockFile, context.output).release()
        let restic = Restic(context: context)
        var isRepository: Bool { Place.facts(context.repository + "/config") != nil }
        guard isRepository || mayMake else {
            throw WorkFailure(
                "repositoryMissing",
                "versions are known and the repository \(context.repository) is not there: is its disk mounted?")
        }
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
}
