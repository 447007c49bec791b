import MartletCore

/// Deployments of services, and the health that they count.
extension Reconciler {
    /// Says of each allocation of a deployment whether it is healthy, once that is known.
    mutating func judgeHealth() {
        let now = now
        let rules = Dictionary((plan?.groups ?? []).map { ($0.name, $0.update) }) { first, _ in first }
        for allocation in situation.allocations {
            guard let record = records[allocation.record.id], !record.deploymentID.isEmpty, record.health == nil else {
                continue
            }
            let isBad = allocation.isOver || allocation.clientStatus == .failed || allocation.clientStatus == .lost
            if isBad {
                change(record.id) {
                    $0.health = .init(isHealthy: false, at: allocation.endedAt ?? now)
                    // As Nomad says that it may be replaced although its deployment goes on.
                    if allocation.clientStatus == .failed { $0.transition.reschedule = true }
                }
            } else if record.pausedAt == nil {
                judge(record, allocation, (rules[record.group] ?? nil) ?? UpdateRule())
            }
        }
    }

    private mutating func judge(_ record: NomadAllocation, _ allocation: NomadAllocationFacts, _ rule: UpdateRule) {
        let now = now
        if allocation.tasks.allSatisfy({ $0.phase == .running }) {
            let since = allocation.tasks.compactMap(\.startedAt).max() ?? now
            let time = since + rule.minHealthyTime
            if time <= now {
                change(record.id) { $0.health = .init(isHealthy: true, at: now) }
            } else {
                look(at: time)
            }
        } else if rule.healthyDeadline > 0 {
            let deadline = max(record.createTime, record.resumedAt ?? 0) + rule.healthyDeadline
            if deadline <= now {
                change(record.id) { $0.health = .init(isHealthy: false, at: now) }
            } else {
                look(at: deadline)
            }
        }
    }

    /// The deployment that a new allocation of the group is part of; made when the version has none. Empty: none.
    mutating func deploymentID(for group: GroupPlan) -> String {
        guard let job, job.type == .service, let update = group.update, update.maxParallel > 0 else { return "" }
        if let deployment, deployment.edition == NomadJobEdition(job) {
            return deployment.status.isActive ? deployment.id : ""
        }
        cancelDeployment("Cancelled due to newer version of job")
        let groups = wanted.compactMap { group -> (String, NomadDeployment.Group)? in
            guard let update = group.update, update.maxParallel > 0 else { return nil }
            var state = NomadDeployment.Group(
                desired: group.count, autoRevert: update.autoRevert, progressDeadline: update.progressDeadline)
            if update.progressDeadline > 0 { state.requireProgressBy = now + update.progressDeadline }
            if wantsCanaries(group) {
                state.canaries = .init(desired: update.canaries, isAutomatic: update.autoPromote)
            }
            return (group.name, state)
        }
        var new = NomadDeployment(
            id: newID(), edition: NomadJobEdition(job), jobModifyIndex: job.modifyIndex,
            jobSpecModifyIndex: job.jobModifyIndex, groups: Dictionary(groups) { first, _ in first })
        new.statusDescription = new.activeDescription
        deployment = new
        return new.id
    }

    /// Counts what the deployment has come to, and ends it.
    mutating func tendDeployment() {
        guard let job, !wanted.isEmpty else { return cancelDeployment("Cancelled because job is stopped") }
        guard var current = deployment else { return }
        guard current.edition == NomadJobEdition(job) else {
            return cancelDeployment("Cancelled due to newer version of job")
        }
        if current.status.isActive { tend(&current, job) }
        if current.status == .failed { revert(&current, job) }
        deployment = current
    }

    private mutating func tend(_ current: inout NomadDeployment, _ job: NomadJobRecord) {
        let members = (Array(records.values) + outcome.decision.placed).filter { $0.deploymentID == current.id }
        for (name, old) in current.groups { current.groups[name] = count(old, members.filter { $0.group == name }) }
        promoteByItself(&current, members)
        if current.groups.values.allSatisfy(\.isDone) {
            (current.status, current.statusDescription) = (.successful, "Deployment completed successfully")
            outcome.decision.isStable = !job.isStable
        } else if current.status == .running, !isResting {
            fail(&current)
        }
    }

    private func count(_ old: NomadDeployment.Group, _ members: [NomadAllocation]) -> NomadDeployment.Group {
        var group = old
        group.placed = members.count
        group.healthy = members.count { $0.health?.isHealthy == true && $0.desired == .run }
        group.unhealthy = members.count { $0.health?.isHealthy == false }
        if group.healthy > old.healthy, group.progressDeadline > 0 {
            group.requireProgressBy = now + group.progressDeadline
        }
        let known = Set(group.canaries?.placed ?? [])
        let new = members.filter { $0.isCanary == true && !known.contains($0.id) }
        group.canaries?.placed += new.sorted { ($0.createTime, $0.id) < ($1.createTime, $1.id) }.map(\.id)
        return group
    }

    /// Canaries that nobody needs to promote, once those of all groups are healthy.
    private mutating func promoteByItself(_ current: inout NomadDeployment, _ members: [NomadAllocation]) {
        let trials = current.groups.filter { $0.value.isOnTrial }
        let isReady = trials.values.allSatisfy { $0.canaries?.isAutomatic == true && $0.isReady }
        guard !trials.isEmpty, isReady, current.status == .running else { return }
        for canary in members where canary.isCanary == true && trials[canary.group] != nil {
            change(canary.id) { $0.isCanary = false }
        }
        for name in trials.keys { current.promote(name, at: now) }
        owesRound = true
    }

    private mutating func fail(_ current: inout NomadDeployment) {
        if current.groups.values.contains(where: { $0.progressDeadline <= 0 && $0.unhealthy > 0 }) {
            (current.status, current.statusDescription) = (.failed, "Failed due to unhealthy allocations")
        } else if let deadline = current.deadline {
            guard deadline <= now else { return look(at: deadline) }
            (current.status, current.statusDescription) = (.failed, "Failed due to progress deadline")
        }
        // What it tried is to end.
        if current.status == .failed { owesRound = true }
    }

    /// Has the job go back to what has proven itself, where its definition asks for that.
    private mutating func revert(_ current: inout NomadDeployment, _ job: NomadJobRecord) {
        guard current.mayRevert else { return }
        current.isRevertDecided = true
        guard let stable = situation.stable else {
            current.statusDescription += " - no stable job version to auto revert to"
            return
        }
        let version = stable.version.version
        if stable.isPresent {
            current.statusDescription +=
                " - not rolling back to stable job version \(version) as current job has same specification"
            return
        }
        current.statusDescription += " - rolling back to job version \(version)"
        outcome.decision.revert = NomadRevert(version: version)
        var evaluation = NomadEvaluation(
            id: newID(), jobID: job.id, type: job.type, priority: job.priority, cause: .deploymentWatcher, at: now)
        evaluation.deploymentID = current.id
        put(evaluation)
        owesRound = true
    }

    /// Only one of a job runs; an ended one is stored at once, since another may take its place here.
    private mutating func cancelDeployment(_ why: String) {
        guard var old = deployment, old.status.isActive else { return }
        (old.status, old.statusDescription) = (.cancelled, why)
        outcome.decision.deployments.append(old)
        deployment = nil
    }
}

extension NomadDeployment {
    /// The first instant at which a group has made no progress for too long.
    fileprivate var deadline: Int64? {
        groups.values.filter { $0.isOnTrial ? !$0.isReady : !$0.isDone }.compactMap(\.requireProgressBy).min()
    }
}

extension NomadDeployment.Group {
    fileprivate var isDone: Bool { !isOnTrial && healthy >= desired }
    /// Its canaries can be promoted.
    fileprivate var isReady: Bool { healthy >= canaries?.desired ?? 0 }
}
