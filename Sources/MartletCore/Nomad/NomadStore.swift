package import Foundation

/// Lists whose changes can be waited for.
package enum NomadTable: String, Sendable, CaseIterable {
    case jobs, evaluations, allocations, deployments, nodes
}

/// A list with the index of its newest change, both of one moment.
package struct NomadList<Element: Sendable>: Sendable {
    package let index: Int64
    package let items: [Element]
    package init(index: Int64, items: [Element]) {
        self.index = index
        self.items = items
    }
}

/// Which objects a list has. Prefixes are those of the id.
package enum NomadSelection: Sendable, Hashable {
    case prefix(String)
    case job(String)
    case evaluation(String)
    case deployment(String)
    case node(String)
}

/// What somebody demands of the job as it is: of its job modify index.
package enum NomadEnforcement: Sendable, Hashable {
    case none
    /// 0: the job must not be there.
    case index(Int64)
}

package struct NomadRegistered: Sendable, Hashable {
    package let job: NomadJobRecord
    /// Nil: templates are not evaluated.
    package let evaluation: NomadEvaluation?
    package init(job: NomadJobRecord, evaluation: NomadEvaluation?) {
        self.job = job
        self.evaluation = evaluation
    }
}

/// Jobs as people register them.
package protocol NomadJobStore: Sendable {
    /// A new version when its content or a secret changed or it was stopped. `evaluation`: id of the one that is made; its
    /// priority and type are the job's. Throws ``NomadClash``.
    func register(
        nomad draft: NomadJobDraft, enforcing: NomadEnforcement, evaluation: String,
        cause: NomadEvaluation.Cause, at now: Date
    ) async throws -> NomadRegistered
    /// Marks it stopped, or takes its record away. Of an unknown job too an evaluation is made, of a template none.
    func deregister(
        nomad id: String, purge: Bool, evaluation: String, at now: Date
    ) async throws -> (NomadEvaluation?, jobModifyIndex: Int64)
    /// Throws ``NomadClash/unknown``; the index of the change.
    func setStable(nomad id: String, version: Int, _ isStable: Bool) async throws -> Int64
    func nomadJobs(prefix: String) async throws -> NomadList<NomadJobState>
    func nomadJob(_ id: String) async throws -> NomadJobState?
    /// Newest first, at most six.
    func nomadVersions(of id: String) async throws -> [NomadJobVersion]
    /// What a version says, with its secrets: also of a purged job, as long as an allocation is of it.
    func nomadContent(of edition: NomadJobEdition) async throws -> (
        version: NomadJobVersion, secrets: [String: Secret]
    )?
}

/// A periodic job that makes another one.
package struct NomadLaunch: Sendable {
    /// As it was read: with the time that has come.
    package let parent: NomadJobRecord
    package let child: NomadJobDraft
    /// Nothing is made while an earlier child is not over.
    package let prohibitsOverlap: Bool
    /// Nanoseconds since 1970 at which the parent makes the next one; nil: never.
    package let next: Int64?
    /// The id of the child's evaluation.
    package let evaluation: String

    package init(
        parent: NomadJobRecord, child: NomadJobDraft, prohibitsOverlap: Bool, next: Int64?, evaluation: String
    ) {
        self.parent = parent
        self.child = child
        self.prohibitsOverlap = prohibitsOverlap
        self.next = next
        self.evaluation = evaluation
    }
}

/// Times of periodic jobs.
package protocol NomadLaunches: Sendable {
    /// Jobs whose time has come, with their secrets, the earliest first; and the next time of any job after `now`:
    /// nanoseconds since 1970.
    func nomadLaunches(
        at now: Date, limit: Int
    ) async throws -> (due: [(job: NomadJobRecord, secrets: [String: Secret])], next: Int64?)
    /// Registers the child with its evaluation and sets the parent's next time, in one transaction. Nil when no child was
    /// made: an earlier one is not over, or the parent is another than was read.
    func launch(nomad launch: NomadLaunch, at now: Date) async throws -> NomadRegistered?
}

/// What comes of jobs.
package protocol NomadLedger: Sendable {
    /// In the order of their ids.
    func nomadEvaluations(_ selection: NomadSelection) async throws -> NomadList<NomadEvaluation>
    /// In the order of their ids, each with its runs; with their events and attempts where they are wanted.
    func nomadAllocations(_ selection: NomadSelection, withHistory: Bool) async throws -> NomadList<NomadAllocationRuns>
    func nomadAllocationIDs() async throws -> Set<String>
    func nomadDeployments(_ selection: NomadSelection) async throws -> NomadList<NomadDeployment>
    /// The one node; made with this id at the first call.
    func nomadNode(making id: String, at now: Date) async throws -> NomadNode
    /// Of the newest change of each list; the greatest is that of all.
    func nomadIndexes() async throws -> [NomadTable: Int64]
}

/// Decisions about jobs.
package protocol NomadDecisions: Sendable {
    /// The jobs about which something is to be decided: what is owed, what is due, those of `names`, and what waits for room
    /// where `total` leaves any. `waiting`: how many of the latter are left out at first; nil: all, unless there are others.
    func nomadSituations(
        _ names: [String], waiting: Int?, within total: NomadResources, at now: Date, limit: Int
    ) async throws -> NomadRound
    /// All or nothing, runs included. Throws ``NomadClash/moved`` when the job is not as it was read.
    func decide(nomad decision: NomadDecision, at now: Date) async throws
    /// Has jobs with open work looked at again: after a start, and when the node has changed.
    func owe(nomad: NomadOwing) async throws
    /// Changes the node, and makes an evaluation for each job with an allocation there. The node as it is then, and the
    /// evaluations' ids.
    func setNode(
        eligible: Bool?, draining: NomadDraining?, evaluation: @escaping @Sendable () -> String, at now: Date
    ) async throws -> (NomadNode, evaluations: [String])
    /// Ends the drain of a node on which nothing is left: it takes nothing new until somebody says so. Whether there was one.
    func endDrain(at now: Date) async throws -> Bool
    /// An evaluation that somebody asks for: of a job, or to stop an allocation, or to start its tasks anew. Throws
    /// ``NomadClash/unknown``. The index of the change.
    func ask(nomad wish: NomadWish, evaluation: String, at now: Date) async throws -> Int64
    /// Removes what is over since the given instants, `limit` objects in a transaction. Returns how many went.
    func collect(nomad horizon: NomadHorizon, limit: Int) async throws -> Int
}

package enum NomadOwing: Sendable, Hashable {
    /// Every job that has a live allocation or an open evaluation.
    case everything
}

package enum NomadWish: Sendable, Hashable {
    case evaluate(job: String, forceReschedule: Bool)
    case stop(allocation: String)
    /// Nil: every task.
    case restart(allocation: String, task: String?)
    /// Ends a running deployment as failed.
    case fail(deployment: String)
    /// Has a job's tasks rest, or go on. Throws `conflict` for a stopped job and for one that only makes others.
    case pauseJob(String, isPaused: Bool)
    case pauseDeployment(String, isPaused: Bool)
    /// Has the canaries of these groups take the places of the old allocations; nil: of all groups. Throws
    /// ``NomadClash/unready(_:)``.
    case promote(deployment: String, groups: Set<String>?)
}

/// Ends before these are old.
package struct NomadHorizon: Sendable, Hashable {
    package let jobs: Date
    package let evaluations: Date
    package let allocations: Date
    package init(jobs: Date, evaluations: Date, allocations: Date) {
        self.jobs = jobs
        self.evaluations = evaluations
        self.allocations = allocations
    }
}
