package import MartletCore

/// Which volumes there are and how each is backed up: the file `backups.inventory`, checked.
package struct Inventory: Sendable, Hashable {
    /// In the order of their names.
    package var volumes: [DeclaredVolume] = []
    /// Entries that lead to no volume, and why: of a source that is taken in part.
    package var refused: [Refusal] = []
    static let mostRefused = 1000
    static let mostContainers = 64
    /// How long versions of volumes stay that are not declared any more; nil: until somebody removes them.
    package var orphans: Retention?
    /// Below it are the volumes that name no path of their own.
    package var root = "/data/lain/volumes"
    /// Of schedules that name none; nil: the machine's.
    package var zone: String?
    /// Each rule starts later by a part of it that belongs to the rule; nil: as the settings say.
    package var jitter: TimeSpan?
    /// Machines with an agent, and their IPv4 addresses.
    package var nodes: [String: String] = [:]

    /// Apps whose repository is known to be there: where it is not, something is wrong with its place.
    package var begun: Set<String> = []

    /// Whether versions are kept in this server's catalogue and removed by it. Of an agent that follows a controller's plan
    /// both is the controller's.
    package var ownsCatalogue = true

    package init() {}

    package struct Refusal: Sendable, Hashable {
        package let entry: String
        package let problem: String
    }

    /// Volumes are in the order of their names.
    package subscript(_ name: VolumeName) -> DeclaredVolume? {
        let text = name.description
        var (low, high) = (0, volumes.count)
        while low < high {
            let middle = (low + high) / 2
            if volumes[middle].name.description < text { low = middle + 1 } else { high = middle }
        }
        // Two spellings of one path have one text.
        return volumes[low...].prefix { $0.name.description == text }.first { $0.name == name }
    }

    package func volume(archive: String) -> DeclaredVolume? { volumes.first { $0.name.archive == archive } }

    /// The place of a volume that names none.
    package func standardPath(of name: VolumeName) -> String { Self.path(of: name, below: root) }

    static func path(of name: VolumeName, below root: String) -> String {
        (root == "/" ? "" : root) + "/" + name.description
    }
}

/// One volume of one instance.
package struct DeclaredVolume: Sendable, Hashable {
    package var name: VolumeName
    /// Absolute path on its node.
    package var path: String
    /// Machine that has it; nil: the server's own.
    package var node: String?
    /// Where hooks run, one after the other.
    package var containers: [String]
    /// One for each mode.
    package var rules: [BackupRule]
    /// When a restore drill is due, as cron text; nil: on request only.
    package var drill: String?

    package func rule(_ mode: VolumeMode?) -> BackupRule? {
        guard let mode else { return rules.first }
        return rules.first { $0.mode == mode }
    }
}

/// How a volume is backed up in one mode.
package struct BackupRule: Sendable, Hashable {
    package var mode: VolumeMode
    /// Cron text; nil: on request only.
    package var schedule: String?
    /// Whether it may be due more often than every five minutes.
    package var isFrequent = false
    package var retention: Retention
    package var exclude: [String]
    package var before: Hook?
    package var after: Hook?
    /// Longest time of one backup.
    package var timeout: TimeSpan
}

/// A command before or after a backup.
package struct Hook: Sendable, Hashable, Codable {
    package enum Runner: String, Sendable, Codable, CaseIterable {
        /// `docker exec` in the instance's container.
        case container
        /// In the namespaces of the container's first process.
        case nsenter
        /// On the node itself.
        case host
    }

    package var runner: Runner
    /// Program and arguments; no shell.
    package var command: [String]
    package var timeout: TimeSpan
    /// Whether a failure before the backup is a warning only.
    package var mayFail: Bool
}
