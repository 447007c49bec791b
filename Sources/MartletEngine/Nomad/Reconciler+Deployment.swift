import MartletCore

/// Deployments of services, and the health that they count.
extension Reconciler {
    /// Says of each allocation of a deployment whether it is healthy, once that is known.
    mutating func judgeHealth() {
        let now = now
        let rules = Dictionary((plan?.groups ?? []).map { ($0.name, $0.update) }) { first, _ in first }
        for allocation in situation.allocations {
            let record = allocation.record
            guard !record.deploymentID.isEmpty, record.health == nil else { continue }
            let isBad = allocation.isOver || allocation.clientStatus == .failed || allocation.clientStatus == .lost
            if isBad {
                change(record.id) { $0.health = .init(isHealthy: false, at: allocation.endedAt ?? now) }
                continue
            }
            let rule = (rules[record.group] ?? nil) ?? UpdateRule()
            if allocation.tasks.allSatisfy({ $0.phase == .running }) {
                let since = allocation.tasks.compactMap(\.startedAt).max() ?? now
                let time = since + rule.minHealthyTime
                if time <= now {
                    change(record.id) { $0.health = .init(isHealthy: true, at: now) }
                } else {
                    look(at: time)
                }
            } else if rule.healthyDeadline > 0 {
                let deadline = record.createTime + rule.healthyDeadline
                if deadline <= now {
                    change(record.id) { $0.health = .init(isHealthy: false, at: now) }
                } else {
                    look(at: deadline)
                }
            }
        }
    }

    /// The deployment that a new allocation of the group is part of; made when the version has none. Empty: none.
    mutating func deploymentID(for group: GroupPlan) -> String {
        guard let job, job.type == .service, let update = group.update, update.maxParallel > 0 else { return "" }
        if let deployment, deployment.edition == NomadJobEdition(job) {
            return deployment.status == .running ? deployment.id : ""
        }
        cancelDeployment("Cancelled due to newer version of job")
        let groups = wanted.compactMap { group -> (String, NomadDeployment.Group)? in
            guard let update = group.update, update.maxParallel > 0 else { return nil }
            var state = NomadDeployment.Group(
                desired: group.count, autoRevert: update.autoRevert, progressDeadline: update.progressDeadline)
            if update.progressDeadline > 0 { state.requireProgressBy = now + update.progressDeadline }
            return (group.name, state)
        }
        let new = NomadDeployment(
            id: newID(), edition: NomadJobEdition(job), jobModifyIndex: job.modifyIndex,
            jobSpecModifyIndex: job.jobModifyIndex, groups: Dictionary(groups) { first, _ in first })
        deployment = new
        return new.id
    }

    /// Counts what the deployment has come to, and ends it.
    mutating func tendDeployment() {
        guard let job, !wanted.isEmpty else { return cancelDeployment("Cancelled because job is stopped") }
        guard var current = deployment, current.status == .running else { return }
        guard current.edition == NomadJobEdition(job) else {
            return cancelDeployment("Cancelled due to newer version of job")
        }
        let members = (Array(records.values) + outcome.decision.placed).filter { $0.deploymentID == current.id }
        for (name, old) in current.groups {
            var group = old
            let own = members.filter { $0.group == name }
            group.placed = own.count
            group.healthy = own.count { $0.health?.isHealthy == true && $0.desired == .run }
            group.unhealthy = own.count { $0.health?.isHealthy == false }
            if group.healthy > old.healthy, group.progressDeadline > 0 {
                group.requireProgressBy = now + group.progressDeadline
            }
            current.groups[name] = group
        }
        if current.groups.values.allSatisfy({ $0.healthy >= $0.desired }) {
            (current.status, current.statusDescription) = (.successful, "Deployment completed successfully")
            outcome.decision.isStable = !job.isStable
        } else if let deadline = current.deadline {
            if deadline <= now {
                (current.status, current.statusDescription) = (.failed, "Failed due to progress deadline")
            } else {
                look(at: deadline)
            }
        }
        deployment = current
    }

    /// Only one of a job runs; an ended one is stored at once, since another may take its place here.
    private mutating func cancelDeployment(_ why: String) {
        guard var old = deployment, old.status == .running else { return }
        (old.status, old.statusDescription) = (.cancelled, why)
        outcome.decision.deployments.append(old)
        deployment = nil
    }
}

extension NomadDeployment {
    /// The first instant at which a group has made no progress for too long.
    fileprivate var deadline: Int64? {
        groups.values.filter { $0.healthy < $0.desired }.compactMap(\.requireProgressBy).min()
    }
}
