import Logging
import MartletCore
package import MartletEngine

/// Keeps a controller tied to the nodes of its inventory, whichever they are.
package struct NodeService: Sendable {
    /// What a node is to do.
    struct Wanted: Sendable {
        var plan: AgentPlan
        /// Why some of its volumes are not in it; nil: they all are.
        var problem: String?
    }

    private let desk: NodeDesk
    private let control: Control

    package init(desk: NodeDesk, control: Control) {
        self.desk = desk
        self.control = control
    }

    /// Until it is cancelled.
    package func run() async {
        await withTaskGroup(of: Void.self) { group in
            var links: [String: NodeLink] = [:]
            for await _ in desk.box.changes() {
                // As long as nobody has said which volumes there are, every node would look abandoned.
                while desk.box.known != nil, !Task.isCancelled {
                    do {
                        for link in try await tie(&links) { group.addTask { await link.run() } }
                        break
                    } catch {
                        desk.logger.error("nodes not looked at, tried again", metadata: ["error": "\(error)"])
                        try? await Task.sleep(for: .seconds(1))
                    }
                }
            }
            group.cancelAll()
        }
        await desk.client.shutdown()
    }

    /// Ends the links of nodes that are not there any more or elsewhere, rings the others, and gives the new ones.
    private func tie(_ links: inout [String: NodeLink]) async throws -> [NodeLink] {
        let inventory = desk.box.inventory
        let own = desk.box.settings.node
        var wanted: [String: (address: String, isRetired: Bool)] = [:]
        // A node that was given a plan is told that there is nothing to do any more.
        for state in try await control.store.nodes() { wanted[state.name] = (state.address, true) }
        for (node, address) in inventory.nodes where node != own { wanted[node] = (address, false) }
        wanted[own] = nil
        var fresh: [NodeLink] = []
        for (node, link) in links {
            if let now = wanted[node], now == (link.address, link.isRetired) {
                link.ring()
                wanted[node] = nil
            } else {
                link.stop()
                links[node] = nil
            }
        }
        for (node, place) in wanted {
            let link = NodeLink(
                node: node, address: place.address, isRetired: place.isRetired, desk: desk, control: control
            ) { [self] in try await plan(of: node, isRetired: place.isRetired) }
            links[node] = link
            fresh.append(link)
        }
        return fresh
    }

    /// With the passwords of its apps. An app whose password is lost is left out, and keeps no other from being backed up.
    /// A node that left the inventory has nothing to do any more, whatever still names it.
    private func plan(of node: String, isRetired: Bool) async throws -> Wanted {
        let settings = desk.box.settings
        let inventory = desk.box.inventory
        let limit = control.settings.value.limits.drivers[VolumeBackupDriver.name] ?? 4
        let part = settings.mostAtOnce / max(1, inventory.nodes.count)
        var plan = AgentPlan(
            of: node, in: inventory, zone: control.schedules.zone, limit: max(1, min(limit, part)))
        plan.jitter = inventory.jitter ?? settings.jitter
        if isRetired { return Wanted(plan: AgentPlan(node: node, zone: plan.zone, limit: plan.limit)) }
        plan.controller = settings.advertise
        let volumes = Volumes(control: control, box: desk.box)
        let begun = Set(try await control.store.volumeRecords(of: nil).map(\.volume.app))
        plan.begun = plan.apps.intersection(begun)
        var problems: [String] = []
        for app in plan.apps.sorted() {
            do {
                plan.passwords[app] = try await volumes.password(of: app)
            } catch let error as MartletError where error.code == .conflict {
                problems.append(error.message)
                plan.volumes.removeAll { $0.name.app == app }
            }
        }
        return Wanted(plan: plan, problem: problems.isEmpty ? nil : problems.joined(separator: "; "))
    }
}
