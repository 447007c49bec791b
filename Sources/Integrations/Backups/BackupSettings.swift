import Foundation
package import MartletCore
import Synchronization

/// What the Backups integration is configured with.
package struct BackupSettings: Sendable, Hashable {
    /// YAML file of the volumes; nil: there are none.
    package var inventory: String?
    /// Base address of the event stream of pods, instead of an inventory.
    package var lainlet: String?
    /// Directory of the volumes that do not say where they are.
    package var root = "/data/lain/volumes"
    /// Directory of an app's repository, `{app}` filled in.
    package var repository = "/var/backups/martlet/{app}"
    package var restic = "restic"
    package var rsync = "rsync"
    /// Name of this machine in the inventory and in the catalogue.
    package var node = ""
    /// Data directory of the server.
    package var dataDirectory = ""
    /// Whether versions that no rule keeps are removed by themselves.
    package var expires = true
    /// Each rule starts later by a part of it that belongs to the rule.
    package var jitter = TimeSpan.seconds(0)
    /// Backups at once on all nodes together.
    package var mostAtOnce = 10_000
    /// Where drills restore to; nil: beside the locks in the data directory.
    package var scratch: String?
    /// Nil: the one in the data directory.
    package var copiesDirectory: String?
    /// How the agents of other machines are reached.
    package var agents = NodeAccess()
    /// Base address that agents tell that there is something new; nil: they are asked.
    package var advertise: String?

    package init() {}

    package func repository(of app: String) -> String { repository.replacing("{app}", with: app) }

    /// Files that only this machine needs: listings, the engine's cache.
    package var directory: String { dataDirectory + "/volumes" }
    /// Beside the repository: every machine that works on it queues there.
    func lock(of app: String) -> String { repository(of: app) + ".lock" }
    var cache: String { directory + "/cache" }
    var listings: String { directory + "/listings" }
    /// Below which callers may have copies of the server's store put.
    package var copies: String { copiesDirectory ?? dataDirectory + "/copies" }
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
    private struct State {
        var settings: BackupSettings
        var inventory: Inventory?
        var inventoryReadAt: Date?
        var problems: [String: String] = [:]
        var owesSchedules = false
        var bells: [AsyncStream<Void>.Continuation] = []
    }

    private let box: Mutex<State>

    package init(_ settings: BackupSettings) { box = Mutex(State(settings: settings)) }

    package var settings: BackupSettings { box.withLock { $0.settings } }
    /// How far the starts of rules are spread; nil: they are not.
    var jitter: TimeSpan? {
        let jitter = inventory.jitter ?? settings.jitter
        return jitter.milliseconds > 0 ? jitter : nil
    }
    /// Empty as long as it is not known.
    package var inventory: Inventory { known ?? Inventory() }
    /// Nil: nobody has told yet which volumes there are.
    package var known: Inventory? { box.withLock { $0.inventory } }
    /// Nil: not yet.
    var inventoryReadAt: Date? { box.withLock { $0.inventoryReadAt } }
    package func replace(_ settings: BackupSettings) { box.withLock { $0.settings = settings } }

    package func replace(_ inventory: Inventory) {
        box.withLock { state in
            (state.inventory, state.inventoryReadAt) = (inventory, Date())
        }
        tellChange()
    }

    func tellChange() {
        box.withLock { state in
            for bell in state.bells { bell.yield() }
        }
    }

    /// An element at once and after each new inventory; several may join into one.
    func changes() -> AsyncStream<Void> {
        let (stream, bell) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        box.withLock { $0.bells.append(bell) }
        bell.yield()
        return stream
    }

    /// Whether some rules have no schedule yet that are to have one.
    var owesSchedules: Bool {
        get { box.withLock { $0.owesSchedules } }
        set { box.withLock { $0.owesSchedules = newValue } }
    }

    /// Why a rule does not start by itself, by the name of its schedule; nil: it does.
    package func problem(ofSchedule name: String) -> String? { box.withLock { $0.problems[name] } }
    func replace(problems: [String: String]) { box.withLock { $0.problems = problems } }
}
