import MartletCore

/// What becomes of each allocation of a group.
extension Reconciler {
    private static let notNeeded = "alloc not needed due to job update"
    static let updating = "alloc is being updated due to job update"
    static let migrating = "alloc is being migrated"
    private static let lost = "alloc is lost since its node is down"
    private static let rescheduled = "alloc was rescheduled because it failed"

    /// The newest allocation of each slot; canaries have none until they are promoted.
    func tails(of group: String) -> [Int: NomadAllocationFacts] {
        newest { $0.group == group && $0.isCanary != true }
    }

    func newest(_ isMeant: (NomadAllocation) -> Bool) -> [Int: NomadAllocationFacts] {
        var tails: [Int: NomadAllocationFacts] = [:]
        for allocation in situation.allocations where isMeant(allocation.record) {
            let slot = allocation.record.slot
            if let known = tails[slot], known.rank > allocation.rank { continue }
            tails[slot] = allocation
        }
        return tails
    }

    mutating func reconcile(_ group: GroupPlan) {
        let tails = tails(of: group.name)
        let isOnTrial = tendCanaries(group, tails)
        let missing = (0..<max(0, group.count)).count { tails[$0] == nil }
        // What is placed anew is as little proven as what is replaced.
        var budget = isOnTrial ? 0 : max(0, updateBudget(group, tails) - missing)
        for slot in 0..<max(0, group.count) {
            guard let tail = tails[slot] else {
                if !isOnTrial, !isHeld { place(group, slot: slot, cause: .jobRegister) }
                continue
            }
            if !tail.isOver {
                keep(tail, group, &budget)
            } else if !isOnTrial {
                replace(tail, group)
            }
        }
    }

    /// How many more allocations may be stopped to be updated.
    private func updateBudget(_ group: GroupPlan, _ tails: [Int: NomadAllocationFacts]) -> Int {
        guard let update = group.update, update.maxParallel > 0, let job, job.type == .service else { return .max }
        if deployment?.status == .failed, deployment?.edition == NomadJobEdition(job) { return 0 }
        if isHeld { return 0 }
        let busy = tails.values.count { tail in
            if tail.record.slot >= group.count { return false }
            if tail.record.desired == .stop { return true }
            return tail.record.edition == NomadJobEdition(job) && !tail.record.deploymentID.isEmpty
                && records[tail.record.id]?.health?.isHealthy != true
        }
        return max(0, update.maxParallel - busy)
    }

    private mutating func keep(_ tail: NomadAllocationFacts, _ group: GroupPlan, _ budget: inout Int) {
        let record = tail.record
        guard record.desired == .run, let job else { return }
        if move(record) { return }
        let edition = NomadJobEdition(job)
        guard record.edition != edition else { return }
        if record.edition.created == edition.created, record.fingerprint == group.fingerprint(of: edition) {
            // Its processes are as they would be now.
            let deployment = deploymentID(for: group)
            change(record.id) { record in
                record.edition = edition
                record.deploymentID = deployment
                record.health = nil
            }
        } else if let metrics = obstacle(group) {
            // What cannot be replaced stays.
            refuse(group, metrics)
        } else if budget > 0 {
            budget -= 1
            // Known from the moment of the decision, not only when the first successor is placed.
            _ = deploymentID(for: group)
            stop(record.id, Self.updating)
        }
    }

    /// Ends what is to be somewhere else. Whether it is.
    @discardableResult
    mutating func move(_ record: NomadAllocation) -> Bool {
        let isDrained = node.isDraining && !(node.sparesSystemJobs && record.type == .system)
        guard record.desired == .run, record.transition.migrate == true || isDrained else { return false }
        stop(record.id, Self.migrating, cause: isDrained ? .nodeDrain : .allocStop)
        return true
    }

    private mutating func replace(_ tail: NomadAllocationFacts, _ group: GroupPlan) {
        guard let job else { return }
        let (record, isCurrent) = (tail.record, tail.record.edition == NomadJobEdition(job))
        if record.desired != .run { return place(group, slot: record.slot, after: record) }
        switch tail.clientStatus {
        case .pending, .running: return
        case .complete:
            // A batch's work is done once for each version.
            if job.type == .batch, isCurrent { return }
            place(group, slot: record.slot, after: job.type == .batch ? nil : record)
        case .lost:
            stop(record.id, Self.lost, cause: .nodeUpdate)
            place(group, slot: record.slot, after: records[record.id], cause: .nodeUpdate)
        case .failed:
            if isCurrent { reschedule(tail, group) } else { place(group, slot: record.slot) }
        }
    }

    // MARK: Rescheduling

    mutating func reschedule(_ tail: NomadAllocationFacts, _ group: GroupPlan) {
        let record = tail.record
        let failedAt = tail.endedAt ?? now
        if record.transition.forceReschedule == true { return place(tail, group, delay: 0) }
        guard record.type != .system,
            let delay = group.reschedule.delay(after: record.reschedules, failedAt: failedAt)
        else { return }
        let time = failedAt + delay
        if time <= now { return place(tail, group, delay: delay) }
        if let open = evaluations[record.followup], open.status == .pending { return }
        let evaluation = governing(.allocFailure)
        var followup = NomadEvaluation(
            id: newID(), jobID: record.jobID, type: record.type, priority: job?.priority ?? 50, cause: .allocFailure,
            at: now)
        followup.statusDescription = "created for delayed rescheduling"
        followup.waitUntil = time
        followup.previous = evaluation
        followup.jobModifyIndex = job?.jobModifyIndex ?? 0
        followup.deploymentID = record.deploymentID
        put(followup)
        change(record.id) { $0.followup = followup.id }
    }

    private mutating func place(_ tail: NomadAllocationFacts, _ group: GroupPlan, delay: Int64) {
        let record = tail.record
        let events =
            group.reschedule.kept(record.reschedules, at: now) + [
                NomadAllocation.Reschedule(time: now, allocation: record.id, node: record.nodeID, delay: delay)
            ]
        let placed = outcome.decision.placed.count
        place(
            group, slot: record.slot, after: record, reschedules: events, isCanary: record.isCanary == true,
            cause: .allocFailure)
        // Without room it stays the one that failed, and is tried again.
        guard outcome.decision.placed.count > placed else { return }
        stop(record.id, Self.rescheduled, cause: .allocFailure)
    }

    // MARK: Ends

    /// Ends what no group wants: of a stopped job, beyond the count, or of an earlier life of the job.
    mutating func stopUnwanted() {
        let counts = Dictionary(wanted.map { ($0.name, $0.count) }) { first, _ in first }
        let newest = Set(counts.keys.flatMap { tails(of: $0).values.map(\.record.id) })
        for allocation in situation.allocations where !allocation.isOver {
            let record = allocation.record
            guard records[record.id]?.desired == .run else { continue }
            if newest.contains(record.id), record.slot < counts[record.group] ?? 0 { continue }
            if isOnTrial(record) { continue }
            stop(record.id, Self.notNeeded)
        }
    }

}

extension NomadAllocationFacts {
    /// Of two of one slot the live one is the newest, then the one that was placed last.
    fileprivate var rank: (Int, Int64, Int, String) {
        (isOver ? 0 : 1, record.createIndex, record.next.isEmpty ? 1 : 0, record.id)
    }
}
