/// One occasion on which a job's allocations are decided on.
package struct NomadEvaluation: Sendable, Hashable, Codable {
    package enum Status: String, Sendable, Codable, CaseIterable {
        /// It waits to be decided, or for its time.
        case pending
        /// It waits for room.
        case blocked
        case complete
        case failed
        case canceled

        package var isOpen: Bool { self == .pending || self == .blocked }
    }

    package enum Cause: String, Sendable, Codable, CaseIterable {
        case jobRegister = "job-register"
        case jobDeregister = "job-deregister"
        case periodicJob = "periodic-job"
        case nodeDrain = "node-drain"
        case nodeUpdate = "node-update"
        case allocStop = "alloc-stop"
        case allocFailure = "alloc-failure"
        case queuedAllocs = "queued-allocs"
        case rollingUpdate = "rolling-update"
        case deploymentWatcher = "deployment-watcher"
    }

    /// A UUID.
    package var id: String
    package var jobID: String
    package var type: NomadJobType
    package var priority: Int
    package var cause: Cause
    package var status: Status = .pending
    package var statusDescription = ""
    package var nodeID = ""
    package var previous = ""
    package var next = ""
    package var blocked = ""
    package var deploymentID = ""
    /// Nanoseconds since 1970; not decided before.
    package var waitUntil: Int64?
    /// Why groups could not be placed.
    package var failedGroups: [String: NomadPlacementMetrics] = [:]
    /// How many allocations of each group wait; nil before it was decided, and of stopped jobs.
    package var queued: [String: Int]?
    /// 0: none.
    package var jobModifyIndex: Int64 = 0
    package var nodeModifyIndex: Int64 = 0
    package var snapshotIndex: Int64 = 0
    package var createIndex: Int64 = 0
    package var modifyIndex: Int64 = 0
    /// Nanoseconds since 1970.
    package var createTime: Int64
    package var modifyTime: Int64

    package init(
        id: String, jobID: String, type: NomadJobType, priority: Int, cause: Cause, status: Status = .pending,
        at now: Int64
    ) {
        self.id = id
        self.jobID = jobID
        self.type = type
        self.priority = priority
        self.cause = cause
        self.status = status
        createTime = now
        modifyTime = now
    }
}

/// What was looked at to place an allocation, and what stood in the way.
package struct NomadPlacementMetrics: Sendable, Hashable, Codable {
    package var nodesEvaluated = 0
    package var nodesFiltered = 0
    /// By datacenter.
    package var nodesAvailable: [String: Int] = [:]
    /// By what is not fulfilled: `missing drivers`.
    package var constraintFiltered: [String: Int] = [:]
    package var nodesExhausted = 0
    /// By what there is too little of: `cpu`, `memory`.
    package var dimensionExhausted: [String: Int] = [:]
    /// Further allocations of the group with the same trouble.
    package var coalescedFailures = 0

    package init() {}
}
