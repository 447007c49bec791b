package import Foundation
package import MartletCore

extension Control {
    package func view(of run: Run) async throws -> RunView {
        let counts = run.state == .pending ? try await store.liveCounts() : LiveCounts()
        return RunView(run: run, groups: try await store.groups(of: run.id), reason: reason(of: run, counts))
    }

    /// The batches that a run is a member of.
    package func groups(of id: RunID) async throws -> [GroupMembership] { try await store.groups(of: id) }

    /// A page, newest first; groups are left empty in listings.
    package func runs(_ query: RunQuery) async throws -> Page<RunView> {
        guard (1...1000).contains(query.limit) else {
            throw MartletError(
                .invalid, "the listing is not valid",
                problems: [FieldProblem(field: "limit", problem: "must be from 1 to 1000")])
        }
        let page = try await store.runs(query)
        let waits = page.items.contains { $0.state == .pending }
        let counts = waits ? try await store.liveCounts() : LiveCounts()
        return Page(
            items: page.items.map { RunView(run: $0, groups: [], reason: reason(of: $0, counts)) },
            hasMore: page.hasMore, end: page.end)
    }

    /// One for each hour in which a run ended that `rights` cover, oldest first. For rights over some runs only they may begin
    /// later than at `start`, which must be the beginning of an hour.
    package func figures(since start: Date, rights: Rights) async throws -> CoveredFigures {
        if rights.isRestricted { return try await store.hours(since: start, covering: rights) }
        return CoveredFigures(hours: try await store.hours(since: start), since: start)
    }

    /// How many runs that `rights` cover wait, run, end and stand still.
    package func present(rights: Rights) async throws -> PresentFigures {
        try await rights.isRestricted ? store.present(covering: rights) : store.present()
    }

    /// The id that a facade knows a run by.
    package func alias(of id: RunID, facade: String) async throws -> String? {
        try await store.alias(of: id, facade: facade)
    }

    /// The same of several runs; those without one are left out.
    package func aliases(of ids: [RunID], facade: String) async throws -> [RunID: String] {
        try await store.aliases(of: ids, facade: facade)
    }

    /// What a facade calls its runs that are not over or ended no earlier than `endedAfter`; newest first.
    package func aliases(facade: String, endedAfter: Date) async throws -> [(alias: String, run: RunID)] {
        try await store.aliases(facade: facade, endedAfter: endedAfter)
    }

    /// The newest batch of the query's group that has a run of its driver and job, where it names them.
    package func latestBatch(of query: RunQuery) async throws -> String? { try await store.latestBatch(of: query) }

    /// Nil when there is none: it may have been removed by retention since somebody learnt its id.
    package func run(_ id: RunID) async throws -> Run? { try await store.run(id) }

    package func runs(_ ids: [RunID]) async throws -> [Run] { try await store.runs(ids) }

    /// The run that a facade knows by this id; nil when it knows none.
    package func run(alias: String, facade: String) async throws -> Run? {
        guard let id = try await store.resolve(alias: alias, facade: facade) else { return nil }
        return try await store.run(id)
    }

    package func attempts(of id: RunID) async throws -> [FinishedTask] { try await store.attempts(of: id) }

    package func events(of id: RunID?, after number: Int64, limit: Int) async throws -> [RunEvent] {
        try await store.events(of: id, after: number, limit: limit)
    }

    /// Events of runs that had been claimed by then, after `number`; and the number up to which there are no others.
    package func startedEvents(after number: Int64, limit: Int) async throws -> (events: [RunEvent], upTo: Int64) {
        try await store.startedEvents(after: number, limit: limit)
    }

    /// Numbers of the oldest and newest event still stored.
    package func eventRange() async throws -> ClosedRange<Int64>? { try await store.eventRange() }

    /// A place among the callers that may wait at once (`limits.waiters`). Take it before submitting when a run
    /// makes sense only with somebody who waits for it. Throws `unavailable`.
    package func waitingPlace() throws(MartletError) -> WaitingPlace { try feed.place() }

    /// Returns when the run has ended; the run as it is then. Cancel it to wait no longer.
    package func end(of id: RunID, at place: WaitingPlace) async throws -> Run {
        defer { withExtendedLifetime(place) {} }
        let end = feed.end(of: id)
        let run = try await require(id)
        if run.state.isEnd { return run }
        for await _ in end { break }
        try Task.checkCancellation()
        return try await require(id)
    }

    /// Returns when the run has ended or after `timeout`, whichever is first; the run as it is then.
    package func wait(for id: RunID, upTo timeout: TimeSpan) async throws -> Run {
        let place = try feed.place()
        defer { withExtendedLifetime(place) {} }
        let end = feed.end(of: id)
        let run = try await require(id)
        if run.state.isEnd { return run }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in end { return } }
            group.addTask { try? await Task.sleep(for: timeout.duration) }
            await group.next()
            group.cancelAll()
        }
        return try await require(id)
    }

    /// Why a run waits at this moment; for any other state what is stored.
    private func reason(of run: Run, _ counts: LiveCounts) -> Reason {
        guard run.state == .pending else { return run.reason }
        if run.dueAt > now() {
            if case .retryWait = run.reason { return run.reason }
            return .notDue(run.dueAt)
        }
        let limits = settings.value.limits
        if counts.runs >= limits.runs { return .globalLimit(limits.runs) }
        if let limit = limits.drivers[run.driver], counts.drivers[run.driver, default: 0] >= limit {
            return .driverLimit(driver: run.driver, limit: limit)
        }
        if let name = run.job.name, let limit = run.job.concurrency, counts.jobs[name, default: 0] >= limit {
            return .jobLimit(job: name, limit: limit)
        }
        let state = disk()
        let needed = state.needed(settings.value.minFree)
        if state.free < needed { return .diskLow(free: state.free, needed: needed) }
        return .queued
    }
}
