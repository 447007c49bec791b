package import MartletCore

/// A cluster of DolphinScheduler as people describe it: which hosts take which roles, and with what values.
package struct Cluster: Codable, Sendable, Hashable {
    /// Eight hexadecimal digits.
    package var id: String
    package var name: String
    package var status: ClusterStatus
    /// IPv4 addresses.
    package var hosts: [String]
    package var base: Base
    package var roles: [ClusterRole]
    package var remark: String

    package struct Base: Codable, Sendable, Hashable {
        package var version: String
        package var deployUser: String
        package var deployDir: String

        package init(version: String, deployUser: String, deployDir: String) {
            (self.version, self.deployUser, self.deployDir) = (version, deployUser, deployDir)
        }
    }

    package init(
        id: String, name: String, status: ClusterStatus, hosts: [String], base: Base, roles: [ClusterRole],
        remark: String
    ) {
        self.id = id
        self.name = name
        self.status = status
        self.hosts = hosts
        self.base = base
        self.roles = roles
        self.remark = remark
    }
}

/// One role with its values and the hosts that take it.
package struct ClusterRole: Codable, Sendable, Hashable {
    package var roleName: RoleName
    /// Flat, by the document's keys; passwords are `Cluster.mask` wherever a cluster is written down or answered.
    package var roleBody: [String: JSONValue]?
    package var roleDependHost: [String]

    package init(roleName: RoleName, roleBody: [String: JSONValue]?, roleDependHost: [String]) {
        self.roleName = roleName
        self.roleBody = roleBody
        self.roleDependHost = roleDependHost
    }
}

package enum RoleName: String, Codable, Sendable, Hashable, CaseIterable {
    case frontend, backend, alert, master, worker, database, hadoop, common, zookeeper
}

package enum ClusterStatus: String, Codable, Sendable, Hashable, CaseIterable {
    case prepare, cancel, deploysuccess, deployfailure, startsuccess, startfailure, stopsuccess, stopfailure
}

/// What is done to a cluster. The raw values are the words of the result signal and of a log's first line.
package enum ClusterAction: String, Codable, Sendable, Hashable, CaseIterable {
    case start, stop
    case deploy = "deployupdate"
}

extension Cluster {
    /// What stands for a password in answers; a write with exactly this keeps the stored value.
    package static let mask = "••••••••"
}
