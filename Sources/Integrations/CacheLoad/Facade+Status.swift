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
        var found = try await filter.taskID == nil ? search(filter, call) : one(filter, call)
        if let status = filter.status { found.rows.removeAll { $0.status != status } }
        return found
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
            call.principal.rights.covers(run)
        else { return Found() }
        if let name = filter.taskName, name != run.cacheTaskName {
            // A run that a later batch joined has that batch's name, too.
            let groups = try await call.control.view(of: run).groups
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
        var runs: [Run] = []
        for query in queries {
            let (some, hasMore) = try await Self.all(query, upTo: filter.limit, call.control)
            runs += some
            found.hasMore = found.hasMore || hasMore
        }
        found.hasMore = found.hasMore || runs.count > filter.limit
        runs = Array(runs.sorted { $0.id > $1.id }.prefix(filter.limit))
        let names = try await call.control.aliases(of: runs.map(\.id), facade: Self.aliasName)
        found.rows = runs.filter { CacheAction(of: $0) != nil }.map {
            row(names[$0.id], $0, filter.taskName)
        }
        return found
    }

    /// One for each of the drivers: a group may hold runs of others.
    private static func queries(_ filter: TaskFilter, _ rights: Rights) -> [RunQuery] {
        [CacheDriver.Family.load, .query].map { family in
            var query = RunQuery()
            query.driver = family.rawValue
            query.group = filter.taskName
            query.job = filter.action.map { CacheAction(rawValue: $0)?.job ?? $0 }
            query.coverage = rights
            return query
        }
    }

    private func latestBatch(of queries: [RunQuery], _ control: Control) async throws -> String? {
        var latest: String?
        for query in queries {
            // Batches are named by rising ids.
            if let batch = try await control.latestBatch(of: query) { latest = max(latest ?? batch, batch) }
        }
        return latest
    }

    private static func all(_ query: RunQuery, upTo limit: Int, _ control: Control) async throws -> ([Run], Bool) {
        var query = query
        query.limit = min(1000, limit)
        var runs: [Run] = []
        while true {
            let page = try await control.runs(query)
            runs += page.items.map(\.run)
            query.before = runs.last?.id
            if !page.hasMore || runs.count >= limit { return (runs, page.hasMore) }
        }
    }
}
