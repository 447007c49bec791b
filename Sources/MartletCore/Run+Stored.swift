package import Foundation

extension Run {
    /// The changing part of a run that has no column of its own in a store.
    package struct Detail: Sendable, Hashable, Codable {
        package var reason: Reason
        package var attemptStartedAt: Date?
        package var handle: TaskHandle?
        package var failure: Failure?
        package var success: Verdict?
        package var stopReason: StopReason?
        package var cutShort: Bool
        package var retries: RetryCount
        package var report: TaskReport
        package var secretNames: [String]
        /// Nil in rows of version 0.1.
        package var worked: TimeSpan?
    }

    package var detail: Detail {
        Detail(
            reason: reason, attemptStartedAt: attemptStartedAt, handle: handle, failure: failure,
            success: success, stopReason: stopReason, cutShort: cutShort, retries: retries, report: report,
            secretNames: secretNames, worked: worked)
    }

    /// A run as a store read it back. Stores only: everything else goes through ``apply(_:at:)``.
    package init(
        storedID id: RunID, job: Job, params: [String: JSONValue], key: String?, labels: [String: String],
        trigger: Trigger, createdAt: Date, state: RunState, outcome: Outcome?, dueAt: Date,
        startedAt: Date?, finishedAt: Date?, attempt: Int, task: Int, exitCode: Int32?, signal: Int32?,
        version: Int, detail: Detail
    ) {
        self.init(
            id: id, job: job, params: params, key: key, labels: labels, trigger: trigger,
            createdAt: createdAt, dueAt: dueAt, secretNames: detail.secretNames)
        self.state = state
        self.outcome = outcome
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.attempt = attempt
        self.task = task
        self.exitCode = exitCode
        self.signal = signal
        self.version = version
        reason = detail.reason
        attemptStartedAt = detail.attemptStartedAt
        handle = detail.handle
        failure = detail.failure
        success = detail.success
        stopReason = detail.stopReason
        cutShort = detail.cutShort
        retries = detail.retries
        report = detail.report
        worked = detail.worked ?? .seconds(0)
    }
}
