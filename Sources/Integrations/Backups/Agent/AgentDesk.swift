import Foundation
package import Logging
package import MartletCore
package import MartletEngine
import Synchronization

/// The plan in force on an agent. A plan is confirmed once it is on disk; from then on the agent follows it, whether or not
/// the controller is there.
package final class AgentDesk: Sendable {
    package let settings: AgentSettings
    private let box: BackupBox
    private let file: PlanFile
    private let content: Mutex<PlanFile.Content>
    private let logger: Logger

    /// Reads the plan of before. Throws `invalid` when it cannot be used.
    package init(_ settings: AgentSettings, box: BackupBox, logger: Logger) throws(MartletError) {
        self.settings = settings
        self.box = box
        self.logger = logger
        file = PlanFile(settings)
        let content = try file.read()
        self.content = Mutex(content)
        if let plan = content.plan { box.replace(Self.inventory(plan, settings)) }
    }

    /// Name of this agent's store.
    package var instance: String { content.withLock { $0.instance } }
    /// Version of the plan in force; nil: there never was one.
    package var version: String? { content.withLock { $0.version } }
    /// Base address to tell that there is something new; nil: nobody is told.
    package var controller: String? { settings.controller ?? plan?.controller }
    package var plan: AgentPlan? { content.withLock { $0.plan } }

    private static func inventory(_ plan: AgentPlan, _ settings: AgentSettings) -> Inventory {
        var inventory = Inventory()
        inventory.root = settings.root
        inventory.begun = plan.begun
        inventory.zone = plan.zone
        inventory.jitter = plan.jitter
        inventory.volumes = plan.volumes.sorted { $0.name.description < $1.name.description }
        inventory.ownsCatalogue = plan.jobs != nil
        return inventory
    }

    /// Takes a plan over. Durable when it returns. Throws `invalid` for the plan of another node or without a password
    /// that it needs.
    package func confirm(_ plan: AgentPlan, version: String, _ control: Control) async throws {
        guard plan.node == settings.node else {
            throw MartletError(
                .invalid, "the plan is not valid",
                problems: [
                    FieldProblem(
                        field: "node",
                        problem: "is \(plan.node.prefix(255)), and this agent is \(settings.node) (--node)")
                ])
        }
        // Without a controller of ours the passwords are made here, like a server's own.
        if plan.jobs == nil { try await keepPasswords(of: plan, control) }
        var plan = plan
        plan.passwords = [:]
        let kept = plan
        let isNew = try content.withLock { content throws(MartletError) in
            guard content.version != version || content.plan != kept else { return false }
            var fresh = content
            (fresh.version, fresh.plan) = (version, kept)
            try file.write(fresh)
            content = fresh
            box.replace(Self.inventory(kept, settings))
            return true
        }
        apply(to: control)
        guard isNew else { return }
        logger.info("plan confirmed", metadata: ["version": "\(version)", "volumes": "\(plan.volumes.count)"])
    }

    /// The limit that the controller worked out for this node.
    package func apply(to control: Control) {
        guard let limit = plan?.limit else { return }
        var settings = control.settings.value
        settings.limits.drivers[VolumeBackupDriver.name] = limit
        control.settings.replace(settings)
    }

    /// As stored secrets: sealed on disk, and given to the engine alone.
    private func keepPasswords(of plan: AgentPlan, _ control: Control) async throws {
        let names = Dictionary(
            uniqueKeysWithValues: plan.apps.union(plan.passwords.keys).map { ($0, BackupSettings.secret(of: $0)) })
        let known = try await control.store.secretValues(of: Set(names.values))
        let problems = Fields.Problems()
        for app in plan.apps.sorted() where plan.passwords[app] == nil && known[names[app] ?? ""] == nil {
            problems.add("passwords.\(app)", "is missing, and this agent has none stored")
        }
        try problems.check("the plan")
        for (app, password) in plan.passwords {
            guard let name = names[app], known[name] != password else { continue }
            // Told by the controller, not by whoever called it.
            try await AuditScope.$current.withValue(nil) {
                _ = try await control.putSecret(
                    name, NewSecret(value: password, description: "password of the repository of \(app)"),
                    by: "controller")
            }
        }
    }
}
