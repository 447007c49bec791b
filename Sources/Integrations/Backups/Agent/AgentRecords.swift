import MartletCore
import MartletEngine
import ServiceLifecycle

/// What an agent tells its controller about its runs: each as it is now, in the order of the events behind it.
struct AgentRecords: Sendable {
    static let mostEvents = 1000

    let desk: AgentDesk
    let control: Control

    struct Page: Sendable {
        var records: [NodeRecord]
        /// Events up to this one are told.
        var next: Int64
        var hasMore: Bool
    }

    /// Those that changed after event `after`. Waits for the first change, up to `wait`.
    func page(after: Int64, limit: Int, wait: TimeSpan) async throws -> Page {
        // Listening before reading: nothing falls between.
        let changes = control.feed.changes { $0.kind == .created || $0.kind == .state }
        let page = try await page(after: after, limit: limit)
        guard page.records.isEmpty, !page.hasMore, wait.milliseconds > 0 else { return page }
        let place = try control.waitingPlace()
        defer { withExtendedLifetime(place) {} }
        return try await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await news(after: page.next, limit: limit, changes) }
                group.addTask { try? await Task.sleep(for: wait.duration) }
                await group.next()
                group.cancelAll()
            }
            return try await self.page(after: page.next, limit: limit)
        }
    }

    /// Returns once there is something to tell, also a failure to read it.
    private func news(after: Int64, limit: Int, _ changes: AsyncStream<Void>) async {
        for await _ in changes {
            guard let page = try? await page(after: after, limit: limit), page.records.isEmpty, !page.hasMore else {
                return
            }
        }
    }

    /// Of a run that is not there any more nothing is told: the one who asks knows which he waits for.
    func records(of runs: [RunID]) async throws -> [NodeRecord] {
        try await control.runs(runs).compactMap { NodeRecord($0, on: desk.settings.node, control.drivers) }
    }

    private func page(after: Int64, limit: Int) async throws -> Page {
        var after = after
        // A cursor from before this store: everything is told again, and known things change nothing.
        if let range = try await control.eventRange(), after > range.upperBound { after = 0 }
        let events = try await control.events(of: nil, after: after, limit: limit)
        var seen: Set<RunID> = []
        let runs = events.map(\.run).filter { seen.insert($0).inserted }
        return Page(
            records: try await records(of: runs), next: events.last?.number ?? after, hasMore: events.count == limit)
    }
}
