import Foundation
package import MartletCore
package import MartletEngine

extension Volumes {
    /// What is to be brought back, and where to.
    package struct RestoreWish: Sendable, Hashable {
        /// From the volume's root; nil: everything, and what is not in the version goes.
        package var paths: [String]?
        /// Another instance; nil: the version's own.
        package var instance: Int?
        /// Another volume of it; nil: the version's own.
        package var volume: String?
        /// Nothing is written, and the run's results tell what would be.
        package var dryRun = false
        /// Whether the state before becomes a version.
        package var keepState = true

        package init() {}
    }

    static let mostPaths = 1000

    /// Throws `notFound` for an instance that is not there, `forbidden` for a volume that is not declared, `conflict`
    /// naming the run that works on the target.
    package func restore(
        _ version: VolumeVersion, _ wish: RestoreWish, by caller: Caller, idempotency: IdempotencyRecord? = nil
    ) async throws -> Control.Accepted {
        let target = try here(target(of: version, wish, caller.rights))
        return try await restore(
            version.content.snapshot, named: version.name, madeOn: version.content.node, to: target, wish, by: caller,
            idempotency)
    }

    /// `snapshot`: of the repository of the target's app; `named`: the version, as the catalogue calls it.
    package func restore(
        _ snapshot: String, named name: String, madeOn source: String, to target: DeclaredVolume, _ wish: RestoreWish,
        by caller: Caller,
        _ idempotency: IdempotencyRecord? = nil
    ) async throws -> Control.Accepted {
        let work = RestoreWork(
            snapshot: snapshot, target: target.name, path: target.path,
            paths: try Self.checked(wish.paths, below: target.path), dryRun: wish.dryRun, keepsState: wish.keepState,
            node: box.settings.node, version: name, source: source)
        let job = jobs.work(VolumeWork(operation: .restore, app: target.name.app, restore: work), of: target.name)
        return try await submit(
            job, key: wish.dryRun ? nil : VolumeJobs.key(target.name), by: caller, idempotency)
    }

    /// Where it goes, on whatever node. Never of another app: the repository, and so the data, is the app's own.
    func target(
        of version: VolumeVersion, _ wish: RestoreWish, _ rights: Rights
    ) throws(MartletError) -> DeclaredVolume {
        let name = version.volume.at(instance: wish.instance, volume: wish.volume)
        if let problem = VolumeName.problem(withVolume: name.volume) { throw Self.invalid("to.volume", problem) }
        if let volume = box.inventory[name], covers(name, rights) { return volume }
        let isInstance = box.inventory.volumes.contains {
            $0.name.app == name.app && $0.name.proc == name.proc && $0.name.instance == name.instance
        }
        guard isInstance else {
            throw MartletError(.notFound, "the inventory has no instance \(name.instance) of \(name.proc)")
        }
        throw MartletError(.forbidden, "the volume \(name.volume) is not declared for \(name.proc) \(name.instance)")
    }

    /// Nothing that leaves the volume, by its text or by a link in it. `root`: nil when the volume is on another machine,
    /// which looks at its links itself.
    static func checked(_ paths: [String]?, below root: String?) throws(MartletError) -> [String]? {
        guard let paths else { return nil }
        let problems = Fields.Problems()
        if paths.isEmpty { problems.add("paths", "is empty; leave it out to restore everything") }
        if paths.count > mostPaths { problems.add("paths", "has more than \(mostPaths) paths") }
        for (index, path) in paths.prefix(mostPaths).enumerated() {
            let problem =
                PathPattern.problem(path)
                ?? (PathPattern.normal(path) == "/" ? "is the whole volume; leave paths out for that" : nil)
                ?? (root.map { Place.leavesThroughLink(path, below: $0) } == true
                    ? "leads through a link of the volume" : nil)
            if let problem { problems.add("paths[\(index)]", problem) }
        }
        if paths.reduce(0, { $0 + $1.utf8.count }) > 60_000 { problems.add("paths", "are longer than 60000 bytes") }
        try problems.check("the restore")
        return paths.map(PathPattern.normal)
    }
}
