/// The replacing of a service's allocations by those of a version.
package struct NomadDeployment: Sendable, Hashable, Codable {
    package enum Status: String, Sendable, Codable {
        /// It goes on.
        case running
        /// Somebody holds it: nothing is placed or replaced by it.
        case paused
        case successful
        /// It did not come to what it was to.
        case failed
        /// Another version took its place, or the job was stopped.
        case cancelled

        package var isActive: Bool { self == .running || self == .paused }
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
        /// Nil: its allocations are replaced without a trial.
        package var canaries: Canaries?

        /// Allocations of the new version stand beside the old ones until they are promoted.
        package struct Canaries: Sendable, Hashable, Codable {
            package let desired: Int
            /// They are promoted as soon as all of them are healthy.
            package let isAutomatic: Bool
            package var isPromoted = false
            /// Ids of the allocations, oldest first.
            package var placed: [String] = []

            package init(desired: Int, isAutomatic: Bool) {
                self.desired = desired
                self.isAutomatic = isAutomatic
            }
        }

        mutating func extendDeadline(at now: Int64) {
            if progressDeadline > 0 { requireProgressBy = now + progressDeadline }
        }

        /// It waits for its canaries to be promoted.
        package var isOnTrial: Bool { canaries?.isPromoted == false }

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
    /// After a failure it was decided which version comes next; nil: not yet, or nobody asked for that.
    package var isRevertDecided: Bool?
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

extension NomadDeployment {
    /// What is said of it while it is active.
    package var activeDescription: String {
        let trials = groups.values.filter(\.isOnTrial)
        if status == .paused { return "Deployment is paused" }
        if trials.isEmpty { return "Deployment is running" }
        return trials.allSatisfy { $0.canaries?.isAutomatic == true }
            ? "Deployment is running pending automatic promotion"
            : "Deployment is running but requires manual promotion"
    }

    /// The group's canaries are allocations like others from now on.
    package mutating func promote(_ group: String, at now: Int64) {
        groups[group]?.canaries?.isPromoted = true
        groups[group]?.extendDeadline(at: now)
        statusDescription = activeDescription
    }

    /// It was held, and has its whole time again. `now`: nanoseconds since 1970.
    package mutating func extendDeadlines(at now: Int64) {
        for name in groups.keys { groups[name]?.extendDeadline(at: now) }
    }

    /// A failure of it may take the job back to an older version.
    package var mayRevert: Bool {
        (status.isActive || status == .failed) && isRevertDecided != true && groups.values.contains { $0.autoRevert }
    }
}

/// What is kept of the one node: what it has and can do is found out at each start.
package struct NomadNode: Sendable, Hashable, Codable {
    /// What somebody wants of a drain.
    package struct Drain: Sendable, Hashable, Codable {
        /// Nanoseconds that it may take; 0: as long as it takes, below: not at all.
        package var deadline: Int64
        package var sparesSystemJobs: Bool
        /// Seconds since 1970.
        package var startedAt: Int64

        package init(deadline: Int64, sparesSystemJobs: Bool, startedAt: Int64) {
            self.deadline = deadline
            self.sparesSystemJobs = sparesSystemJobs
            self.startedAt = startedAt
        }
    }

    /// A UUID, made once.
    package var id: String
    package var isEligible = true
    package var isDraining = false
    /// Nil: it is not drained, or nothing was said of how.
    package var drain: Drain?
    /// Seconds since 1970; nil: it was not kept.
    package var registeredAt: Int64?
    /// Seconds since 1970 of the last change.
    package var changedAt: Int64
    package var createIndex: Int64 = 0
    package var modifyIndex: Int64 = 0

    package init(id: String, changedAt: Int64) {
        self.id = id
        self.changedAt = changedAt
        registeredAt = changedAt
    }

    package var takesWork: Bool { isEligible && !isDraining }
    /// What a drain leaves alone.
    package var sparesSystemJobs: Bool { isDraining && drain?.sparesSystemJobs == true }
}

/// What is to become of a node's drain.
package enum NomadDraining: Sendable, Hashable {
    case on(NomadNode.Drain)
    case off
}
