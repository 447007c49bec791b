package import MartletCore

extension Control {
    /// Asks a run to end. One that has ended or was removed meanwhile is left as it is.
    package func stopIfUnfinished(_ id: RunID) async throws {
        do {
            _ = try await stop(id)
        } catch let error as MartletError where error.code == .conflict || error.code == .notFound {
            return
        }
    }

    /// For a run that replaces: ends as many of its job's oldest runs as leave it no place, so that it starts when they
    /// are gone. Only runs before it: two submissions at once must not end each other.
    func makeRoom(for new: NewRun) async throws {
        guard let admission = new.admission, admission.otherwise == .replace else { return }
        var query = RunQuery()
        query.job = new.run.job.name
        query.states = RunState.allCases.filter { !$0.isEnd }
        query.before = new.run.id
        query.limit = 1000
        var spared = max(0, admission.mostUnfinished - 1)
        while true {
            let page = try await store.runs(query)
            for run in page.items.dropFirst(spared) { try await replaced(run.id) }
            spared = max(0, spared - page.items.count)
            guard page.hasMore, let last = page.items.last else { return }
            query.before = last.id
        }
    }

    /// The end of each is a change of its own, with a record of its own.
    private func replaced(_ id: RunID) async throws {
        guard let call = AuditScope.current else { return try await stopIfUnfinished(id) }
        try await AuditScope.$current.withValue(call.another()) { try await stopIfUnfinished(id) }
    }
}
