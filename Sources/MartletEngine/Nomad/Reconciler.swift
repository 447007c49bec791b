import Foundation
package import MartletCore

/// Decides what becomes of one job: pure, from values of one moment. Same values, same decision.
package struct Reconciler {
    let situation: NomadSituation
    let plan: JobPlan?
    let node: NomadNode
    let facts: NomadNodeFacts
    let index: Int64
    /// Nanoseconds since 1970.
    let now: Int64
    let newID: () -> String

    /// What the node has left; less after each placement.
    package private(set) var free: NomadResources
    package internal(set) var outcome: Outcome
    /// By id, as they are to be.
    var records: [String: NomadAllocation] = [:]
    var evaluations: [String: NomadEvaluation] = [:]
    var deployment: NomadDeployment?
    private var changed: Set<String> = []
    private var changedEvaluations: Set<String> = []
    /// How many of a group found no place, and why.
    private var waiting: [String: Int] = [:]
    private var failed: [String: NomadPlacementMetrics] = [:]
    private var made: String?
    /// What was decided here is to be acted on by the next round.
    var owesRound = false

    /// What is to be stored, and what is to be done about runs after that.
    package struct Outcome: Sendable {
        package var decision: NomadDecision
        /// The group of each allocation that is placed.
        package var groups: [GroupPlan] = []
        package var stops: [RunID] = []
        package var pauses: [RunID] = []
        package var resumes: [RunID] = []
        /// Nanoseconds since 1970 at which time alone changes something.
        package var nextLook: Int64?
    }

    /// `plan`: nil when the job is not registered or only makes others. `free`: what the node has left for everybody.
    package init(
        _ situation: NomadSituation, plan: JobPlan?, node: NomadNode, facts: NomadNodeFacts, free: NomadResources,
        index: Int64, at now: Int64, newID: @escaping () -> String
    ) {
        self.situation = situation
        self.plan = plan
        self.node = node
        self.facts = facts
        self.free = free
        self.index = index
        self.now = now
        self.newID = newID
        outcome = Outcome(
            decision: NomadDecision(jobID: situation.jobID, revision: situation.revision, owed: situation.owed))
        for allocation in situation.allocations { records[allocation.record.id] = allocation.record }
        for evaluation in situation.open { evaluations[evaluation.id] = evaluation }
        deployment = situation.deployment
    }

    var job: NomadJobRecord? { situation.job }
    /// The groups that there are to be.
    var wanted: [GroupPlan] { job.map { $0.isStopped || $0.isTemplate } ?? true ? [] : plan?.groups ?? [] }
    var due: [NomadEvaluation] {
        situation.open.filter { $0.status == .pending && $0.waitUntil.map { $0 <= now } ?? true }
    }

    package mutating func run() {
        tendPause()
        judgeHealth()
        // While it rests nothing takes another's place.
        if !isPaused { for group in wanted { reconcile(group) } }
        stopUnwanted()
        tendDeployment()
        tendRuns()
        tendEvaluations()
        finish()
    }

    private mutating func finish() {
        outcome.decision.allocations = changed.sorted().compactMap { records[$0] }
        outcome.decision.evaluations = changedEvaluations.sorted().compactMap { evaluations[$0] }
        if let deployment, deployment != situation.deployment { outcome.decision.deployments.append(deployment) }
        let refused = outcome.decision.placed.contains { $0.tasks.contains { $0.refusal != nil } }
        outcome.decision.isSettled =
            outcome.stops.isEmpty && outcome.pauses.isEmpty && outcome.resumes.isEmpty && !refused
            && !owesRound
    }

    // MARK: Changes

    mutating func change(_ id: String, _ body: (inout NomadAllocation) -> Void) {
        guard var record = records[id] else { return }
        let before = record
        body(&record)
        guard record != before else { return }
        record.modifyTime = now
        records[id] = record
        changed.insert(id)
    }

    mutating func put(_ evaluation: NomadEvaluation) {
        guard evaluations[evaluation.id] != evaluation else { return }
        var evaluation = evaluation
        evaluation.modifyTime = now
        evaluations[evaluation.id] = evaluation
        changedEvaluations.insert(evaluation.id)
    }

    mutating func look(at instant: Int64) { outcome.nextLook = min(outcome.nextLook ?? .max, instant) }

    mutating func stop(_ id: String, _ why: String, cause: NomadEvaluation.Cause = .rollingUpdate) {
        let (evaluation, now) = (governing(cause), now)
        change(id) { record in
            record.desired = .stop
            record.desiredDescription = why
            record.stoppedAt = now
            record.stoppedBy = evaluation
        }
    }

    /// The evaluation that a change is of; made when none is open.
    mutating func governing(_ cause: NomadEvaluation.Cause) -> String {
        if let open = due.last ?? situation.open.last(where: { $0.status == .blocked }) { return open.id }
        if let made { return made }
        var new = NomadEvaluation(
            id: newID(), jobID: situation.jobID, type: job?.type ?? .service, priority: job?.priority ?? 50,
            cause: cause,
            status: .complete, at: now)
        new.snapshotIndex = index
        new.jobModifyIndex = job?.jobModifyIndex ?? 0
        put(new)
        made = new.id
        return new.id
    }

    // MARK: Placing

    /// Why the group cannot be placed on this node whatever is free; nil: it can.
    func obstacle(_ group: GroupPlan) -> NomadPlacementMetrics? {
        var metrics = NomadPlacementMetrics()
        let isThere = plan?.datacenters.contains(facts.datacenter) == true && node.takesWork
        for datacenter in plan?.datacenters ?? [] {
            metrics.nodesAvailable[datacenter] = datacenter == facts.datacenter && node.takesWork ? 1 : 0
        }
        guard isThere else { return metrics }
        metrics.nodesEvaluated = 1
        var reasons = group.unmet
        // A task that is refused needs no driver: it is placed to say why.
        if group.tasks.contains(where: { $0.refusal == nil && !facts.drivers.contains($0.driver) }) {
            reasons.append("missing drivers")
        }
        guard let reason = reasons.first else { return nil }
        metrics.nodesFiltered = 1
        metrics.constraintFiltered = [reason: 1]
        return metrics
    }

    /// What there is too little of; nil: it fits. `returned`: what its predecessor gives back.
    private func shortage(_ group: GroupPlan) -> NomadPlacementMetrics? {
        let ask = group.ask
        let dimension = ask.cpu > free.cpu ? "cpu" : ask.memory > free.memory ? "memory" : nil
        guard let dimension else { return nil }
        var metrics = NomadPlacementMetrics()
        metrics.nodesEvaluated = 1
        metrics.nodesAvailable = [facts.datacenter: 1]
        metrics.nodesExhausted = 1
        metrics.dimensionExhausted = [dimension: 1]
        return metrics
    }

    mutating func refuse(_ group: GroupPlan, _ metrics: NomadPlacementMetrics) {
        waiting[group.name, default: 0] += 1
        if failed[group.name] == nil {
            failed[group.name] = metrics
        } else {
            failed[group.name]?.coalescedFailures += 1
        }
    }

    /// Places one allocation, or notes that it waits. `evaluation`: whose placement it is.
    mutating func place(
        _ group: GroupPlan, slot: Int, after previous: NomadAllocation? = nil,
        reschedules: [NomadAllocation.Reschedule] = [], isCanary: Bool = false,
        cause: NomadEvaluation.Cause = .rollingUpdate
    ) {
        guard let job else { return }
        if let metrics = obstacle(group) ?? shortage(group) { return refuse(group, metrics) }
        free = free - group.ask
        let owner = previous.map { due.isEmpty && !$0.stoppedBy.isEmpty ? $0.stoppedBy : governing(cause) }
        let edition = NomadJobEdition(job)
        var new = NomadAllocation(
            id: newID(), edition: edition, type: job.type, group: group.name, slot: slot,
            evaluationID: owner ?? governing(cause), nodeID: node.id, fingerprint: group.fingerprint(of: edition),
            ask: group.ask,
            tasks: group.tasks.map { task in
                var own = NomadTask(
                    name: task.name, isLeader: task.isLeader, ask: task.ask,
                    killTimeout: task.killTimeout.milliseconds * 1_000_000, restart: task.restart,
                    refusal: task.refusal)
                if task.shutdownDelay > 0 { own.shutdownDelay = task.shutdownDelay }
                return own
            }, at: now)
        if isCanary { new.isCanary = true }
        new.previous = previous?.id ?? ""
        new.reschedules = reschedules
        new.metrics.nodesEvaluated = 1
        new.metrics.nodesAvailable = [facts.datacenter: 1]
        new.deploymentID = deploymentID(for: group)
        if let previous { change(previous.id) { $0.next = new.id } }
        outcome.decision.placed.append(new)
        outcome.groups.append(group)
    }

    // MARK: Evaluations

    private mutating func tendEvaluations() {
        var last: NomadEvaluation?
        for var evaluation in due {
            evaluation.status = .complete
            evaluation.statusDescription = ""
            evaluation.snapshotIndex = index
            evaluation.failedGroups = failed
            evaluation.deploymentID = current?.id ?? ""
            evaluation.queued = wanted.isEmpty ? nil : queued
            put(evaluation)
            last = evaluation
        }
        let blocked = situation.open.filter { $0.status == .blocked }
        // What waits for room goes on waiting while its job rests.
        if !isPaused, failed.isEmpty || last != nil {
            for var old in blocked {
                (old.status, old.queued) = (failed.isEmpty ? .complete : .canceled, queued)
                old.statusDescription = failed.isEmpty ? "" : "canceled after more recent eval was processed"
                put(old)
            }
        }
        if !failed.isEmpty { wait(after: last, blocked.first) }
        cancelFollowups()
    }

    private var queued: [String: Int] {
        Dictionary(uniqueKeysWithValues: wanted.map { ($0.name, waiting[$0.name] ?? 0) })
    }

    /// Keeps an evaluation that waits for room.
    private mutating func wait(after last: NomadEvaluation?, _ old: NomadEvaluation?) {
        var blocked: NomadEvaluation
        if last == nil, let old {
            blocked = evaluations[old.id] ?? old
        } else {
            blocked = NomadEvaluation(
                id: newID(), jobID: situation.jobID, type: job?.type ?? .service, priority: job?.priority ?? 50,
                cause: .queuedAllocs, status: .blocked, at: now)
            blocked.statusDescription = "created to place remaining allocations"
            blocked.jobModifyIndex = job?.jobModifyIndex ?? 0
            blocked.previous = last?.id ?? ""
            if var last {
                last.blocked = blocked.id
                put(last)
            }
        }
        blocked.failedGroups = failed
        blocked.queued = queued
        put(blocked)
    }

    /// Those for which no allocation waits any more.
    private mutating func cancelFollowups() {
        let awaited = Set(records.values.filter { $0.next.isEmpty && $0.desired == .run }.map(\.followup))
        for var evaluation in situation.open where evaluation.status == .pending {
            guard let time = evaluation.waitUntil, time > now, wanted.isEmpty || !awaited.contains(evaluation.id) else {
                continue
            }
            evaluation.status = .canceled
            evaluation.statusDescription = "canceled after more recent eval was processed"
            put(evaluation)
        }
    }
}
