import GoWire
import HTTPTypes
import Hummingbird
import MartletCore
import MartletEngine
import MartletHTTP

extension CacheLoadFacade {
    /// Loads again what failed, as a new batch of the same name: the failed files where they are known, else the path. What
    /// is not done of the name's latest batch, and is not loaded again, is in the new one, too: else it would be forgotten.
    func retry(_ call: FacadeCall) async throws -> Response {
        guard let bytes = try await call.body(upTo: CacheRequest.largestBody) else {
            return .failure(.contentTooLarge, "the body is larger than \(CacheRequest.largestBody) bytes")
        }
        let settings = settings.value
        let filter = try TaskFilter(retrying: bytes)
        try Self.check(settings)
        let format = try ReplyFormat(call.query, settings)
        let rows = try await find(filter, call).rows
        if rows.isEmpty { return .failure(.notFound, "no task found by filter: \(filter.description)") }
        let retried = rows.reversed().filter { $0.canBeRetried(byItself: filter.taskID != nil) }
        let jobs = retried.flatMap { $0.retries(settings) }
        if jobs.isEmpty {
            return .failure(.conflict, "nothing to load again: no load that is over failed, by \(filter.description)")
        }
        if jobs.count > CacheRequest.mostPaths {
            return .failure(
                .conflict,
                "\(jobs.count) files failed, more than the \(CacheRequest.mostPaths) that one batch takes; retry by task_id"
            )
        }
        // No idempotency key counts here: what failed is another thing as soon as it is loaded again.
        let undone = try await undone(rows, besides: Set(retried.map(\.run.id)), call)
        return try await submit(jobs, call, format, isKeyed: false, with: undone)
    }

    /// The runs of the latest batch of the rows' name that have not proven a load, `known` excepted.
    private func undone(_ rows: [TaskRow], besides known: Set<RunID>, _ call: FacadeCall) async throws -> [RunID] {
        guard let name = rows.first?.name, !name.isEmpty else { return [] }
        let latest = try await find(TaskFilter(latestOf: name), call).rows
        return latest.filter { $0.run.state != .succeeded || $0.run.isUnprovenLoad }.map(\.run.id)
            .filter { !known.contains($0) }
    }

    /// Ends a task, or every unfinished one of a name's latest batch, each with its whole process tree. A name ends no
    /// run that somebody else's batch waits for, too: only its id does.
    func stop(_ call: FacadeCall) async throws -> Response {
        let filter = try TaskFilter(call.query)
        if filter.taskID == nil, filter.taskName == nil {
            return .failure(.badRequest, "task_id or task_name is required")
        }
        let rows = try await find(filter, call).rows
        if rows.isEmpty { return .failure(.notFound, "no task found by filter: \(filter.description)") }
        let all = rows.filter { !$0.run.state.isEnd }
        let shared = filter.taskID == nil ? try await Self.shared(all, filter, call.control) : []
        let unfinished = all.filter { !shared.contains($0.id) }
        // Those that wait first: none of them is to take the place of one that was stopped.
        try await Self.stop(unfinished.filter { $0.run.state == .pending }, call.control)
        try await Self.stop(unfinished.filter { $0.run.state != .pending }, call.control)
        var members: [(String, WireValue)] = [
            ("stopped", .array(unfinished.map { .string($0.id) })), ("total", .int(Int64(unfinished.count))),
        ]
        if !shared.isEmpty {
            members.append(("shared", .array(all.filter { shared.contains($0.id) }.map { .string($0.id) })))
        }
        return .wire(.ok, .object(members))
    }

    /// The tasks that are in a batch of another name, too, or of none. Such a batch is not over: the task is not.
    private static func shared(
        _ rows: [TaskRow], _ filter: TaskFilter, _ control: Control
    ) async throws -> Set<String> {
        var shared: Set<String> = []
        for row in rows {
            let groups = try await control.groups(of: row.run.id)
            if groups.contains(where: { $0.group != filter.taskName }) { shared.insert(row.id) }
        }
        return shared
    }
}

extension CacheLoadFacade {
    private static let stopsAtOnce = 64

    /// Many at once share the store's commits. The end of each is a change of its own, with a record of its own.
    private static func stop(_ rows: [TaskRow], _ control: Control) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, row) in rows.enumerated() {
                if index >= stopsAtOnce { try await group.next() }
                group.addTask {
                    try await AuditScope.$current.withValue(AuditScope.current?.another()) {
                        try await control.stopIfUnfinished(row.run.id)
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}

extension TaskFilter {
    /// Reads `{"task_id": …}` or `{"task_name": …}`.
    init(retrying bytes: [UInt8]) throws(CacheComplaint) {
        do throws(GoJSONError) {
            let document = try GoJSON.firstDocument(bytes)
            taskID = try GoJSON.string("task_id", in: document, of: "RetryRequest")
            taskName = try GoJSON.string("task_name", in: document, of: "RetryRequest")
        } catch {
            throw .json(error.message)
        }
        if (taskID ?? "").isEmpty, (taskName ?? "").isEmpty {
            throw .json("task_id or task_name is required")
        }
        (action, status, wantsHistory, limit) = (nil, nil, false, Self.mostTasks)
    }

    /// All of the latest batch of a name.
    fileprivate init(latestOf name: String) {
        (taskID, taskName) = (nil, name)
        (action, status, wantsHistory, limit) = (nil, nil, false, Self.mostTasks)
    }
}

extension TaskRow {
    /// What somebody ended is not started again by a name alone.
    fileprivate func canBeRetried(byItself: Bool) -> Bool {
        guard CacheAction(of: run)?.isLoad == true else { return false }
        return run.state == .failed || run.state == .lost || run.isUnprovenLoad
            || (byItself && run.state == .cancelled)
    }

    /// The failed files' metadata is as new as the failed run made it: they are loaded without it.
    fileprivate func retries(_ settings: CacheLoadSettings) -> [CacheJob] {
        guard let action = CacheAction(of: run) else { return [] }
        let tally = LoadTally(run.report.evidence)
        let files = run.outcome == .partial ? tally.retriable(of: run.cachePath) : nil
        return (files ?? run.cachePaths).map { path in
            CacheJob(
                action: files == nil ? action : .load, paths: [path], taskName: name.isEmpty ? nil : name,
                allowsWildcards: files == nil,
                continuesAfterMetadata: run.job.tasks.first?.onFailure == .continue, timeout: settings.timeout,
                user: settings.user)
        }
    }

    fileprivate var name: String { taskName ?? run.cacheTaskName }
}
