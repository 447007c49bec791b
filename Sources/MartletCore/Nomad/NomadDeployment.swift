/// The replacing of a service's allocations by those of a version.
package struct NomadDeployment: Sendable, Hashable, Codable {
    package enum Status: String, Sendable, Codable {
        case running, successful, failed, cancelled
    }

    package struct Group: Sendable, Hashable, Codable {
        package var desired: Int
        package var placed = 0
        package var healthy = 0
        package var unhealthy = 0
        package var autoRevert: Bool
        /// Nanoseconds; 0: none.
        package var progressDeadline: Int64
        /// Nanoseconds since 1970.
        package var requireProgressBy: Int64?

        package init(desired: Int, autoRevert: Bool = false, progressDeadline: Int64) {
            self.desired = desired
            self.autoRevert = autoRevert
            self.progressDeadline = progressDeadline
        }
    }

    /// A UUID.
    package var id: String
    package var edition: NomadJobEdition
    package var jobModifyIndex: Int64
    package var jobSpecModifyIndex: Int64
    package var status: Status = .running
    package var statusDescription = "Deployment is running"
    package var groups: [String: Group]
    package var createIndex: Int64 = 0
    package var modifyIndex: Int64 = 0

    package init(
        id: String, edition: NomadJobEdition, jobModifyIndex: Int64, jobSpecModifyIndex: Int64, groups: [String: Group]
    ) {
        self.id = id
        self.edition = edition
        self.jobModifyIndex = jobModifyIndex
        self.jobSpecModifyIndex = jobSpecModifyIndex
        self.groups = groups
    }
}

/// What is kept of the one node: what it has and can do is found out at each start.
package struct NomadNode: Sendable, Hashable, Codable {
    /// A UUID, made once.
    package var id: String
    package var isEligible = true
    package var isDraining = false
    /// Seconds since 1970 of the last change.
    package var changedAt: Int64
    package var createIndex: Int64 = 0
    package var modifyIndex: Int64 = 0

    package init(id: String, changedAt: Int64) {
        self.id = id
        self.changedAt = changedAt
    }

    package var takesWork: Bool { isEligible && !isDraining }
}
