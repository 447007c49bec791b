package import MartletCore
import Synchronization

/// What the integration of clusters is configured with.
package struct ClusterSettings: Sendable, Hashable {
    /// Directory with `deploy.yml`, `start.yml`, `stop.yml` and `create_users.yml`; nil: none was found.
    package var playbooks: String?
    /// Our own, whatever is used: what reports to the server is there. Nil: they are not installed.
    package var ownPlaybooks: String?
    /// Directory of the packages that are deployed, on the server's machine.
    package var archives: String
    /// The program `ansible-playbook`: a path, or a name to look for.
    package var ansible: String
    /// Numbers of `executeType` as the replaced program had them: 0 stops, 1 starts.
    package var legacyExecuteTypes = false
    /// A deploy may go on beside a started cluster, when they share no host.
    package var deployBesideStarted = false
    /// What `login` wants; nil: nobody can log in.
    package var password: ClusterPassword?
    /// Longest time of one run.
    package var deadline: TimeSpan = .seconds(7200)

    /// Data directory of the server.
    package var dataDirectory: String

    package init(archives: String, ansible: String, dataDirectory: String) {
        self.archives = archives
        self.ansible = ansible
        self.dataDirectory = dataDirectory
    }

    /// What runs are given of them.
    var playbook: PlaybookSettings {
        PlaybookSettings(
            playbooks: playbooks, callbacks: (ownPlaybooks ?? playbooks ?? "") + "/callback_plugins", ansible: ansible,
            archives: archives, dataDirectory: dataDirectory)
    }
}

package enum ClusterPassword: Sendable, Hashable {
    case given(Secret)
    /// Name of a stored secret.
    case stored(String)
}

/// The settings in force; replaced as a whole by a reload.
package final class ClusterBox: Sendable {
    private let box: Mutex<ClusterSettings>
    package init(_ settings: ClusterSettings) { box = Mutex(settings) }
    package var settings: ClusterSettings { box.withLock { $0 } }
    package func replace(_ settings: ClusterSettings) { box.withLock { $0 = settings } }
}
