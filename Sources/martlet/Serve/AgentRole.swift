import Backups
import MartletCore

/// What makes a server the agent of a node.
struct AgentRole: Sendable {
    let settings: AgentSettings
    /// File with the token that its controller shows; nil: the agent's own admin token.
    let tokenFile: String?
}

extension Principal {
    /// The controller of an agent.
    static let controller = Principal(.token("controller"), name: "controller", rights: Rights(role: .admin))

    /// The agents of a controller: they may tell it that there is something new, and nothing else.
    static let agents = Principal(
        .token("agents"), name: "agents",
        rights: Rights(role: .run, jobs: [NamePattern(AgentSettings.doorbell)].compactMap(\.self)))
}
