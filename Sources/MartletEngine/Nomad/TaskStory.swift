import Foundation
import MartletCore

/// Tells what happened to one task of an allocation.
struct TaskStory {
    private let runs: NomadAllocationRuns
    private let task: NomadTask
    private let facts: NomadTaskFacts
    private let run: Run?
    private let attempts: [Int: FinishedTask]
    private var events: [NomadTaskEvent] = []

    init(_ runs: NomadAllocationRuns, _ index: Int) {
        self.runs = runs
        task = runs.record.tasks[index]
        facts = runs.facts.tasks[index]
        run = runs.tasks[index].run
        attempts = Dictionary(runs.tasks[index].attempts.map { ($0.attempt, $0) }) { first, _ in first }
        if run == nil, task.run == nil { tellRefusal() }
        for event in runs.tasks[index].events { tell(event) }
        tellHealth()
    }

    var state: NomadTaskState {
        NomadTaskState(
            phase: facts.phase, isFailed: facts.end == .failed, restarts: restarts,
            lastRestart: events.last { $0.kind == .restarting }?.time,
            startedAt: events.last { $0.kind == .started }?.time, finishedAt: facts.endedAt,
            events: events.suffix(NomadTaskState.eventsShown))
    }

    /// Attempts after the first, and one that is about to be.
    private var restarts: Int {
        guard let run else { return 0 }
        return run.state == .pending || run.state == .paused ? run.attempt : max(0, run.attempt - 1)
    }

    // MARK: Without a run

    private mutating func tellRefusal() {
        let at = runs.record.createTime
        events = [.received(at: at)]
        if let refusal = task.refusal {
            events += [.setup(at: at), .refused(at: at, refusal)]
            // Of what can never be started no restart is tried.
            events.append(.notRestarting(at: at, task.restart.attempts == 0 ? Self.noRestarts : Self.unrecoverable))
        } else if let sibling = runs.record.tasks.first(where: { $0.refusal != nil }) {
            events.append(.siblingFailed(at: at, sibling.name))
        }
    }

    private static let noRestarts = "Policy allows no restarts"
    private static let unrecoverable = "Error was unrecoverable"

    /// A failed task spoils the deployment's trust in its allocation.
    private mutating func tellHealth() {
        guard facts.end == .failed, let health = runs.record.health, !health.isHealthy else { return }
        let place = events.lastIndex { $0.kind == .notRestarting }.map { $0 + 1 } ?? events.endIndex
        let before = place > 0 ? events[place - 1].time : health.at
        events.insert(.unhealthy(at: max(health.at, before)), at: place)
    }

    // MARK: A run's events

    private mutating func tell(_ event: RunEvent) {
        let at = event.at.nanoseconds
        switch event.kind {
        case .created: events.append(.received(at: at))
        case .taskStarted: events.append(.started(at: at))
        case .note: if let note = event.note { events.append(.driver(at: at, note)) }
        case .signalled: if let note = event.note { events.append(.signaling(at: at, "SIG" + note)) }
        case .taskFinished, .stopAgain: break
        case .state:
            switch event.to {
            case .running: if event.attempt == 1, event.from == .pending { events.append(.setup(at: at)) }
            case .stopping: tellStop(event, at)
            case .pending, .paused, .succeeded, .failed, .cancelled, .lost: tellEnd(event, at)
            }
        }
    }

    private mutating func tellStop(_ event: RunEvent, _ at: Int64) {
        if event.reason == .stopRequested(.pause), isRestart(event.attempt) {
            events.append(.restartSignaled(at: at))
            return
        }
        tellWhy(at)
        events.append(.killing(at: at, timeout: task.killTimeout))
    }

    private func isRestart(_ attempt: Int) -> Bool {
        runs.record.restarts.contains { $0.task == task.name && $0.attempt == attempt }
    }

    /// Whether another task's end is the cause, unless the allocation had been asked to stop before.
    private mutating func tellWhy(_ at: Int64) {
        if let asked = runs.record.stoppedAt, asked <= at { return }
        let ended = zip(runs.record.tasks, runs.facts.tasks).filter { $0.name != task.name && $1.endedAt ?? .max <= at }
        if let failed = ended.first(where: { $1.end == .failed || $1.end == .lost }) {
            events.append(.siblingFailed(at: at, failed.0.name))
        } else if ended.contains(where: { $0.0.isLeader }) {
            events.append(.leaderDead(at: at))
        }
    }

    private mutating func tellEnd(_ event: RunEvent, _ at: Int64) {
        let wasLive = event.from == .running || event.from == .stopping
        if wasLive, let attempt = attempts[event.attempt] { tell(attempt, at) }
        switch event.to {
        case .pending:
            if event.from == .paused, !isRestart(event.attempt) { events.append(.driver(at: at, "Task goes on")) }
            if wasLive, case .retryWait(_, let next) = event.reason {
                let delay = max(0, next.nanoseconds - at)
                let isLate = task.restart.mode == .delay && delay > task.restart.delay
                events.append(
                    .restarting(
                        at: at, after: delay,
                        isLate ? "Exceeded allowed attempts, applying a delay" : NomadTaskEvent.withinPolicy))
            }
        case .paused:
            let isRestart = wasLive && isRestart(event.attempt)
            events.append(isRestart ? .restarting(at: at, after: 0, "") : .driver(at: at, "Task is paused"))
        case .failed: events.append(.notRestarting(at: at, exhausted))
        case .succeeded: if facts.end == .failed { events.append(.notRestarting(at: at, exhausted)) }
        case .cancelled:
            if !wasLive { tellWhy(at) }
            events.append(.killed(at: at))
        case .lost:
            let why = event.reason?.sentence(.en).text ?? "lost"
            events.append(.terminated(at: at, code: 0, signal: 0, saying: why))
        case .running, .stopping: break
        }
    }

    private mutating func tell(_ attempt: FinishedTask, _ at: Int64) {
        let note = attempt.verdict.isGood ? "" : attempt.verdict.note ?? ""
        switch attempt.exit.ending {
        case .exited(let code): events.append(.terminated(at: at, code: Int64(code), signal: 0, saying: note))
        case .signalled(let signal):
            events.append(.terminated(at: at, code: 128 + Int64(signal), signal: Int64(signal), saying: note))
        case .unkillable:
            events.append(.terminated(at: at, code: 128 + 9, signal: 9, saying: "processes survived the signal KILL"))
        case .spawnFailed(let stage, let errno):
            let why = Reason.spawnFailed(task: task.name, stage: stage, errno: errno).sentence(.en).text
            events.append(
                .refused(at: at, NomadTask.Refusal(.driver, "failed to launch command with executor: \(why)")))
        }
    }

    private var exhausted: String {
        let rule = task.restart
        if rule.attempts == 0 { return Self.noRestarts }
        let mode = GoText.quoted(rule.mode.rawValue)
        return
            "Exceeded allowed attempts \(rule.attempts) in interval \(GoText.duration(rule.interval)) and mode is \(mode)"
    }
}

extension GoText {
    /// Go's zero time.
    package static let never = "0001-01-01T00:00:00Z"

    /// RFC 3339 in UTC, the fraction as long as it needs to be.
    package static func time(_ nanoseconds: Int64) -> String {
        let text = Timestamp.text(Date(nanoseconds: nanoseconds))
        let fraction = nanoseconds % 1_000_000_000
        guard fraction > 0 else { return String(text.dropLast(5)) + "Z" }
        var digits = String(fraction)
        digits = String(repeating: "0", count: 9 - digits.count) + digits
        while digits.hasSuffix("0") { digits.removeLast() }
        return String(text.dropLast(5)) + ".\(digits)Z"
    }
}
