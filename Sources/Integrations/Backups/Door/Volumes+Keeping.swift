import Foundation
package import MartletCore
package import MartletEngine

// Which versions stay, and what is proven of them.
extension Volumes {
    /// How long the states stay that restores kept.
    static let safetyRetention = Retention(expire: .seconds(7 * 86_400), least: 0)

    /// What the rules say about every version of a volume, and why; newest first.
    package func expiry(of volume: View) async throws -> [Retention.Decision] {
        let versions = try await all(of: volume.name)
        let now = control.now()
        return Dictionary(grouping: versions, by: \.mode).flatMap { mode, versions in
            retention(of: volume, mode).decide(versions, at: now, zone: .current)
        }.sorted { $0.version.number > $1.version.number }
    }

    /// Without a rule nothing goes: an orphan's versions stay until somebody deletes them.
    private func retention(of volume: View, _ mode: VolumeMode) -> Retention {
        if let rule = volume.declared?.rule(mode) { return rule.retention }
        if mode == .safety { return Self.safetyRetention }
        return volume.declared == nil ? box.inventory.orphans ?? Retention() : Retention()
    }

    /// Removes what no rule keeps. Nil: there is nothing to remove.
    package func expire(_ volume: View, by caller: Caller) async throws -> Control.Accepted? {
        let gone = try await expiry(of: volume).filter { !$0.isKept }.map(\.version)
        return gone.isEmpty ? nil : try await remove(gone, by: caller)
    }

    /// All of them or none; they are of one volume.
    package func delete(
        _ words: [String], of volume: VolumeName, by caller: Caller
    ) async throws -> Control.Accepted {
        let problems = Fields.Problems()
        var versions: [VolumeVersion] = []
        for (index, word) in words.enumerated() {
            do {
                versions.append(try await version(word, of: volume))
            } catch let error as MartletError where error.code == .notFound {
                problems.add("versions[\(index)]", error.message)
            }
        }
        if words.isEmpty || words.count > 1000 { problems.add("versions", "must be 1 to 1000 numbers or names") }
        try problems.check("the removal")
        return try await remove(versions, by: caller)
    }

    static let mostRemoved = 1000

    /// They are of one app.
    func remove(_ versions: [VolumeVersion], by caller: Caller) async throws -> Control.Accepted {
        guard let volume = versions.first?.volume else { throw Self.invalid("versions", "is empty") }
        guard versions.count <= Self.mostRemoved else {
            throw Self.invalid("versions", "are more than \(Self.mostRemoved); remove them in parts")
        }
        let items = Set(versions.map { RemoveWork.Item(number: $0.number, snapshot: $0.content.snapshot) })
        let gone = Set(versions.map(\.number))
        var query = VolumeQuery(app: volume.app)
        query.limit = 1000
        let witnesses = try await control.store.volumeVersions(query).filter { !gone.contains($0.number) }.prefix(20)
            .map { String($0.content.snapshot.prefix(8)) }
        let work = VolumeWork(
            operation: .remove, app: volume.app,
            remove: RemoveWork(items: items.sorted { $0.number < $1.number }, witnesses: witnesses))
        return try await submit(
            jobs.work(work, of: volume), key: VolumeJobs.key(repositoryOf: volume.app), by: caller)
    }

    // MARK: Proof

    /// How much of a repository's data is read by a check.
    package enum Depth: String, Sendable, CaseIterable {
        /// The structure alone.
        case structure
        /// A thirtieth of the data, another one each day.
        case part
        case all
    }

    /// Checks the repository of the volume's app.
    package func check(_ volume: View, _ depth: Depth, by caller: Caller) async throws -> Control.Accepted {
        try await submit(checkWork(of: volume.name, depth), by: caller)
    }

    func checkWork(of volume: VolumeName, _ depth: Depth) -> Work {
        let day = control.now().milliseconds / 86_400_000
        let data: String =
            switch depth {
            case .structure: "none"
            case .part: "\(day % 30 + 1)/30"
            case .all: "all"
            }
        let app = volume.app
        let work = VolumeWork(operation: .check, app: app, check: CheckWork(data: data))
        return Work(job: jobs.work(work, of: volume), key: VolumeJobs.key(repositoryOf: app))
    }

    /// Takes the versions of the volume's app into the catalogue that its repository has: after the loss of the catalogue, or
    /// of a run's end.
    package func adopt(_ volume: View, by caller: Caller) async throws -> Control.Accepted {
        let app = volume.name.app
        var (query, known) = (VolumeQuery(app: app), [String]())
        query.limit = 1000
        while known.count < 8000 {
            let page = try await control.store.volumeVersions(query)
            known += page.map { String($0.content.snapshot.prefix(8)) }
            guard page.count == query.limit, let last = page.last else { break }
            query.before = last.number
        }
        let work = VolumeWork(operation: .adopt, app: app, adopt: AdoptWork(known: known))
        return try await submit(
            jobs.work(work, of: volume.name), key: VolumeJobs.key(repositoryOf: app), by: caller)
    }

    /// Restores a version to scratch space and compares it.
    package func drill(_ volume: View, _ version: VolumeVersion, by caller: Caller) async throws -> Control.Accepted {
        try await submit(drillWork(of: volume.declared, version), by: caller)
    }

    func drillWork(of declared: DeclaredVolume?, _ version: VolumeVersion) -> Work {
        let settings = box.settings
        let volume = version.volume
        let isHere = declared.map { $0.node == nil || $0.node == settings.node } ?? false
        let work = DrillWork(
            snapshot: version.content.snapshot, version: version.number, volume: volume,
            path: isHere ? declared?.path : nil, scratch: settings.scratchDirectory)
        let job = jobs.work(VolumeWork(operation: .drill, app: volume.app, drill: work), of: volume)
        return Work(job: job, key: "drill:\(volume)")
    }
}
