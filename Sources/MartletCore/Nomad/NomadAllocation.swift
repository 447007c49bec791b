/// One placed instance of a group: its tasks are runs of the engine.
package struct NomadAllocation: Sendable, Hashable, Codable {
    package enum Desired: String, Sendable, Codable { case run, stop, evict }

    /// A UUID.
    package var id: String
    package var edition: NomadJobEdition
    package var type: NomadJobType
    package var group: String
    /// Its place among the group's, from 0.
    package var slot: Int
    package var evaluationID: String
    package var nodeID: String
    package var desired: Desired = .run
    package var desiredDescription = ""
    /// When it was asked to stop, and by which evaluation.
    package var stoppedAt: Int64?
    package var stoppedBy = ""
    package var previous = ""
    package var next = ""
    package var followup = ""
    /// The placements before it that failed, oldest first.
    package var reschedules: [Reschedule] = []
    package var deploymentID = ""
    package var health: Health?
    /// It tries a new version beside the allocation of its place, until somebody promotes it; nil: it does not.
    package var isCanary: Bool?
    /// Nanoseconds since 1970: its job was paused then, and its tasks rest.
    package var pausedAt: Int64?
    /// Nanoseconds since 1970: it went on after its last pause.
    package var resumedAt: Int64?
    package var transition = Transition()
    /// Restarts that somebody asked for, oldest first.
    package var restarts: [Restart] = []
    /// What of the group's definition its processes depend on.
    package var fingerprint: String
    package var ask: NomadResources
    package var tasks: [NomadTask]
    package var metrics = NomadPlacementMetrics()
    package var createIndex: Int64 = 0
    /// Rises with each change of its runs, too.
    package var modifyIndex: Int64 = 0
    package var allocModifyIndex: Int64 = 0
    /// Nanoseconds since 1970.
    package var createTime: Int64
    package var modifyTime: Int64

    package var jobID: String { edition.job }
    package var name: String { "\(edition.job).\(group)[\(slot)]" }

    package struct Reschedule: Sendable, Hashable, Codable {
        /// Nanoseconds since 1970.
        package let time: Int64
        package let allocation: String
        package let node: String
        /// Nanoseconds.
        package let delay: Int64
        package init(time: Int64, allocation: String, node: String, delay: Int64) {
            self.time = time
            self.allocation = allocation
            self.node = node
            self.delay = delay
        }
    }

    /// Whether a deployment may count on it.
    package struct Health: Sendable, Hashable, Codable {
        package let isHealthy: Bool
        /// Nanoseconds since 1970.
        package let at: Int64
        /// Given by the store.
        package var modifyIndex: Int64 = 0
        package init(isHealthy: Bool, at: Int64) {
            self.isHealthy = isHealthy
            self.at = at
        }
    }

    /// What somebody wants to become of it.
    package struct Transition: Sendable, Hashable, Codable {
        package var migrate: Bool?
        package var reschedule: Bool?
        package var forceReschedule: Bool?
        package init() {}
    }

    package struct Restart: Sendable, Hashable, Codable {
        package let task: String
        /// The attempt that was to end.
        package let attempt: Int
        /// Nanoseconds since 1970.
        package let at: Int64
        package init(task: String, attempt: Int, at: Int64) {
            self.task = task
            self.attempt = attempt
            self.at = at
        }
    }

    package init(
        id: String, edition: NomadJobEdition, type: NomadJobType, group: String, slot: Int, evaluationID: String,
        nodeID: String, fingerprint: String = "", ask: NomadResources, tasks: [NomadTask], at now: Int64
    ) {
        self.id = id
        self.edition = edition
        self.type = type
        self.group = group
        self.slot = slot
        self.evaluationID = evaluationID
        self.nodeID = nodeID
        self.fingerprint = fingerprint
        self.ask = ask
        self.tasks = tasks
        createTime = now
        modifyTime = now
    }
}

/// One task of an allocation.
package struct NomadTask: Sendable, Hashable, Codable {
    /// It was not started, because what is configured cannot be run.
    package struct Refusal: Sendable, Hashable, Codable {
        package enum Kind: String, Sendable, Codable { case validation, driver }
        package let kind: Kind
        package let text: String
        package init(_ kind: Kind, _ text: String) {
            self.kind = kind
            self.text = text
        }
    }

    package let name: String
    package var isLeader: Bool
    package var ask: NomadResources
    /// Nanoseconds between the stop signal and KILL.
    package var killTimeout: Int64
    /// Nanoseconds between the wish that it ends and the stop signal; nil: none.
    package var shutdownDelay: Int64?
    package var restart: NomadRestartRule
    /// Nil: it was refused, or a sibling was.
    package var run: RunID?
    package var refusal: Refusal?

    package init(
        name: String, isLeader: Bool = false, ask: NomadResources, killTimeout: Int64 = 5_000_000_000,
        restart: NomadRestartRule, run: RunID? = nil, refusal: Refusal? = nil
    ) {
        self.name = name
        self.isLeader = isLeader
        self.ask = ask
        self.killTimeout = killTimeout
        self.restart = restart
        self.run = run
        self.refusal = refusal
    }
}

/// MHz and MB.
package struct NomadResources: Sendable, Hashable, Codable {
    package var cpu: Int
    package var memory: Int

    package init(cpu: Int, memory: Int) {
        self.cpu = cpu
        self.memory = memory
    }

    package static let none = NomadResources(cpu: 0, memory: 0)
    package static func + (left: Self, right: Self) -> Self {
        Self(cpu: left.cpu + right.cpu, memory: left.memory + right.memory)
    }
    package static func - (left: Self, right: Self) -> Self {
        Self(cpu: left.cpu - right.cpu, memory: left.memory - right.memory)
    }
}

/// How often a task is started again in its allocation. Spans in nanoseconds.
package struct NomadRestartRule: Sendable, Hashable, Codable {
    package var attempts: Int
    package var interval: Int64
    package var delay: Int64
    package var mode: RetryPolicy.Mode

    package init(attempts: Int, interval: Int64, delay: Int64, mode: RetryPolicy.Mode) {
        self.attempts = attempts
        self.interval = interval
        self.delay = delay
        self.mode = mode
    }
}
