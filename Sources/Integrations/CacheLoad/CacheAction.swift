import MartletCore

/// What can be asked of the cache, by the names that the replaced service gave it.
package enum CacheAction: String, Sendable, CaseIterable {
    /// Brings the files below a path into the cache.
    case load = "GooseFSDistributeLoad"
    /// Reads the metadata of the files below a path anew.
    case metadata = "GooseFSLoadMetadata"
    /// Metadata, then the load.
    case forceLoad = "GooseFSForceLoad"
    /// Lists a path; the caller waits.
    case list = "GooseFSList"
    /// Drops the files below paths from the cache; the caller waits.
    case free = "GooseFSFree"
    /// Summary of the cluster; the caller waits.
    case report = "GooseFSReport"

    /// Those that `POST /api/v1/gfs` takes.
    static let posted: [CacheAction] = [.list, .forceLoad, .metadata, .load, .free]

    private static let prefix = "cacheLoad."

    /// The name of its jobs.
    var job: String { Self.prefix + rawValue }

    /// The action of a run; nil when the run is none of ours.
    init?(of run: Run) {
        guard let name = run.job.name, name.hasPrefix(Self.prefix) else { return nil }
        self.init(rawValue: String(name.dropFirst(Self.prefix.count)))
    }

    /// Answered at once, and looked after later.
    var isLoad: Bool { [.load, .metadata, .forceLoad].contains(self) }
}

/// One word of the goosefs program's command line, and what follows it.
enum CacheCommand: String, Sendable, CaseIterable {
    case distributedLoad, loadMetadata, ls, free, report

    /// Which driver runs it.
    var family: CacheDriver.Family {
        switch self {
        case .distributedLoad, .loadMetadata: .load
        case .ls, .free, .report: .query
        }
    }

    /// The arguments; `path` is one of them as it is.
    func words(_ path: String) -> [String] {
        switch self {
        case .distributedLoad: ["fs", "distributedLoad", "--replication", "1", path]
        case .loadMetadata: ["fs", "loadMetadata", "-R", "-F", path]
        case .ls: ["fs", "ls", path]
        case .free: ["fs", "free", "-f", path]
        case .report: ["fsadmin", "report"]
        }
    }
}
