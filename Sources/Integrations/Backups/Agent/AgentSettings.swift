/// How an agent was started.
package struct AgentSettings: Sendable, Hashable {
    /// Its name in the controller's inventory.
    package var node: String
    /// Every volume must be below it.
    package var root: String
    /// Data directory of the agent.
    package var dataDirectory: String
    /// Base address of the controller, to be told at once when there is something new; nil: it asks.
    package var controller: String?

    package init(node: String, root: String, dataDirectory: String, controller: String? = nil) {
        self.controller = controller
        self.node = node
        self.root = root
        self.dataDirectory = dataDirectory
    }

    /// The plan that it confirmed last.
    package var planFile: String { "\(dataDirectory)/\(Self.planName)" }
    /// The job that an agent's token is for on its controller.
    package static let doorbell = "agents.notify"
    package static let planName = "plan.json"
}
