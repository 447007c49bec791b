import GoWire
import HTTPTypes
import Hummingbird
import MartletCore
import MartletEngine
import MartletHTTP

extension CacheLoadFacade {
    /// The tasks that fit the query, and how they fare together.
    func status(_ call: FacadeCall) async throws -> Response {
        let filter = try TaskFilter(call.query)
        let found = try await find(filter, call)
        if found.rows.isEmpty { return .failure(.notFound, "no task found by filter: \(filter.description)") }
        // As a Go map is written.
        let data = found.rows.sorted { $0.id < $1.id }.map { ($0.id, $0.wire) }
        var members: [(String, WireValue)] = [
            ("data", .object(data)), ("status", .string(TaskStatus(of: found.rows.map(\.status)).rawValue)),
            ("total_task", .int(Int64(found.rows.count))),
        ]
        if let batch = found.batch { members.append(("batch", .string(batch))) }
        if found.hasMore { members.append(("truncated", true)) }
        return .wire(.ok, .object(members))
    }

    /// Tasks, newest first.
    struct Found: Sendable {
        var rows: [TaskRow] = []
        /// The one batch that they all belong to, when a name was asked for.
        var batch: String?
        /// There are more than the limit.
        var hasMore = false
    }

    func find(_ filter: TaskFilter, _ call: FacadeCall) async throws -> Found {
        try await filter.taskID == nil ? search(filter, call) : one(filter, call)
    }

    /// `id`: nil for a run that was started by another way than this facade.
    func row(_ id: String?, _ run: Run, _ taskName: String? = nil) -> TaskRow {
        TaskRow(id: id ?? run.id.description, run: run, program: settings.value.bin, taskName: taskName)
    }

    /// By its id; everything else that was said must fit, too.
    private func one(_ filter: TaskFilter, _ call: FacadeCall) async throws -> Found {
        guard let id = filter.taskID, id.utf8.count <= 64,
            let run = try await call.control.run(alias: id, facade: Self.aliasName),
            let action = CacheAction(of: run), filter.action == nil || filter.action == action.rawValue,
            filter.status == nil || filter.status == TaskStatus(run), call.principal.rights.covers(run)
        else { return Found() }
        if let name = filter.taskName, name != run.cacheTaskName {
            // A run that a later batch joined has that batch's name, too.
            let groups = try await call.control.groups(of: run.id)
            guard groups.contains(where: { $0.group == name }) else { return Found() }
        }
        let task = try await call.control.alias(of: run.id, facade: Self.aliasName)
        return Found(rows: [row(task, run, filter.taskName)])
    }

    private func search(_ filter: TaskFilter, _ call: FacadeCall) async throws -> Found {
        var found = Found()
        var queries = Self.queries(filter, call.principal.rights)
        if let name = filter.taskName, !filter.wantsHistory {
            found.batch = try await latestBatch(of: queries, call.control)
            guard let batch = found.batch else { return found }
            queries = queries.map { query in
                var query = query
                (query.group, query.batch) = (name, batch)
                return query
            }
        }
        var runs: [ShownRun] = []
        var names = NameBudget()
        for query in queries { runs += try await Self.all(query, filter, &names, call.control) }
        found.hasMore = runs.count > filter.limit
        runs = Array(runs.sorted { $0.run.id > $1.run.id }.prefix(filter.limit))
        let ids = try await call.control.aliases(of: runs.map(\.run.id), facade: Self.aliasName)
        found.rows = runs.map { shown in
            var row = row(ids[shown.run.id], shown.run, filter.taskName)
            row.isCut = shown.isCut
            return row
        }
        return found
    }

    /// One for each of the drivers: a group may hold runs of others.
    private static func queries(_ filter: TaskFilter, _ rights: Rights) -> [RunQuery] {
        [CacheDriver.Family.load, .query].map { family in
            var query = RunQuery()
            query.driver = family.rawValue
            query.group = filter.taskName
            query.states = filter.status?.states ?? []
            query.job = filter.action.map { CacheAction(rawValue: $0)?.job ?? $0 }
            query.coverage = rights
            return query
        }
    }

    private func latestBatch(of queries: [RunQuery], _ control: Control) async throws -> String? {
        var latest: String?
        for query in queries {
            // Batches are named by rising ids.
            // The latest of all: a status picks from it.
            var query = query
            query.states = []
            if let batch = try await control.latestBatch(of: query) { latest = max(latest ?? batch, batch) }
        }
        return latest
    }

    /// The newest that fit, at most one more than the limit: it tells that there are more.
    private static func all(
        _ query: RunQuery, _ filter: TaskFilter, _ names: inout NameBudget, _ control: Control
    ) async throws -> [ShownRun] {
        var query = query
        query.limit = filter.status == nil ? min(1000, filter.limit + 1) : 1000
        var runs: [ShownRun] = []
        while true {
            let page = try await control.runs(query)
            for run in page.items.map(\.run)
            where CacheAction(of: run) != nil && (filter.status == nil || filter.status == TaskStatus(run)) {
                runs.append(names.shown(run))
                if runs.count > filter.limit { return runs }
            }
            query.before = page.items.last?.run.id
            if !page.hasMore { return runs }
        }
    }
}
