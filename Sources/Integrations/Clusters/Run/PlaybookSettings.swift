/// Where runs of playbooks find what they need.
package struct PlaybookSettings: Codable, Sendable, Hashable {
    /// Directory of deploy.yml, start.yml, stop.yml and create_users.yml; a user's own or ours. Nil: there is none.
    package var playbooks: String?
    /// Our directory of callback plugins.
    package var callbacks: String
    /// The program `ansible-playbook`: a path, or a name on PATH.
    package var ansible: String
    /// Packages on this machine; nil: none.
    package var archives: String?
    /// Data directory of the server.
    package var dataDirectory: String

    package init(
        playbooks: String?, callbacks: String, ansible: String = "ansible-playbook", archives: String? = nil,
        dataDirectory: String
    ) {
        self.playbooks = playbooks
        self.callbacks = callbacks
        self.ansible = ansible
        self.archives = archives
        self.dataDirectory = dataDirectory
    }

    /// Keys, known hosts and the files of live runs.
    package var directory: String { Self.directory(of: dataDirectory) }
    static func directory(of dataDirectory: String) -> String { dataDirectory + "/clusters" }
    /// One directory for each live run.
    package static func runs(of dataDirectory: String) -> String { directory(of: dataDirectory) + "/runs" }
}
