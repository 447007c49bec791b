import Synchronization

/// What the Backups integration is configured with.
package struct BackupSettings: Sendable, Hashable {
    /// YAML file of the volumes; nil: there are none.
    package var inventory: String?
    /// Directory of an app's repository, `{app}` filled in.
    package var repository = "/var/backups/martlet/{app}"
    package var restic = "restic"
    package var rsync = "rsync"
    /// Name of this machine in the inventory and in the catalogue.
    package var node = ""
    /// Data directory of the server.
    package var dataDirectory = ""
    /// Where drills restore to; nil: beside the locks in the data directory.
    package var scratch: String?

    package init() {}

    package func repository(of app: String) -> String { repository.replacing("{app}", with: app) }

    /// Files that only this machine needs: locks, listings, the engine's cache.
    package var directory: String { dataDirectory + "/volumes" }
    func lock(of app: String) -> String { "\(directory)/locks/\(app).lock" }
    var cache: String { directory + "/cache" }
    var listings: String { directory + "/listings" }
    var scratchDirectory: String { scratch ?? directory + "/scratch" }

    /// Name of the stored secret with the password of an app's repository.
    package static func secret(of app: String) -> String { "volumes.\(app)" }

    /// What restic reads from its environment, beside the password.
    func environment(of app: String) -> [String: String] {
        ["RESTIC_REPOSITORY": repository(of: app), "RESTIC_CACHE_DIR": cache, "RESTIC_PROGRESS_FPS": "1"]
    }
}

/// Settings and inventory in force; each replaced as a whole by a reload.
package final class BackupBox: Sendable {
    private let box: Mutex<(settings: BackupSettings, inventory: Inventory)>

    package init(_ settings: BackupSettings) { box = Mutex((settings, Inventory())) }

    package var settings: BackupSettings { box.withLock { $0.settings } }
    package var inventory: Inventory { box.withLock { $0.inventory } }
    package func replace(_ settings: BackupSettings) { box.withLock { $0.settings = settings } }
    package func replace(_ inventory: Inventory) { box.withLock { $0.inventory = inventory } }
}
