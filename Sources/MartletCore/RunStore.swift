package import Foundation

/// What ``RunStore/update(_:_:)`` stores beside the run.
package struct Update: Sendable {
    package var changes: [Change]
    /// Facts the task told, stored as `note` events.
    package var notes: [String]
    /// What was sent to the task, stored as `signalled` events.
    package var signals: [TaskSignal] = []
    /// False when nothing was changed and nothing is to be written.
    package var isEmpty: Bool { !hasEvents && !reportChanged }
    package var hasEvents: Bool { !(changes.isEmpty && notes.isEmpty && signals.isEmpty) }
    package var reportChanged: Bool
    package init(changes: [Change] = [], notes: [String] = [], reportChanged: Bool = false) {
        self.changes = changes
        self.notes = notes
        self.reportChanged = reportChanged
    }
    package init(_ change: Change) { self.init(changes: [change]) }
    package init(_ signal: TaskSignal) {
        self.init()
        signals = [signal]
    }
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
    /// Those of them that are stored, in the order given.
    func runs(_ ids: [RunID]) async throws -> [Run]
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
    /// The newest batch of the query's group that has a run of its driver and job, where it names them.
    func latestBatch(of query: RunQuery) async throws -> String?
    func attempts(of id: RunID) async throws -> [FinishedTask]
    /// Events after `number`, oldest first; of one run or of all.
    func events(of id: RunID?, after number: Int64, limit: Int) async throws -> [RunEvent]
    /// Events of runs that had been claimed by then, after `number`, oldest first; and the number up to which there are
    /// no others.
    func startedEvents(after number: Int64, limit: Int) async throws -> (events: [RunEvent], upTo: Int64)
    /// Numbers of the oldest and newest stored events; nil when there are none.
    func eventRange() async throws -> ClosedRange<Int64>?
    func liveCounts() async throws -> LiveCounts
}

/// The names that runs have in the facades.
package protocol AliasStore: Sendable {
    /// By native id or by any alias of any facade.
    func resolve(alias: String, facade: String) async throws -> RunID?
    /// The first alias that a run has in one facade.
    func alias(of id: RunID, facade: String) async throws -> String?
    /// The same of several runs; those without one are left out.
    func aliases(of ids: [RunID], facade: String) async throws -> [RunID: String]
    /// Every alias of one facade whose run is not over, or ended no earlier than `endedAfter`; newest run first.
    func aliases(facade: String, endedAfter: Date) async throws -> [(alias: String, run: RunID)]
}
