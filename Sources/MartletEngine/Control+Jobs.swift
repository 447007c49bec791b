package import MartletCore

extension Control {
    /// Stores a definition after planning each of its tasks once. `ifVersion` 0: only when it is new. Secrets that it
    /// names must be stored, unless `secretsMayFollow`.
    package func putJob(
        _ job: Job, source: String = "api", ifVersion: Int? = nil, secretsMayFollow: Bool = false
    ) async throws -> StoredJob {
        guard job.name != nil else {
            throw MartletError(
                .invalid, "the job has no name",
                problems: [FieldProblem(field: "name", problem: "is missing; \(Token.rule)")])
        }
        try drivers.check(job, params: ParamValues.samples(for: job))
        if !secretsMayFollow { try await refuse(secrets(for: job, code: .invalid), thatStandIn: job) }
        return try await store.put(job, source: source, ifVersion: ifVersion, at: now())
    }

    package func job(_ name: String) async throws -> StoredJob {
        if let job = try await store.job(name) { return job }
        throw MartletError(.notFound, "there is no job named \(name)")
    }

    /// Those that `coverage` covers, by name, from the one after `name`.
    package func jobs(after name: String?, limit: Int, coverage: Rights) async throws -> [StoredJob] {
        var found: [StoredJob] = []
        var last = name
        while found.count < limit {
            let page = try await store.jobs(after: last, limit: limit)
            found += page.filter { coverage.covers(job: $0.job.name, labels: $0.job.labels) }
            if page.count < limit { break }
            last = page.last?.job.name
        }
        return Array(found.prefix(limit))
    }

    /// Its runs stay: each carries its own snapshot.
    package func deleteJob(_ name: String, ifVersion: Int? = nil) async throws {
        guard try await store.deleteJob(name, ifVersion: ifVersion) else {
            throw MartletError(.notFound, "there is no job named \(name)")
        }
    }
}

extension ParamValues {
    /// A value for every plain parameter, so that a definition can be planned before anybody posts one.
    static func samples(for job: Job) -> [String: JSONValue] {
        job.params.filter { !$0.value.secret }.mapValues { spec in
            if let value = spec.default ?? spec.choices?.first { return value }
            switch spec.type {
            case .string: return "x"
            case .integer, .number: return 1
            case .boolean: return true
            case .list: return []
            }
        }
    }
}
