/// What is to be decided, at one moment.
package struct NomadRound: Sendable {
    package let index: Int64
    package let node: NomadNode?
    /// By live allocations.
    package let used: NomadResources
    /// By priority, then age of their evaluations.
    package let situations: [NomadSituation]
    /// How many of them wait for room.
    package let waiting: Int
    /// Nanoseconds since 1970 at which the next evaluation is due.
    package let nextDue: Int64?

    package init(
        index: Int64, node: NomadNode?, used: NomadResources, situations: [NomadSituation],
        waiting: Int, nextDue: Int64?
    ) {
        self.index = index
        self.node = node
        self.used = used
        self.situations = situations
        self.waiting = waiting
        self.nextDue = nextDue
    }
}

/// One job with everything that is decided from.
package struct NomadSituation: Sendable {
    package let jobID: String
    /// Nil: it is not registered (any more).
    package let job: NomadJobRecord?
    package let secrets: [String: Secret]
    package let allocations: [NomadAllocationFacts]
    /// Pending and blocked.
    package let open: [NomadEvaluation]
    /// The newest of this life of the job.
    package let deployment: NomadDeployment?
    /// The newest version before this one that has proven itself; read only when the deployment may go back to it.
    package let stable: NomadProven?
    package let revision: Int64
    /// Why it is looked at; nil: it waits for room, or its time has come.
    package let owed: Int64?

    package init(
        jobID: String, job: NomadJobRecord?, secrets: [String: Secret] = [:], allocations: [NomadAllocationFacts],
        open: [NomadEvaluation], deployment: NomadDeployment?, stable: NomadProven? = nil, revision: Int64,
        owed: Int64?
    ) {
        self.jobID = jobID
        self.job = job
        self.secrets = secrets
        self.allocations = allocations
        self.open = open
        self.deployment = deployment
        self.stable = stable
        self.revision = revision
        self.owed = owed
    }
}

/// What is to be stored of one job: in one transaction, or not at all.
package struct NomadDecision: Sendable {
    package var jobID: String
    /// As they were read.
    package var revision: Int64
    package var owed: Int64?
    /// Changed ones, whole.
    package var allocations: [NomadAllocation] = []
    package var placed: [NomadAllocation] = []
    package var runs: [NewRun] = []
    /// New and changed ones.
    package var evaluations: [NomadEvaluation] = []
    package var deployments: [NomadDeployment] = []
    /// The present version has proven itself.
    package var isStable = false
    /// The version whose content is registered as the newest, instead of what failed.
    package var revert: NomadRevert?
    /// Nothing is left to do until something changes.
    package var isSettled = false

    package init(jobID: String, revision: Int64, owed: Int64?) {
        self.jobID = jobID
        self.revision = revision
        self.owed = owed
    }

    /// Whether a record changes.
    package var isEmpty: Bool {
        allocations.isEmpty && placed.isEmpty && evaluations.isEmpty && deployments.isEmpty && !isStable
            && revert == nil
    }
}

/// A version that has proven itself.
package struct NomadProven: Sendable, Hashable {
    package let version: NomadJobVersion
    /// The present version says the same, secrets included: going back would change nothing.
    package let isPresent: Bool
    package init(version: NomadJobVersion, isPresent: Bool) {
        self.version = version
        self.isPresent = isPresent
    }
}

/// Going back to an older version of a job.
package struct NomadRevert: Sendable {
    package let version: Int
    /// What is registered, without the version's secrets: the store adds them.
    package var draft: NomadJobDraft?
    package init(version: Int) { self.version = version }
}

/// An allocation with its runs as they were at the same moment.
package struct NomadAllocationRuns: Sendable {
    package struct Task: Sendable {
        /// Nil: there was none, or retention has taken it away.
        package let run: Run?
        /// Oldest first; empty where they were not wanted.
        package let events: [RunEvent]
        package let attempts: [FinishedTask]
        package init(run: Run?, events: [RunEvent], attempts: [FinishedTask]) {
            self.run = run
            self.events = events
            self.attempts = attempts
        }
    }

    package let facts: NomadAllocationFacts
    /// In the order of the record's.
    package let tasks: [Task]
    /// The job's priority and kind are of this version; empty: it is not stored any more.
    package var record: NomadAllocation { facts.record }
    package init(facts: NomadAllocationFacts, tasks: [Task]) {
        self.facts = facts
        self.tasks = tasks
    }
}

/// Labels that lead from a run to its allocation.
package enum NomadLabel {
    package static let job = "nomad/job"
    package static let allocation = "nomad/alloc"
    package static let task = "nomad/task"
    /// The job's create index, where a run is about one life of its id.
    package static let created = "nomad/created"
}
