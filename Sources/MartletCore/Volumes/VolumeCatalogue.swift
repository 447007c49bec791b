/// Which versions are asked for; newest first.
package struct VolumeQuery: Sendable, Hashable {
    package var app: String?
    package var proc: String?
    package var volume: VolumeName?
    /// 1…1,000.
    package var limit = 100
    /// Only versions older than this number: the last of the page before.
    package var before: Int64?

    package init(app: String? = nil, proc: String? = nil, volume: VolumeName? = nil) {
        self.app = app
        self.proc = proc
        self.volume = volume
    }
}

/// What the catalogue knows of one volume.
package struct VolumeRecord: Sendable, Hashable {
    package let volume: VolumeName
    /// Backups that can be restored; states from before a restore are not counted.
    package let versions: Int
    package let newest: VolumeVersion?

    package init(volume: VolumeName, versions: Int, newest: VolumeVersion?) {
        self.volume = volume
        self.versions = versions
        self.newest = newest
    }
}

/// What was backed up, and what is proven of it. It needs no node and no repository to answer.
package protocol VolumeCatalogue: Sendable {
    func volumeVersions(_ query: VolumeQuery) async throws -> [VolumeVersion]
    func volumeVersion(_ number: Int64) async throws -> VolumeVersion?
    /// By its unique name.
    func volumeVersion(named name: String) async throws -> VolumeVersion?
    /// Those that these runs made, by run.
    func volumeVersions(of runs: [RunID]) async throws -> [RunID: VolumeVersion]
    /// Every volume that has a version, by name; of one app, or of all.
    func volumeRecords(of app: String?) async throws -> [VolumeRecord]
    /// The drills by volume, and the checks by app; of one app, or of all.
    func volumeProofs(of app: String?) async throws -> VolumeProofs
}

package struct VolumeProofs: Sendable, Hashable {
    package var drills: [VolumeName: VolumeProof] = [:]
    package var checks: [String: VolumeProof] = [:]
    package init() {}
}

/// What a run that ended leaves in the store beside itself, in the same transaction.
package enum RunYield: Sendable, Hashable {
    case version(VolumeName, VolumeMode, VolumeVersion.Content, isPartial: Bool)
    /// These versions are not in their repository any more.
    case removed([Int64])
    case drill(VolumeName, VolumeProof)
    /// Of an app's repository.
    case check(app: String, VolumeProof)
    /// A version that a repository has. The catalogue takes it unless it knows it.
    case found(FoundVersion)
    /// How a cluster stands now.
    case cluster(ClusterEnd)
}

/// What a repository itself tells about a version.
package struct FoundVersion: Sendable, Hashable, Codable {
    package var volume: VolumeName
    package var mode: VolumeMode
    package var content: VolumeVersion.Content
    /// When it was made, in seconds since 1970.
    package var second: Int64
    /// The run that made it.
    package var run: RunID?

    package init(
        volume: VolumeName, mode: VolumeMode, content: VolumeVersion.Content, second: Int64, run: RunID?
    ) {
        self.volume = volume
        self.mode = mode
        self.content = content
        self.second = second
        self.run = run
    }
}

/// A driver whose runs leave something.
package protocol YieldingDriver: Driver {
    /// Of an ended run. Pure; asked once.
    func yields(of run: Run) -> [RunYield]
}
