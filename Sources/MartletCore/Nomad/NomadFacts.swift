package import Foundation

extension Date {
    /// Since 1970; what is stored is whole milliseconds.
    package var nanoseconds: Int64 { milliseconds * 1_000_000 }
    package init(nanoseconds: Int64) { self.init(milliseconds: nanoseconds / 1_000_000) }
}

/// What a task of an allocation does at this moment, as its run tells.
package struct NomadTaskFacts: Sendable, Hashable {
    package enum Phase: Sendable, Hashable {
        /// No process yet, or none until its next attempt.
        case pending
        case running
        case dead
    }

    package enum End: String, Sendable, Codable {
        case complete, failed, lost
    }

    package var name: String
    package var phase: Phase
    package var end: End?
    /// Its run was asked to stop or to pause.
    package var isStopping = false
    package var isPaused = false
    package var attempt = 0
    /// Nanoseconds since 1970: of the present attempt, and of the last.
    package var startedAt: Int64?
    package var endedAt: Int64?

    package init(name: String, phase: Phase, end: End? = nil) {
        self.name = name
        self.phase = phase
        self.end = end
    }
}

extension NomadTaskFacts {
    /// From the run as it is.
    package init(name: String, _ run: Run) {
        self.init(name: name, phase: .pending)
        attempt = run.attempt
        isStopping = run.state == .stopping
        isPaused = run.state == .paused
        if run.state.isEnd {
            phase = .dead
            end = run.nomadEnd
            endedAt = run.finishedAt?.nanoseconds
        } else if run.handle != nil {
            phase = .running
            startedAt = run.attemptStartedAt?.nanoseconds
        }
    }
}

extension Run {
    /// What its end means for its task; nil: it is not over. A service that ends by itself, with no restart left, has failed.
    package var nomadEnd: NomadTaskFacts.End? {
        switch state {
        case .pending, .running, .stopping, .paused: nil
        case .failed: .failed
        case .lost: .lost
        case .cancelled: .complete
        case .succeeded: job.retry?.on == .end && stopReason == nil ? .failed : .complete
        }
    }
}

/// An allocation with what its tasks do at the same moment.
package struct NomadAllocationFacts: Sendable, Hashable {
    package var record: NomadAllocation
    /// In the order of the record's.
    package var tasks: [NomadTaskFacts]

    package init(record: NomadAllocation, tasks: [NomadTaskFacts]) {
        self.record = record
        self.tasks = tasks
    }

    package enum ClientStatus: String, Sendable, Codable {
        case pending, running, complete, failed, lost

        package var isOver: Bool { self == .complete || self == .failed || self == .lost }
        package var description: String {
            switch self {
            case .pending: "No tasks have started"
            case .running: "Tasks are running"
            case .complete: "All tasks have completed"
            case .failed: "Failed tasks"
            case .lost: ""
            }
        }
    }

    package var clientStatus: ClientStatus {
        if tasks.contains(where: { $0.end == .lost }) { return .lost }
        if tasks.contains(where: { $0.end == .failed }) { return .failed }
        if tasks.contains(where: { $0.phase == .running }) { return .running }
        return tasks.contains { $0.phase == .pending } ? .pending : .complete
    }

    /// In words, for people.
    package var clientDescription: String {
        let isResting = record.pausedAt != nil && tasks.contains { $0.isPaused }
        return isResting && clientStatus == .pending ? "Tasks are paused" : clientStatus.description
    }

    /// No process of it is there, and none will be.
    package var isOver: Bool { tasks.allSatisfy { $0.phase == .dead } }
    /// Nanoseconds since 1970 of its last task's end; nil: it is not over.
    package var endedAt: Int64? { isOver ? tasks.compactMap(\.endedAt).max() ?? record.createTime : nil }
}

/// How many allocations of a group are in which state.
package struct NomadGroupSummary: Sendable, Hashable {
    package var queued = 0
    package var starting = 0
    package var running = 0
    package var complete = 0
    package var failed = 0
    package var lost = 0
    package init() {}
}

/// A job as its allocations and evaluations are at the same moment.
package struct NomadJobState: Sendable, Hashable {
    package enum Status: String, Sendable { case pending, running, dead }
    package struct Children: Sendable, Hashable {
        package var pending = 0
        package var running = 0
        package var dead = 0
        package init() {}
    }

    package var job: NomadJobRecord
    package var status: Status
    /// By group; groups without an allocation are the reader's to add.
    package var groups: [String: NomadGroupSummary] = [:]
    package var children = Children()
    package var summaryIndex: Int64

    /// `open`: its pending and blocked evaluations. `isOwed`: something about it is not decided yet.
    package init(
        _ job: NomadJobRecord, _ allocations: [NomadAllocationFacts], open: [NomadEvaluation], isOwed: Bool,
        summaryIndex: Int64
    ) {
        self.job = job
        self.summaryIndex = summaryIndex
        let own = allocations.filter { $0.record.edition.created == job.createIndex }
        for allocation in own { groups[allocation.record.group, default: NomadGroupSummary()].count(allocation) }
        for evaluation in open where evaluation.status == .blocked {
            for (group, count) in evaluation.queued ?? [:] {
                groups[group, default: NomadGroupSummary()].queued = count
            }
        }
        let isLive = own.contains { !$0.isOver }
        // What had this id before a purge is still ending: its place comes free.
        let isNext = own.isEmpty && allocations.contains { !$0.isOver }
        if job.isTemplate || job.type == .system {
            status = job.isStopped && !isLive ? .dead : .running
        } else if isLive || (isOwed && !own.isEmpty && !job.isStopped) {
            status = .running
        } else if !open.isEmpty || ((isOwed || isNext) && !job.isStopped) {
            status = .pending
        } else {
            status = .dead
        }
    }
}

extension NomadGroupSummary {
    fileprivate mutating func count(_ allocation: NomadAllocationFacts) {
        switch allocation.clientStatus {
        case .pending: starting += 1
        case .running: running += 1
        case .complete: complete += 1
        case .failed: failed += 1
        case .lost: lost += 1
        }
    }
}
