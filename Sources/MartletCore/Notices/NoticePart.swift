package import Foundation

/// What kind of work a run is, for rules and for the rights of those who read notices.
package struct NoticeWork: Sendable, Hashable, Codable {
    package var job: String?
    package var driver: String
    package var labels: [String: String]

    package init(job: String?, driver: String, labels: [String: String]) {
        self.job = job
        self.driver = driver
        self.labels = labels
    }

    package init(_ run: Run) { self.init(job: run.job.name, driver: run.driver, labels: run.labels) }
}

/// What a notice tells about one run, noted when it ended: the run itself may be gone when the notice is sent. Texts are
/// one line each, bounded, and hold no secret.
package struct NoticePart: Sendable, Hashable, Codable {
    package static let mostFailures = 20

    package let run: RunID
    package let work: NoticeWork
    package let state: RunState
    package let outcome: Outcome?
    package let subject: String
    package let action: String?
    package let count: String?
    package let hasChanges: Bool?
    /// The first parts of the work that failed, ``mostFailures`` of them.
    package let failures: [String]
    /// All that failed.
    package let failed: Int
    /// Why it ended so, in Chinese.
    package let reason: String
    package let endedAt: Date

    /// `hide`: the mask of the run's secrets.
    package init(_ run: Run, _ summary: RunSummary, hide: (String) -> String) {
        func line(_ text: String, _ most: Int = 500) -> String { NoticeText.oneLine(hide(text), upTo: most) }
        self.run = run.id
        work = NoticeWork(run)
        state = run.state
        outcome = run.outcome
        subject = line(summary.subject)
        action = summary.action.map { line($0, 100) }
        count = summary.count.map { line($0, 100) }
        hasChanges = summary.hasChanges
        failures = summary.failures.prefix(Self.mostFailures).map { line($0, 300) }
        failed = max(summary.failures.count, run.report.evidence?.failed ?? 0)
        reason = line(run.reason.sentence(.zh).text)
        endedAt = run.finishedAt ?? run.createdAt
    }

    package var isGood: Bool { state == .succeeded }
    package var isFailure: Bool { state == .failed || state == .lost }

    /// The order in which parts are told.
    package enum Rank: Int, Sendable, Codable, CaseIterable {
        case failure, cancelled, changed
        /// It ended well and changed nothing: it is counted and not listed.
        case hidden
    }

    package var rank: Rank {
        if isFailure { return .failure }
        if !isGood { return .cancelled }
        return hasChanges == false ? .hidden : .changed
    }
}
