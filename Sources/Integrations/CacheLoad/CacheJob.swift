import MartletCore

/// What one run is to do: an action on one path, or on several for a free.
struct CacheJob: Sendable {
    static let nameLabel = "cacheLoad/name"

    let action: CacheAction
    var paths: [String] = []
    /// The caller's name for the batch; of loads only.
    var taskName: String?
    var allowsWildcards = false
    var isConfirmed = false
    var continuesAfterMetadata = false
    /// Of each task.
    var timeout: TimeSpan
    var user: String?

    private static let queryGrace = TimeSpan.seconds(1)

    var job: Job {
        Job(name: action.job, tasks: tasks, labels: taskName.map { [Self.nameLabel: $0] } ?? [:])
    }

    private var tasks: [TaskSpec] {
        let path = paths.first ?? "/"
        switch action {
        case .load: return [task(.distributedLoad, path)]
        case .metadata: return [task(.loadMetadata, path)]
        case .forceLoad:
            var metadata = task(.loadMetadata, path)
            metadata.onFailure = continuesAfterMetadata ? .continue : .stop
            return [metadata, task(.distributedLoad, path)]
        case .list: return [task(.ls, path)]
        case .free:
            return paths.enumerated().map { index, path in
                var task = task(.free, path)
                if index > 0 { task.name = "free-\(index + 1)" }
                return task
            }
        case .report: return [task(.report, nil)]
        }
    }

    private func task(_ command: CacheCommand, _ path: String?) -> TaskSpec {
        var spec: [String: JSONValue] = ["command": .string(command.rawValue)]
        spec["path"] = path.map(JSONValue.string)
        if allowsWildcards { spec["allowWildcard"] = true }
        if isConfirmed { spec["confirm"] = true }
        var task = TaskSpec(
            name: command.rawValue, driver: command.family.rawValue, spec: .object(spec), timeout: timeout,
            process: ProcessLimits(user: user))
        // Somebody waits for its end.
        if action == .list || action == .report { task.grace = Self.queryGrace }
        return task
    }

    /// What a load of the same is to join; nil: it joins nothing.
    var claim: Claim? {
        guard action.isLoad, let path = paths.first else { return nil }
        return Claim(space: action.rawValue, path: CachePath.normal(path))
    }
}

extension Run {
    /// The paths that it works on; none for a report.
    var cachePaths: [String] {
        let tasks = CacheAction(of: self) == .free ? job.tasks : Array(job.tasks.prefix(1))
        return tasks.compactMap { $0.spec.object?["path"]?.string }
    }

    var cachePath: String { cachePaths.first ?? "" }

    /// The name that its caller gave it; "" when there was none.
    var cacheTaskName: String { labels[CacheJob.nameLabel] ?? "" }
}
