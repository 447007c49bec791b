import Foundation
package import MartletCore
import MartletEngine

/// All nodes and what they do for volumes: whoever speaks for the replaced system calls this and nothing else.
package struct Fleet: Sendable {
    package let volumes: Volumes
    private let own: any VolumeNode

    package init(_ volumes: Volumes) {
        self.volumes = volumes
        own = LocalNode(volumes)
    }

    private var inventory: Inventory { volumes.box.inventory }

    // MARK: Jobs

    /// The jobs of each node; a token that is bound to labels or jobs sees what it covers. `app`: its jobs alone.
    package func plans(of app: String? = nil, _ rights: Rights) -> [NodePlan] {
        var inventory = inventory
        inventory.volumes.removeAll { volume in
            app.map { $0 != volume.name.app } ?? false || !volumes.covers(volume.name, rights)
        }
        return inventory.plans(own: volumes.box.settings.node).map(confirmed)
    }

    /// A node that has not confirmed its plan does not fire yet.
    private func confirmed(_ plan: NodePlan) -> NodePlan {
        guard let name = plan.node, let status = volumes.nodes?.status(of: name) else { return plan }
        var plan = plan
        for index in plan.backups.indices { plan.backups[index].job.nodeState = status.state.rawValue }
        guard !status.isConfirmed else { return plan }
        for index in plan.backups.indices where plan.backups[index].job.state == .active {
            plan.backups[index].job.state = .pending
        }
        return plan
    }

    /// The same with what the nodes know: whether jobs sleep.
    package func informedPlans(_ rights: Rights) async throws -> [NodePlan] {
        var plans = plans(rights)
        for index in plans.indices {
            guard let node = node(named: plans[index].node) else { continue }
            let asleep = try await node.areAsleep(plans[index].backups)
            for (job, isAsleep) in asleep.enumerated() {
                plans[index].backups[job].job.learn(isAsleep: isAsleep ?? false, isKnown: isAsleep != nil)
            }
        }
        return plans
    }

    /// Of one app, with their times; what only clears up is not among them.
    package func entries(of app: String, _ rights: Rights) async throws -> [EntrySpec] {
        let planned = plans(of: app, rights).flatMap(\.backups)
        return zip(planned, try await times(of: planned)).map { planned, times in
            var job = planned.job
            job.learn(isAsleep: times.isAsleep, isKnown: times.isKnown)
            return EntrySpec(previous: GoTime(times.previous), next: GoTime(times.next), job: job)
        }
    }

    /// By its id of 40 digits. Nil: the app has no such job.
    package func job(_ id: String, of app: String, _ rights: Rights) -> PlannedBackup? {
        plans(of: app, rights).flatMap(\.backups).first { $0.job.id == id }
    }

    private func times(of planned: [PlannedBackup]) async throws -> [JobTimes] {
        var times = [JobTimes](repeating: JobTimes(), count: planned.count)
        for (name, part) in Dictionary(grouping: planned.indices, by: { planned[$0].volume.node }) {
            guard let node = node(named: name) else { continue }
            for (index, found) in zip(part, try await node.times(of: part.map { planned[$0] })) { times[index] = found }
        }
        return times
    }

    package func start(
        _ planned: PlannedBackup, by caller: Volumes.Caller, _ idempotency: IdempotencyRecord? = nil
    ) async throws -> RecordID {
        try await node(of: planned.volume).start(planned, by: caller, idempotency)
    }

    /// Once the volume is free; nil: it waits.
    package func enqueue(_ planned: PlannedBackup, by caller: Volumes.Caller) async throws -> RecordID? {
        try await node(of: planned.volume).enqueue(planned, by: caller)
    }

    package func setAsleep(_ isAsleep: Bool, _ planned: PlannedBackup, by caller: Volumes.Caller) async throws {
        try await node(of: planned.volume).setAsleep(isAsleep, planned, by: caller)
    }

    // MARK: Restores

    /// To the volume that the wish means. Throws as ``Volumes/restore(_:_:by:idempotency:)`` does.
    package func restore(
        _ version: VolumeVersion, _ wish: Volumes.RestoreWish, by caller: Volumes.Caller,
        _ idempotency: IdempotencyRecord? = nil
    ) async throws -> RecordID {
        let target = try volumes.target(of: version, wish, caller.rights)
        return try await node(of: target).restore(version, wish, by: caller, idempotency)
    }

    package func preview(
        _ version: VolumeVersion, _ wish: Volumes.RestoreWish, by caller: Volumes.Caller
    ) async throws -> [String: JSONValue] {
        let target = try volumes.target(of: version, wish, caller.rights)
        return try await node(of: target).preview(version, wish, by: caller)
    }

    // MARK: Nodes

    /// Throws `notFound` for an address that is no node's: no other one is ever called.
    package func state(at address: IPv4) async throws -> NodeState {
        try await node(at: address).state()
    }

    package func setStopped(_ isStopped: Bool, at address: IPv4, by caller: Volumes.Caller) async throws {
        try await node(at: address).setStopped(isStopped, by: caller)
    }

    private func node(at address: IPv4) throws -> any VolumeNode {
        guard address != .unknown, let plan = plans(.all).first(where: { $0.address == address }) else {
            throw MartletError(.notFound, "the inventory has no node with the address \(address)")
        }
        return try reached(plan.node)
    }

    private func node(of volume: DeclaredVolume) throws -> any VolumeNode { try reached(volume.node) }

    private func reached(_ name: String?) throws(MartletError) -> any VolumeNode {
        if let node = node(named: name) { return node }
        throw .nodeDown(name ?? "", "is another machine, and there is no way to it")
    }

    /// Nil: there is no way to it.
    private func node(named name: String?) -> (any VolumeNode)? {
        guard let name, name != volumes.box.settings.node else { return own }
        guard let desk = volumes.nodes, let address = inventory.nodes[name] else { return nil }
        return RemoteNode(name: name, address: address, desk: desk, volumes: volumes)
    }

    /// There is something new on a node: it is asked at once. False: there is no such node.
    package func ring(_ node: String) -> Bool {
        guard inventory.nodes[node] != nil, let desk = volumes.nodes else { return false }
        desk.ring(node)
        return true
    }
}

extension BackupJob {
    /// `isKnown`: its node has the rule in force.
    fileprivate mutating func learn(isAsleep: Bool, isKnown: Bool) {
        sleeps = isAsleep
        if !isKnown, state == .active { state = .pending }
    }
}
