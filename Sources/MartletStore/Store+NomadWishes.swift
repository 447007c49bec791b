package import Foundation
import GRDB
package import MartletCore

extension SQLiteStore {
    package func endDrain(at now: Date) async throws -> Bool {
        try await writer.write { [decoding] scope in
            let view = NomadView(db: scope.db, decoding: decoding)
            guard var node = try view.node(), node.isDraining else { return false }
            let isBusy = try Bool.fetchOne(
                scope.db,
                sql: """
                    SELECT EXISTS (
                      SELECT 1 FROM nomad_allocations a INDEXED BY nomad_allocations_open WHERE open > 0 AND NOT (
                        ? AND EXISTS (SELECT 1 FROM nomad_jobs j WHERE j.id = a.job AND j.type = 'system')))
                    """, arguments: [node.sparesSystemJobs])
            guard isBusy == false else { return false }
            (node.isDraining, node.drain, node.isEligible, node.changedAt) = (false, nil, false, now.second)
            let index = try NomadShelf(db: scope.db).advance([.nodes])
            try scope.db.cachedStatement(sql: "UPDATE nomad_node SET modify_index = ?, content = ?")
                .execute(arguments: [index, try StoredJSON.text(node)])
            return true
        }
    }

    package func setNode(
        eligible: Bool?, draining: NomadDraining?, evaluation: @escaping @Sendable () -> String, at now: Date
    ) async throws -> (NomadNode, evaluations: [String]) {
        try await writer.write { [decoding] scope in
            let view = NomadView(db: scope.db, decoding: decoding)
            guard var node = try view.node() else { throw NomadClash.unknown }
            let before = node
            switch draining {
            case .on(let drain): (node.isDraining, node.drain) = (true, drain)
            case .off: (node.isDraining, node.drain) = (false, nil)
            case nil: break
            }
            // The end of a drain leaves the node as it is told to be, and a drain takes nothing new.
            node.isEligible = eligible ?? (node.isDraining && draining != nil ? false : node.isEligible)
            node.changedAt = now.second
            let shelf = NomadShelf(db: scope.db)
            let index = try shelf.advance([.nodes, .evaluations, .jobs])
            try scope.db.cachedStatement(sql: "UPDATE nomad_node SET modify_index = ?, content = ?")
                .execute(arguments: [index, try StoredJSON.text(node)])
            node.modifyIndex = index
            let cause: NomadEvaluation.Cause = node.isDraining && !before.isDraining ? .nodeDrain : .nodeUpdate
            var made: [String] = []
            for job in try String.fetchAll(
                scope.db,
                sql: """
                    SELECT job FROM nomad_allocations INDEXED BY nomad_allocations_open WHERE open > 0
                    UNION SELECT job FROM nomad_evaluations INDEXED BY nomad_evaluations_blocked WHERE status = 'blocked'
                    """)
            {
                let record = try view.job(job)?.0
                var new = NomadEvaluation(
                    id: evaluation(), jobID: job, type: record?.type ?? .service, priority: record?.priority ?? 50,
                    cause: cause, at: now.nanoseconds)
                new.nodeID = node.id
                new.nodeModifyIndex = index
                try shelf.put(NomadRow(new), index)
                try shelf.order(job, index)
                made.append(new.id)
            }
            scope.changed(
                "nomad node \(node.id)", before: "eligible \(before.isEligible) draining \(before.isDraining)",
                after: "eligible \(node.isEligible) draining \(node.isDraining)")
            return (node, made)
        }
    }

    package func ask(nomad wish: NomadWish, evaluation: String, at now: Date) async throws -> Int64 {
        try await writer.write { [decoding] scope in
            let granting = Granting(
                view: NomadView(db: scope.db, decoding: decoding), shelf: NomadShelf(db: scope.db),
                evaluation: evaluation, now: now.nanoseconds)
            try scope.changed(wish.target, after: "\(wish)")
            return try granting.grant(wish)
        }
    }
}

/// Does what somebody asks of a job, an allocation or a deployment, as far as records go.
private struct Granting {
    let view: NomadView
    let shelf: NomadShelf
    let evaluation: String
    let now: Int64

    func grant(_ wish: NomadWish) throws -> Int64 {
        switch wish {
        case .evaluate(let job, let forceReschedule): try evaluate(job, forceReschedule)
        case .stop(let allocation): try stop(allocation)
        case .restart(let allocation, let task): try restart(allocation, task)
        case .fail(let deployment): try fail(deployment)
        case .pauseJob(let job, let isPaused): try pause(job, isPaused)
        case .pauseDeployment(let deployment, let isPaused): try hold(deployment, isPaused)
        case .promote(let deployment, let groups): try promote(deployment, groups)
        }
    }

    private func evaluate(_ id: String, _ forceReschedule: Bool) throws -> Int64 {
        guard let job = try view.job(id)?.0, !job.isTemplate else { throw NomadClash.unknown }
        let index = try shelf.advance([.jobs, .evaluations, .allocations])
        if forceReschedule {
            for facts in try view.allocations(of: id) where facts.clientStatus == .failed && facts.record.next.isEmpty {
                var allocation = facts.record
                allocation.transition.forceReschedule = true
                try shelf.update(NomadRow(allocation), index)
            }
        }
        return try put(.jobRegister, of: job, id, index)
    }

    private func stop(_ id: String) throws -> Int64 {
        guard var allocation = try view.allocation(id) else { throw NomadClash.unknown }
        let index = try shelf.advance([.jobs, .evaluations, .allocations])
        allocation.transition.migrate = true
        allocation.modifyTime = now
        try shelf.update(NomadRow(allocation), index)
        return try put(.allocStop, of: try view.job(allocation.jobID)?.0, allocation.jobID, index)
    }

    private func restart(_ id: String, _ task: String?) throws -> Int64 {
        guard let allocation = try view.allocation(id) else { throw NomadClash.unknown }
        let facts = try view.facts(allocation)
        let wanted = facts.tasks.filter { task == nil || $0.name == task }
        guard !wanted.isEmpty else { throw NomadClash.unknown }
        var changed = allocation
        // The newest are shown.
        changed.restarts = Array(
            (allocation.restarts
                + wanted.filter { $0.phase == .running }.map {
                    NomadAllocation.Restart(task: $0.name, attempt: $0.attempt, at: now)
                }).suffix(20))
        let index = try shelf.advance([.jobs, .allocations])
        try shelf.update(NomadRow(changed), index)
        try shelf.order(allocation.jobID, index)
        return index
    }

    private func pause(_ id: String, _ isPaused: Bool) throws -> Int64 {
        guard let job = try view.job(id)?.0 else { throw NomadClash.unknown }
        if job.isStopped { throw MartletError(.conflict, "the job \(id) is stopped; register it again to start it") }
        if job.isTemplate {
            throw MartletError(.conflict, "the job \(id) only makes others; pause one of those, or stop this one")
        }
        if job.isPaused == isPaused { return job.modifyIndex }
        let index = try shelf.advance([.jobs])
        try shelf.db.cachedStatement(
            sql: "UPDATE nomad_jobs SET is_paused = ?, modify_index = ?, summary_index = ? WHERE id = ?"
        ).execute(arguments: [isPaused, index, index, id])
        try shelf.order(id, index)
        return index
    }

    // MARK: Deployments

    /// Throws ``NomadClash/unknown`` unless it is active.
    private func active(_ id: String) throws -> NomadDeployment {
        let statement = try shelf.db.cachedStatement(sql: "SELECT * FROM nomad_deployments WHERE id = ?")
        guard let deployment = try Row.fetchOne(statement, arguments: [id]).map(NomadView.deployment),
            deployment.status.isActive
        else { throw NomadClash.unknown }
        return deployment
    }

    private func put(_ deployment: NomadDeployment, _ index: Int64) throws -> Int64 {
        try shelf.put(NomadRow(deployment), index)
        let job = deployment.edition.job
        return try put(.deploymentWatcher, of: try view.job(job)?.0, job, index)
    }

    private func fail(_ id: String) throws -> Int64 {
        var deployment = try active(id)
        (deployment.status, deployment.statusDescription) = (.failed, "Deployment marked as failed")
        return try put(deployment, try shelf.advance([.jobs, .evaluations, .deployments]))
    }

    private func hold(_ id: String, _ isPaused: Bool) throws -> Int64 {
        var deployment = try active(id)
        deployment.status = isPaused ? .paused : .running
        deployment.statusDescription = deployment.activeDescription
        if !isPaused { deployment.extendDeadlines(at: now) }
        return try put(deployment, try shelf.advance([.jobs, .evaluations, .deployments]))
    }

    private func promote(_ id: String, _ groups: Set<String>?) throws -> Int64 {
        var deployment = try active(id)
        let chosen = deployment.groups.filter { groups?.contains($0.key) ?? true }
        let canaries = try view.allocations(of: deployment.edition.job).map(\.record).filter {
            $0.deploymentID == id && $0.isCanary == true && $0.desired == .run && chosen[$0.group] != nil
        }
        let unready = chosen.compactMap { name, group -> NomadClash.Unready? in
            guard let trial = group.canaries, !trial.isPromoted else { return nil }
            let healthy = canaries.count { $0.group == name && $0.health?.isHealthy == true }
            return healthy < trial.desired
                ? NomadClash.Unready(group: name, healthy: healthy, desired: trial.desired) : nil
        }
        if !unready.isEmpty { throw NomadClash.unready(unready.sorted { $0.group < $1.group }) }
        let index = try shelf.advance([.jobs, .evaluations, .deployments, .allocations])
        for var canary in canaries {
            canary.isCanary = false
            canary.modifyTime = now
            try shelf.update(NomadRow(canary), index)
        }
        for name in chosen.keys { deployment.promote(name, at: now) }
        return try put(deployment, index)
    }

    private func put(
        _ cause: NomadEvaluation.Cause, of job: NomadJobRecord?, _ id: String, _ index: Int64
    ) throws -> Int64 {
        var new = NomadEvaluation(
            id: evaluation, jobID: id, type: job?.type ?? .service, priority: job?.priority ?? 50, cause: cause, at: now
        )
        new.jobModifyIndex = job?.jobModifyIndex ?? 0
        try shelf.put(NomadRow(new), index)
        try shelf.order(id, index)
        return index
    }
}

extension NomadWish {
    fileprivate var target: String {
        switch self {
        case .evaluate(let job, _), .pauseJob(let job, _): "nomad job \(job)"
        case .stop(let id), .restart(let id, _): "nomad allocation \(id)"
        case .fail(let id), .pauseDeployment(let id, _), .promote(let id, _): "nomad deployment \(id)"
        }
    }
}
