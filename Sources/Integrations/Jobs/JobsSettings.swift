package import MartletEngine
import Synchronization

/// What the integration of jobs is configured with.
package struct JobsSettings: Sendable, Hashable {
    /// The one node's name; empty: the machine's.
    package var node: String
    package var datacenter = "dc1"
    package var region = "global"
    /// Of this program: it ends the version of the driver dtle.
    package var release = ""
    /// Whether a caller without a token may register commands of its own (raw_exec, exec) where the listener asks for none.
    package var openCommands = false
    package var garbage = Nomad.Garbage()
    /// Where directories of allocations are made, for good: a reload does not change it.
    package let allocationsDirectory: String
    /// Where replications keep what they have read and not written yet, for good, too.
    package let replicationsDirectory: String

    package init(node: String, allocationsDirectory: String, replicationsDirectory: String) {
        self.replicationsDirectory = replicationsDirectory
        self.node = node
        self.allocationsDirectory = allocationsDirectory
    }
}

/// The settings in force; replaced as a whole by a reload.
package final class JobsBox: Sendable {
    private let box: Mutex<JobsSettings>
    package init(_ settings: JobsSettings) { box = Mutex(settings) }
    package var settings: JobsSettings { box.withLock { $0 } }
    package func replace(_ settings: JobsSettings) { box.withLock { $0 = settings } }
}
