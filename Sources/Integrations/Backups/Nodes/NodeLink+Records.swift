import Logging
import MartletCore
import MartletEngine

// What a node ran, and how it is.
extension NodeLink {
    func pull() async {
        var state: KnownNode?
        var (failures, mustCompare, heardRings) = (0, true, 0)
        var heard = ContinuousClock.now
        while !Task.isCancelled {
            do {
                let known = try await state.orElse(remembered)
                let (report, hasMore) = try await desk.client.news(
                    after: known.cursor, wait: mustCompare ? 0 : 15, at: address)
                try check(report.node)
                state = try await take(report, after: known)
                guard state?.cursor == report.cursor else { continue }
                if mustCompare, !hasMore {
                    try await compare()
                    mustCompare = false
                }
                (failures, heard) = (0, .now)
                becameUp(report)
            } catch {
                if Task.isCancelled { return }
                failures += 1
                mustCompare = true
                if failures >= Self.mostFailures || heard + Self.lease * 3 < .now { becameDown(error) }
                let pause = min(Duration.milliseconds(250) * (1 << min(failures, 6)), Self.longestPause)
                heardRings = await doorbell.wait(since: heardRings, upTo: pause)
            }
        }
    }

    private func remembered() async throws -> KnownNode {
        if let state = try await control.store.nodes().first(where: { $0.name == node }), state.address == address {
            return state
        }
        // Another machine: nothing is known of its events.
        let state = KnownNode(name: node, address: address)
        try await control.store.forget(node: node)
        try await control.store.save(node: state)
        return state
    }

    /// What is known of the node from now on. Another store than before is asked from its beginning.
    private func take(_ report: NodeReport, after known: KnownNode) async throws -> KnownNode {
        var state = known
        if let instance = known.instance, instance != report.instance {
            desk.logger.warning("the agent has a new store", metadata: ["node": "\(node)"])
            (state.instance, state.cursor) = (report.instance, 0)
            if known.cursor != 0 { return state }
        }
        if report.cursor != known.cursor || !report.records.isEmpty || known.instance == nil
            || known.plan != report.plan
        {
            try await desk.take(report, control)
        }
        (state.instance, state.cursor, state.plan) = (report.instance, report.cursor ?? 0, report.plan)
        return state
    }

    /// What is told to run and what the node does not know any more is lost.
    private func compare() async throws {
        var rest = try await open()[...]
        while !rest.isEmpty {
            let some = Array(rest.prefix(Self.mostOpenAtOnce))
            rest = rest.dropFirst(some.count)
            let found = try await desk.client.records(of: some, at: address)
            let instance = try await remembered().instance ?? ""
            let plan = desk.status(of: node)?.plan
            try await desk.take(
                NodeReport(node: node, instance: instance, cursor: nil, records: found, plan: plan), control)
            let known = Set(found.map(\.run))
            try await lose(some.filter { !known.contains($0) }, why: "the node does not know this run any more")
        }
    }

    func open() async throws -> [RunID] {
        var query = NodeRecordQuery(node: node, isOpen: true)
        query.limit = 1000
        var runs: [RunID] = []
        while true {
            let page = try await control.store.nodeRecords(query).map(\.run)
            runs += page
            guard page.count == query.limit, let last = page.last else { return runs }
            query.before = last
        }
    }

    func lose(_ runs: [RunID], why: String) async throws {
        guard !runs.isEmpty else { return }
        let lost = try await control.store.lose(runs, of: node, why: why, at: control.now())
        desk.tell(lost, at: control.now())
        for record in lost {
            desk.logger.warning("run lost", metadata: ["node": "\(node)", "run": "\(record.run)"])
        }
    }

    // MARK: How it is

    private func becameUp(_ report: NodeReport) {
        let before = desk.status(of: node)
        desk.update(node, of: self) {
            ($0.state, $0.plan, $0.heardAt) = (.up, report.plan, control.now())
            if before?.state != .up, $0.isConfirmed { $0.problem = nil }
        }
        if before?.state != .up { desk.logger.info("node up", metadata: ["node": "\(node)"]) }
        // It was restarted without its plan, or came back: the plan is sent at once.
        if let before, before.wanted == nil || report.plan != before.wanted { bell.ring() }
    }

    private func becameDown(_ error: any Error) {
        let before = desk.status(of: node)
        desk.update(node, of: self) {
            $0.state = .down
            $0.problem = Self.words(error)
        }
        guard before?.state != .down else { return }
        desk.logger.warning("node down", metadata: ["node": "\(node)", "error": "\(error)"])
    }
}

extension Optional {
    /// The value, or the one that has to be looked for.
    fileprivate func orElse(_ other: () async throws -> Wrapped) async throws -> Wrapped {
        if let self { return self }
        return try await other()
    }
}
