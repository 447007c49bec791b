import HTTPTypes

/// What a call of the daemon's API wants.
enum DaemonRoute: Sendable, Hashable {
    case jobs
    case job(id: String)
    case takeJobs
    /// Nothing fires by itself, or all does again.
    case standstill(Bool)
    case once(id: String)
    case action(id: String, word: String)
    case backups
    case backup(name: String)
    /// `inner`: from the volume's root, `""` for the root.
    case files(name: String, inner: String)
    case delete
    case recover(name: String, needsFiles: Bool)
    case notifyAddresses, addNotifyAddress, removeNotifyAddress
    case state

    /// `parts`: of the path below `/api/v1`. Nil: there is no such route.
    init?(_ method: HTTPRequest.Method, _ parts: [String]) {
        let found: DaemonRoute? =
            switch method {
            case .get, .head: Self.reading(parts)
            case .put: Self.putting(parts)
            case .post: Self.posting(parts)
            default: nil
            }
        guard let found else { return nil }
        self = found
    }

    /// Whether it changes what the node does for all: the native API wants an administrator for that. An open listener has
    /// said whom it lets do this.
    var isOfTheMachine: Bool {
        switch self {
        case .takeJobs, .standstill, .delete, .addNotifyAddress, .removeNotifyAddress: true
        case .jobs, .job, .once, .action, .backups, .backup, .files, .recover, .notifyAddresses, .state: false
        }
    }

    private static func reading(_ parts: [String]) -> DaemonRoute? {
        switch (parts.first, parts.count) {
        case ("cron", 2) where parts[1] == "jobs": .jobs
        case ("cron", 3) where parts[1] == "jobs": .job(id: parts[2])
        case ("backup", 2) where parts[1] == "json": .backups
        case ("backup", 4) where parts[1...2] == ["info", "file"]: .backup(name: parts[3])
        case ("backup", 4...) where parts[1...2] == ["filelist", "dir"]:
            .files(name: parts[3], inner: parts.dropFirst(4).joined(separator: "/"))
        case ("notify", 1): .notifyAddresses
        case ("debug", 1): .state
        default: nil
        }
    }

    private static func putting(_ parts: [String]) -> DaemonRoute? {
        switch parts {
        case ["cron", "jobs"]: .takeJobs
        case ["cron", "stop"]: .standstill(true)
        case ["cron", "start"]: .standstill(false)
        case ["notify"]: .addNotifyAddress
        default: nil
        }
    }

    private static func posting(_ parts: [String]) -> DaemonRoute? {
        switch (parts.first, parts.count) {
        case ("cron", 3) where parts[1] == "once": .once(id: parts[2])
        case ("cron", 5) where parts[1] == "jobs" && parts[3] == "actions": .action(id: parts[2], word: parts[4])
        case ("backup", 2) where parts[1] == "delete": .delete
        case ("backup", 5) where parts[1...3] == ["full", "recover", "file"]:
            .recover(name: parts[4], needsFiles: false)
        case ("backup", 5) where parts[1...3] == ["increment", "recover", "dir"]:
            .recover(name: parts[4], needsFiles: true)
        case ("notify", 3) where parts[1...] == ["actions", "remove"]: .removeNotifyAddress
        default: nil
        }
    }
}
