package import MartletCore

extension Nomad {
    /// What the first decision on a job would be, were it registered like this. Nothing is stored.
    package func preview(_ draft: NomadJobDraft) async throws -> NomadPreview {
        let now = control.now()
        _ = try await node()
        let round = try await store.nomadSituations(
            [draft.id], waiting: nil, within: facts.resources, at: now, limit: 1)
        guard let node = round.node else { throw MartletError(.internal, "the node is not stored") }
        let found = round.situations.first { $0.jobID == draft.id }
        let job = Self.registered(draft, over: found, round.index, at: now.nanoseconds)
        let evaluation = NomadEvaluation(
            id: newID(), jobID: job.id, type: job.type, priority: job.priority, cause: .jobRegister,
            at: now.nanoseconds)
        let situation = NomadSituation(
            jobID: job.id, job: job, allocations: found?.allocations ?? [], open: (found?.open ?? []) + [evaluation],
            deployment: found?.deployment, revision: 0, owed: nil)
        var reconciler = Reconciler(
            situation, plan: job.isTemplate ? nil : try planner.plan(of: job, secrets: draft.secrets, on: node.id),
            node: node, facts: facts, free: facts.resources - round.used, index: round.index, at: now.nanoseconds,
            newID: newID)
        reconciler.run()
        return NomadPreview(reconciler, decidedBy: evaluation.id)
    }

    /// As the store would keep it: with the same content it stays the version that it is.
    private static func registered(
        _ draft: NomadJobDraft, over found: NomadSituation?, _ index: Int64, at now: Int64
    ) -> NomadJobRecord {
        let old = found?.job
        let isSame = old.map { $0.isSame(as: draft) && found?.secrets == draft.secrets } ?? false
        var job = NomadJobRecord(
            id: draft.id, type: draft.type, priority: draft.priority, parentID: draft.parentID,
            isTemplate: draft.isTemplate, version: old.map { isSame ? $0.version : $0.version + 1 } ?? 0,
            content: draft.content, submitTime: now, createIndex: old?.createIndex ?? index + 1, modifyIndex: index + 1,
            jobModifyIndex: index + 1)
        job.isPaused = old?.isPaused ?? false
        return job
    }
}

/// What a decision would do to the allocations of each group.
package struct NomadPreview: Sendable {
    package struct Deeds: Sendable, Hashable {
        package var place = 0
        package var canary = 0
        package var stop = 0
        package var migrate = 0
        package var ignore = 0
        package var inPlace = 0
        package var destructive = 0
    }

    package private(set) var groups: [String: Deeds] = [:]
    /// Why not everything found a place.
    package let failed: [String: NomadPlacementMetrics]

    init(_ reconciler: Reconciler, decidedBy evaluation: String) {
        let decision = reconciler.outcome.decision
        let decided = reconciler.evaluations[evaluation]
        failed = decided?.failedGroups ?? [:]
        for group in reconciler.wanted { groups[group.name] = Deeds() }
        for placed in decision.placed {
            if placed.isCanary == true {
                groups[placed.group, default: Deeds()].canary += 1
            } else {
                groups[placed.group, default: Deeds()].place += 1
            }
        }
        // What has no room is wished for all the same.
        for (name, count) in decided?.queued ?? [:] { groups[name, default: Deeds()].place += count }
        for allocation in reconciler.situation.allocations
        where !allocation.isOver && allocation.record.desired == .run {
            guard let after = reconciler.records[allocation.record.id] else { continue }
            let deed: WritableKeyPath<Deeds, Int> =
                if after.desired == .run {
                    after.edition == allocation.record.edition ? \.ignore : \.inPlace
                } else {
                    Self.deed(after.desiredDescription)
                }
            groups[after.group, default: Deeds()][keyPath: deed] += 1
        }
        keepWhatCannotBeReplaced(reconciler)
    }

    private static func deed(_ why: String) -> WritableKeyPath<Deeds, Int> {
        switch why {
        case Reconciler.updating: \.destructive
        case Reconciler.migrating: \.migrate
        default: \.stop
        }
    }

    /// It lives on, and its replacement is what has no place: one deed, not two.
    private mutating func keepWhatCannotBeReplaced(_ reconciler: Reconciler) {
        for group in reconciler.wanted where reconciler.obstacle(group) != nil {
            let outdated = reconciler.outdated(group).count
            groups[group.name]?.place -= outdated
            groups[group.name]?.ignore -= outdated
            groups[group.name]?.destructive += outdated
        }
    }
}
