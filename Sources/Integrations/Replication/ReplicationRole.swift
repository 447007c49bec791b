/// Which side of a replication a task is.
package enum ReplicationRole: Sendable, Hashable {
    /// Reads a server and sends what it finds.
    case source
    /// Writes to a server, or to Kafka.
    case target

    /// `src`, `source`, `dst`, `dest` or `destination`, in any case.
    package init?(name: String) {
        switch name.lowercased() {
        case "src", "source": self = .source
        case "dst", "dest", "destination": self = .target
        default: return nil
        }
    }

    /// The role of a task. In dtle 3.20 groups have the roles' names, in 3.21 tasks have them: where one of the job's `groups`
    /// has such a name, all groups must. Nil: neither says it.
    package init?(group: String, task: String, groups: [String]) {
        let areGroups = groups.contains { ReplicationRole(name: $0) != nil }
        guard let role = ReplicationRole(name: areGroups ? group : task) else { return nil }
        self = role
    }
}
