package import Foundation

/// Knows one kind of work. Pure: opens no file and no socket.
package protocol Driver: Sendable {
    /// Token that jobs name it by.
    var name: String { get }
    /// The program and its arguments for a task. Throws `invalid` naming the field: it runs at submission too.
    func plan(_ context: TaskContext) throws(MartletError) -> [String]
    /// What an exit means for this kind of work.
    func verdict(_ exit: TaskExit, _ report: TaskReport) -> Verdict
}

/// The fence of a task attempt is held by the server: the task never ran and never will.
package struct TaskAbandoned: Error {
    package init() {}
}

/// The task ran, and nobody can know how it ended. Survivors, if any, were killed before this is thrown.
package struct TaskLost: Error {
    package let reason: Reason
    package init(reason: Reason) { self.reason = reason }
}

/// Knows where processes run.
package protocol Executor: Sendable {
    /// Starts the task and returns its true exit once its whole tree is gone. Calls `started` once, as soon
    /// as the keeper holds the fence. Throws ``TaskAbandoned`` or ``TaskLost``.
    func run(
        _ command: Command, at address: TaskAddress,
        started: @Sendable (TaskHandle) async throws -> Void
    ) async throws -> TaskExit
    /// Finds a task again that an earlier server started, or proves that it never ran. `handle` is nil when
    /// that server died before it could store one; `started` is called if the task is alive without one.
    func adopt(
        _ address: TaskAddress, handle: TaskHandle?, claimedOn bootID: String?,
        started: @Sendable (TaskHandle) async throws -> Void
    ) async throws -> TaskExit
    /// Asks the tree to end. Idempotent; `run` or `adopt` then returns the exit. A task that is already gone
    /// is not an error. `grace` nil: the task's own.
    func stop(_ handle: TaskHandle, at address: TaskAddress, grace: TimeSpan?) async throws
    /// Identifies this boot of the machine.
    var bootID: String { get }
}

/// A committed answer that is given again to the same idempotency key.
package struct IdempotencyRecord: Sendable, Hashable {
    package let key: String
    /// The request's body; a store keeps only its hash.
    package let body: [UInt8]
    package init(key: String, body: [UInt8]) {
        self.key = key
        self.body = body
    }
}

/// Membership of a run in a named set; a batch is one submission of it.
package struct GroupMembership: Sendable, Hashable, Codable {
    package let group: String
    package let batch: String
    package init(group: String, batch: String) {
        self.group = group
        self.batch = batch
    }
}

/// Another name of a run, unique within its facade.
package struct RunAlias: Sendable, Hashable, Codable {
    package let facade: String
    package let alias: String
    package init(facade: String, alias: String) {
        self.facade = facade
        self.alias = alias
    }
}

/// A run to insert with what belongs to it.
package struct NewRun: Sendable {
    package var run: Run
    package var secrets: [String: Secret]
    package var groups: [GroupMembership]
    package var aliases: [RunAlias]
    package init(
        run: Run, secrets: [String: Secret] = [:], groups: [GroupMembership] = [], aliases: [RunAlias] = []
    ) {
        self.run = run
        self.secrets = secrets
        self.groups = groups
        self.aliases = aliases
    }
}

/// How many runs may be live at once. Zero global places: accept and hold everything.
package struct DispatchLimits: Sendable, Hashable {
    package var runs: Int
    /// By driver name; a driver without an entry is bounded by `runs` alone.
    package var drivers: [String: Int]
    package init(runs: Int, drivers: [String: Int] = [:]) {
        self.runs = runs
        self.drivers = drivers
    }
}

/// Counts of live runs, for saying why a run waits.
package struct LiveCounts: Sendable, Hashable {
    package var runs: Int
    package var drivers: [String: Int]
    package var jobs: [String: Int]
    package init(runs: Int = 0, drivers: [String: Int] = [:], jobs: [String: Int] = [:]) {
        self.runs = runs
        self.drivers = drivers
        self.jobs = jobs
    }
}

/// A page of runs to ask for; every filter narrows. Newest first.
package struct RunQuery: Sendable, Hashable {
    package var states: [RunState] = []
    package var group: String?
    package var batch: String?
    package var driver: String?
    package var job: String?
    package var key: String?
    package var labels: [String: String] = [:]
    /// 1…1,000.
    package var limit = 50
    /// Only runs older than this one: the last id of the page before.
    package var before: RunID?
    package init() {}
}

package struct Page<Item: Sendable>: Sendable {
    package let items: [Item]
    /// Whether more follow.
    package let hasMore: Bool
    package init(items: [Item], hasMore: Bool) {
        self.items = items
        self.hasMore = hasMore
    }
}

/// Answer of an insert: the runs' ids in order, new or from the idempotency record.
package struct Inserted: Sendable, Hashable {
    package let ids: [RunID]
    package let replayed: Bool
    package init(ids: [RunID], replayed: Bool) {
        self.ids = ids
        self.replayed = replayed
    }
}

/// What ``RunStore/update(_:_:)`` stores beside the run.
package struct Update: Sendable {
    package var changes: [Change]
    /// Facts the task told, stored as `note` events.
    package var notes: [String]
    /// False when nothing was changed and nothing is to be written.
    package var isEmpty: Bool { changes.isEmpty && notes.isEmpty && !reportChanged }
    package var reportChanged: Bool
    package init(changes: [Change] = [], notes: [String] = [], reportChanged: Bool = false) {
        self.changes = changes
        self.notes = notes
        self.reportChanged = reportChanged
    }
    package init(_ change: Change) { self.init(changes: [change]) }
}

/// Runs: every write is durable when the call returns.
package protocol RunStore: Sendable {
    /// All or none, in one transaction with the idempotency record. Throws `conflict` naming the live run that
    /// holds a key, `mismatch` when the idempotency key came with another body.
    func insert(_ runs: [NewRun], idempotency: IdempotencyRecord?) async throws -> Inserted
    /// Claims due pending runs within the limits, by due time, fair across jobs. Claimed runs are `running`.
    func claim(limit: Int, within limits: DispatchLimits, at now: Date) async throws -> [Run]
    /// Loads, changes, stores run + events in one transaction. What `body` throws is thrown, and nothing stored.
    /// Throws `notFound`.
    func update(_ id: RunID, _ body: @escaping @Sendable (inout Run) throws -> Update) async throws -> Run
    func run(_ id: RunID) async throws -> Run?
    func runs(_ query: RunQuery) async throws -> Page<Run>
    /// Every run that is running or stopping: what a new server adopts.
    func liveRuns() async throws -> [Run]
    /// The instant the earliest pending run becomes due; nil when none is pending.
    func nextDue() async throws -> Date?
}

/// What belongs to a run beside its row.
package protocol RunDetailStore: Sendable {
    func secrets(of id: RunID) async throws -> [String: Secret]
    func groups(of id: RunID) async throws -> [GroupMembership]
    /// By native id or by any alias of any facade.
    func resolve(alias: String, facade: String) async throws -> RunID?
    func attempts(of id: RunID) async throws -> [FinishedTask]
    /// Events after `number`, oldest first; of one run or of all.
    func events(of id: RunID?, after number: Int64, limit: Int) async throws -> [RunEvent]
    /// Numbers of the oldest and newest stored events; nil when there are none.
    func eventRange() async throws -> ClosedRange<Int64>?
    func liveCounts() async throws -> LiveCounts
}

/// Stored job definitions.
package protocol JobStore: Sendable {
    /// Version starts at 1 and rises with each change; `ifVersion` 0 = must not exist. Throws `conflict`.
    func put(_ job: Job, source: String, ifVersion: Int?, at now: Date) async throws -> StoredJob
    func job(_ name: String) async throws -> StoredJob?
    func jobs(after name: String?, limit: Int) async throws -> [StoredJob]
    func deleteJob(_ name: String, ifVersion: Int?) async throws -> Bool
}

package struct StoredJob: Sendable, Hashable {
    package let job: Job
    package let version: Int
    /// `api`, or the file in `jobs.d` it came from.
    package let source: String
    package let updatedAt: Date
    package init(job: Job, version: Int, source: String, updatedAt: Date) {
        self.job = job
        self.version = version
        self.source = source
        self.updatedAt = updatedAt
    }
}

/// What is deleted when: ended runs by age and number, and by the size of their files.
package struct RetentionPolicy: Sendable, Hashable {
    package var age: TimeSpan
    package var runsPerJob: Int
    /// Bytes of all run directories together.
    package var logBytes: Int64
    /// Failed and lost runs are kept so many times as long as the others.
    package var failedFactor: Int
    package init(
        age: TimeSpan = .seconds(30 * 86_400), runsPerJob: Int = 10_000, logBytes: Int64 = 10 << 30,
        failedFactor: Int = 2
    ) {
        self.age = age
        self.runsPerJob = runsPerJob
        self.logBytes = logBytes
        self.failedFactor = failedFactor
    }
}

package protocol RetentionStore: Sendable {
    /// Ended runs that `policy` no longer keeps (age and number), oldest first, at most `limit`.
    func expired(under policy: RetentionPolicy, at now: Date, limit: Int) async throws -> [RunID]
    /// The oldest ended runs, for freeing log space.
    func oldestEnded(limit: Int) async throws -> [(id: RunID, logBytes: Int64)]
    /// Sum of the ended and live runs' recorded log bytes.
    func logBytes() async throws -> Int64
    /// Removes rows of ended runs (ids of others are ignored), their events, memberships and records.
    func delete(_ ids: [RunID]) async throws
    /// Removes idempotency records older than a day.
    func deleteIdempotency(before: Date) async throws
    /// Frees the keys of `unkillable` runs that are listed.
    func releaseKeys(of ids: [RunID]) async throws
    /// Ended runs that still hold their key because processes survived.
    func unkillableRuns() async throws -> [Run]
}
