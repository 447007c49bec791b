import MartletCore

/// Allocations of a new version that stand beside the old ones until somebody promotes them.
extension Reconciler {
    /// The deployment of the present version; nil: there is none yet.
    var current: NomadDeployment? {
        guard let job, let deployment, deployment.edition == NomadJobEdition(job) else { return nil }
        return deployment
    }

    /// Somebody holds the present version's deployment.
    var isHeld: Bool { current?.status == .paused }

    /// Whether it is a canary that may stay one.
    func isOnTrial(_ record: NomadAllocation) -> Bool {
        guard record.isCanary == true, let current, current.status.isActive,
            wanted.contains(where: { $0.name == record.group })
        else { return false }
        return record.deploymentID == current.id && current.groups[record.group]?.isOnTrial == true
    }

    /// Whether the group's new version is tried before anything is replaced by it.
    func wantsCanaries(_ group: GroupPlan) -> Bool {
        guard job?.type == .service, let update = group.update, update.canaries > 0, update.maxParallel > 0 else {
            return false
        }
        return tails(of: group.name).values.contains { isOutdated($0, group) }
    }

    /// What of a group lives, and is not as the present version has it.
    func outdated(_ group: GroupPlan) -> [NomadAllocationFacts] {
        tails(of: group.name).values.filter { isOutdated($0, group) }
    }

    /// It lives, and its processes are not those that the present version has.
    private func isOutdated(_ tail: NomadAllocationFacts, _ group: GroupPlan) -> Bool {
        guard let job, !tail.isOver, tail.record.desired == .run, tail.record.slot < group.count else { return false }
        let edition = NomadJobEdition(job)
        return tail.record.edition.created != edition.created
            || tail.record.fingerprint != group.fingerprint(of: edition)
    }

    /// Places the canaries that are missing. Whether the group waits for its promotion.
    mutating func tendCanaries(_ group: GroupPlan, _ tails: [Int: NomadAllocationFacts]) -> Bool {
        let known = current
        if let known {
            guard known.status.isActive, known.groups[group.name]?.isOnTrial == true else { return false }
        } else if !wantsCanaries(group) {
            return false
        }
        if isHeld { return true }
        let trials = newest { $0.group == group.name && isOnTrial($0) }
        for trial in trials.values.sorted(by: { $0.record.slot < $1.record.slot }) {
            if trial.isOver { renew(trial, group) } else { move(trial.record) }
        }
        let wanted = known?.groups[group.name]?.canaries?.desired ?? group.update?.canaries ?? 0
        let outdated = tails.filter { isOutdated($0.value, group) }.keys.sorted()
        let others = (0..<(group.count + wanted)).filter { !outdated.contains($0) }
        let slots = (outdated + others).filter { trials[$0] == nil }
        for slot in slots.prefix(max(0, wanted - trials.count)) {
            place(group, slot: slot, isCanary: true, cause: .jobRegister)
        }
        return true
    }

    private mutating func renew(_ trial: NomadAllocationFacts, _ group: GroupPlan) {
        let record = trial.record
        if record.desired == .run, trial.clientStatus == .failed { return reschedule(trial, group) }
        place(group, slot: record.slot, after: record, isCanary: true)
    }
}
