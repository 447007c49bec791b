package import Foundation

/// The eight states of a run.
package enum RunState: String, Sendable, Codable, CaseIterable {
    /// Accepted and durable; waits for its time, a free place or a retry.
    case pending
    /// Claimed; a task runs or is about to.
    case running
    /// Asked to end; its tree is being ended or its `always` tasks run.
    case stopping
    /// Stopped on request so that it can go on later from its first unfinished task.
    case paused
    /// Every task that had to run ended well.
    case succeeded
    /// A task did not end well, and no retry is left.
    case failed
    /// Ended on request.
    case cancelled
    /// Nobody can know how it ended: its machine or its keeper went away.
    case lost

    package var isEnd: Bool {
        switch self {
        case .succeeded, .failed, .cancelled, .lost: true
        case .pending, .running, .stopping, .paused: false
        }
    }
    /// A process may exist for it.
    package var isLive: Bool { self == .running || self == .stopping }
}

/// How a run ended beyond its state.
package enum Outcome: String, Sendable, Codable, CaseIterable {
    /// Everything was done.
    case ok
    /// Done, but something needs a look.
    case warning
    /// A part was done, a part failed.
    case partial
    /// There was nothing to do.
    case nothingToDo
    /// The deadline passed.
    case timeout
    /// The process exited with a code that is not success.
    case exit
    /// A signal ended the process.
    case signal
    /// The process could not be started.
    case spawnFailed
    /// Its work was cut short by a request, or nobody can know how it ended.
    case interrupted
    /// It never ran.
    case skipped
    /// Processes survived KILL.
    case unkillable

    package var isGood: Bool {
        switch self {
        case .ok, .warning, .nothingToDo: true
        case .partial, .timeout, .exit, .signal, .spawnFailed, .interrupted, .skipped, .unkillable: false
        }
    }
}

/// Who caused a run.
package struct Trigger: Sendable, Hashable, Codable {
    /// `api`, `cli`, `console`, a facade's name, `schedule`, `rerun`.
    package var source: String
    /// The caller as the facade knows it: token name, address, schedule id.
    package var caller: String?
    /// The run that this one repeats.
    package var rerunOf: RunID?
    package var trace: TraceContext?
    /// The schedule's time that it is for.
    package var due: Date?

    package init(
        source: String, caller: String? = nil, rerunOf: RunID? = nil, trace: TraceContext? = nil, due: Date? = nil
    ) {
        self.source = source
        self.caller = caller
        self.rerunOf = rerunOf
        self.trace = trace
        self.due = due
    }
}

/// Why a live run is being ended, and what becomes of it.
package enum StopReason: String, Sendable, Codable, CaseIterable {
    /// Somebody asked; it ends as cancelled.
    case user
    /// Somebody asked to pause; it can be resumed.
    case pause
    /// `serve --stop-runs` ends every run with the server; it ends as cancelled.
    case shutdown
    /// The run's own deadline passed between tasks; it ends as failed.
    case timeout
}

/// One execution of a job. A value; only ``apply(_:at:)`` changes its state.
package struct Run: Sendable, Hashable {
    package let id: RunID
    /// The job as it was at submission: history never changes.
    package let job: Job
    package let params: [String: JSONValue]
    package let key: String?
    package let labels: [String: String]
    package let driver: String
    package let trigger: Trigger
    package let createdAt: Date
    /// Names of the secret variables; the values are sealed in the store.
    package internal(set) var secretNames: [String]

    package internal(set) var state: RunState
    package internal(set) var outcome: Outcome?
    package internal(set) var reason: Reason
    /// Not claimed before this instant (submission, or the end of a retry's wait).
    package internal(set) var dueAt: Date
    package internal(set) var startedAt: Date?
    package internal(set) var finishedAt: Date?
    /// Which try this is, from 1; 0 before the first claim.
    package internal(set) var attempt: Int
    /// Index of the task that runs or runs next.
    package internal(set) var task: Int
    /// When the present attempt was claimed; the job's `timeout` counts from here.
    package internal(set) var attemptStartedAt: Date?
    package internal(set) var handle: TaskHandle?
    package internal(set) var exitCode: Int32?
    package internal(set) var signal: Int32?
    /// The first failure of the attempt: the verdict of the run.
    package internal(set) var failure: Failure?
    /// The least good among the good outcomes of the attempt's tasks.
    package internal(set) var success: Verdict?
    package internal(set) var stopReason: StopReason?
    /// A stop or a deadline kept some of the attempt's work from being done.
    package internal(set) var cutShort = false
    package internal(set) var retries: RetryCount
    /// How long the tasks of all attempts ran, by a clock that no adjustment of the machine's time moves.
    package internal(set) var worked: TimeSpan
    /// What the task told about itself last.
    package var report: TaskReport
    /// Rises with every stored change.
    package var version: Int

    /// A failed task: which, and how.
    package struct Failure: Sendable, Hashable, Codable {
        package var task: Int
        package var verdict: Verdict
        package var reason: Reason
    }

    /// A new run, pending. `task` starts at 0; nothing is stored yet.
    package init(
        id: RunID, job: Job, params: [String: JSONValue], key: String?, labels: [String: String],
        trigger: Trigger, createdAt: Date, dueAt: Date? = nil, secretNames: [String] = []
    ) {
        self.id = id
        self.job = job
        self.params = params
        self.key = key
        self.labels = labels
        self.driver = job.tasks.first?.driver ?? "command"
        self.trigger = trigger
        self.createdAt = createdAt
        self.secretNames = secretNames
        state = .pending
        reason = .queued
        self.dueAt = dueAt ?? createdAt
        attempt = 0
        task = 0
        retries = RetryCount()
        worked = .seconds(0)
        report = TaskReport()
        version = 1
    }

    /// Whether no other run may take this run's key: while it is not over, and while a survivor of KILL may
    /// still do the work.
    package var holdsKey: Bool { key != nil && (!state.isEnd || outcome == .unkillable) }
    package var currentTask: TaskSpec { job.tasks[task] }
    /// How the attempt stands before its present task: what a clean-up needs to know.
    package var outcomeSoFar: Outcome {
        if let failure { return failure.verdict.outcome }
        return stopReason == nil && !cutShort ? success?.outcome ?? .ok : .interrupted
    }
}
