package import MartletCore

/// What the Scripts integration is configured with.
package struct ScriptSettings: Sendable, Hashable {
    /// The task file; nil: built-in tasks only.
    package var tasksFile: String?
    package var collectDirectory: String
    /// Given to every task.
    package var environment: [String: String]
    /// Given to every task, and masked wherever a task writes them.
    package var secrets: [String: Secret]
    /// Names of stored secrets by the variable that every task gets the value in.
    package var secretNames: [String: String] = [:]
    /// User that tasks without one of their own run as; nil: the server's.
    package var user: String?
    /// Ended sessions stay visible so long.
    package var sessionAge: TimeSpan

    package init(
        tasksFile: String? = nil, collectDirectory: String, environment: [String: String] = [:],
        secrets: [String: Secret] = [:], user: String? = nil, sessionAge: TimeSpan = .seconds(86_400)
    ) {
        self.tasksFile = tasksFile
        self.collectDirectory = collectDirectory
        self.environment = environment
        self.secrets = secrets
        self.user = user
        self.sessionAge = sessionAge
    }
}
