package import Foundation

/// Everything that can happen to a run's state.
package enum RunCommand: Sendable {
    /// The dispatcher takes it: a new attempt begins.
    case claim
    /// The keeper of the current task reported in.
    case taskStarted(TaskHandle)
    /// The current task ended; the driver's verdict on it.
    case taskFinished(TaskExit, Verdict)
    /// The current task provably never ran (its fence is ours): a fresh attempt, not counted as a retry.
    case taskAbandoned
    case stop(StopReason)
    /// Too many runs of its job are not over: it ends without having run. Only as it is inserted.
    case refuse(Reason)
    case resume
    /// Nobody can know how the current task ended.
    case declareLost(Reason)
}

/// The command does not apply in this state; nothing was changed.
package struct IllegalTransition: Error, Hashable, CustomStringConvertible {
    package let state: RunState
    package let command: String
    package var description: String { "cannot \(command) a run that is \(state.rawValue)" }
}

/// What a command did: the fact to store beside the run.
package struct Change: Sendable, Hashable {
    package let from: RunState
    package let to: RunState
    package let kind: RunEvent.Kind
    package let reason: Reason
    package let at: Date
    /// The attempt's task that ended with this change, to be kept in the attempts' history.
    package var finished: FinishedTask?
}

extension RunCommand {
    package var name: String {
        switch self {
        case .claim: "claim"
        case .taskStarted: "start a task of"
        case .taskFinished: "finish a task of"
        case .taskAbandoned: "abandon a task of"
        case .stop(.pause): "pause"
        case .stop: "stop"
        case .refuse: "refuse"
        case .resume: "resume"
        case .declareLost: "lose"
        }
    }
}

extension Run {
    /// The one function that changes a run's state. Pure: same run, command and instant, same result.
    package mutating func apply(_ command: RunCommand, at now: Date) throws(IllegalTransition) -> Change {
        let before = state
        var kind = RunEvent.Kind.state
        var finished: FinishedTask?

        switch (state, command) {
        case (.pending, .claim): beginAttempt(at: now)
        case (.pending, .stop(.pause)): pause()
        case (.pending, .refuse(let why)): end(.cancelled, .skipped, why, at: now)
        case (.pending, .stop(let why)):
            end(.cancelled, cutOutcome, attempt == 0 ? .cancelledBeforeStart : .cancelled(why), at: now)

        case (.running, .taskStarted(let handle)), (.stopping, .taskStarted(let handle)):
            self.handle = handle
            kind = .taskStarted
        case (.running, .taskFinished(let exit, let verdict)), (.stopping, .taskFinished(let exit, let verdict)):
            finished = FinishedTask(attempt: attempt, task: task, name: currentTask.name, exit: exit, verdict: verdict)
            finishTask(exit, verdict, at: now)
            if state == before { kind = .taskFinished }
        case (.running, .taskAbandoned): requeue(at: now, reason: .queued)
        case (.stopping, .taskAbandoned): skipTask(at: now)

        case (.running, .stop(let why)):
            stopReason = why
            state = .stopping
            reason = .stopRequested(why)
        case (.stopping, .stop(let why)):
            // A stop outranks a pause; anything else keeps the first reason.
            if stopReason == .pause, why != .pause { stopReason = why }
            reason = .stopRequested(stopReason ?? why)
            kind = .stopAgain

        case (.running, .declareLost(let why)): lose(why, at: now)
        case (.stopping, .declareLost(let why)): lose(why, at: now)

        case (.paused, .stop(.user)), (.paused, .stop(.shutdown)), (.paused, .stop(.timeout)):
            end(.cancelled, cutOutcome, attempt == 0 ? .cancelledBeforeStart : .cancelled(.user), at: now)
        case (.paused, .resume):
            stopReason = nil
            requeue(at: now, reason: .queued)

        case (.pending, _), (.running, _), (.stopping, _), (.paused, _),
            (.succeeded, _), (.failed, _), (.cancelled, _), (.lost, _):
            throw IllegalTransition(state: state, command: command.name)
        }
        version += 1
        return Change(from: before, to: state, kind: kind, reason: reason, at: now, finished: finished)
    }

    // MARK: Steps

    private mutating func beginAttempt(at now: Date) {
        attempt += 1
        cutShort = false
        state = .running
        startedAt = startedAt ?? now
        attemptStartedAt = now
        handle = nil
        report.evidence = nil
        report.beginTask()
        describeTask()
    }

    private mutating func finishTask(_ exit: TaskExit, _ verdict: Verdict, at now: Date) {
        handle = nil
        report.beginTask()
        (exitCode, signal) = (exit.code, exit.signal)
        worked = TimeSpan(milliseconds: worked.milliseconds + exit.worked.milliseconds)
        // Exit 0 after our stop signal is an obedient end, not a finished task.
        let interrupted = exit.stopped && stopReason != nil
        if interrupted {
            cutShort = true
        } else if verdict.isGood {
            if success.map({ $0.outcome.rank < verdict.outcome.rank }) ?? true { success = verdict }
        } else if failure == nil {
            failure = Failure(task: task, verdict: verdict, reason: reason(for: exit, verdict))
        }
        if case .unkillable = exit.ending {
            end(.failed, .unkillable, reason(for: exit, verdict), at: now)
            return
        }
        let blocked = stopReason != nil || failure.map { job.tasks[$0.task].onFailure == .stop } ?? false
        if stopReason == .pause, failure == nil, cutShort || task < job.tasks.count - 1 {
            if !cutShort { task += 1 }
            pause()
            return
        }
        let next = job.tasks.indices.first { $0 > task && (!blocked || job.tasks[$0].when == .always) }
        // A stop that came while the last task ended by itself changes nothing; otherwise work was left out.
        if blocked, job.tasks.indices.contains(where: { $0 > task && job.tasks[$0].when == .success }) {
            cutShort = true
        }
        if let next {
            task = next
            if state == .running { describeTask() }
        } else {
            settle(at: now)
        }
    }

    /// The current task of a stopping run provably never ran: on to the `always` tasks, or to the end.
    private mutating func skipTask(at now: Date) {
        handle = nil
        if stopReason == .pause { return pause() }
        cutShort = true
        if let next = job.tasks.indices.first(where: { $0 >= task && job.tasks[$0].when == .always }) {
            task = next
            attempt += 1
        } else {
            settle(at: now)
        }
    }

    /// No task is left to run: decides between a good end, a retry, a stop's end and a failure.
    private mutating func settle(at now: Date) {
        if let why = stopReason, why != .timeout {
            if failure == nil, !cutShort {
                endWell(at: now)
            } else if why == .pause, let failure {
                end(.failed, failure.verdict.outcome, failure.reason, at: now)
            } else {
                end(.cancelled, cutOutcome, .cancelled(why), at: now)
            }
            return
        }
        if stopReason == .timeout, failure == nil {
            failure = Failure(
                task: task, verdict: Verdict(.timeout), reason: .runTimedOut(after: job.timeout ?? .seconds(0)))
        }
        if let failure {
            if retry(at: now) { return }
            end(.failed, failure.verdict.outcome, failure.reason, at: now)
        } else if job.retry?.on == .end, retry(at: now) {
            return
        } else {
            endWell(at: now)
        }
    }

    /// How far a run came that was ended on request.
    private var cutOutcome: Outcome {
        if attempt == 0 { return .skipped }
        if signal != nil { return .signal }
        return exitCode.map { $0 != 0 } == true ? .exit : .interrupted
    }

    private mutating func retry(at now: Date) -> Bool {
        guard let policy = job.retry, stopReason == nil || stopReason == .timeout,
            let next = retries.next(under: policy, at: now)
        else { return false }
        task = 0
        failure = nil
        success = nil
        stopReason = nil
        requeue(at: next, reason: .retryWait(attempt: attempt + 1, at: next))
        return true
    }

    private mutating func lose(_ why: Reason, at now: Date) {
        // After a restore nobody knows what ran since, and what may run still.
        if job.retryLost, why != .restored, stopReason == nil,
            let next = retries.next(under: job.retry ?? RetryPolicy(limit: 1), at: now)
        {
            task = 0
            failure = nil
            success = nil
            requeue(at: next, reason: .retryWait(attempt: attempt + 1, at: next))
        } else {
            end(.lost, .interrupted, why, at: now)
        }
    }

    private mutating func requeue(at due: Date, reason why: Reason) {
        state = .pending
        dueAt = due
        handle = nil
        report.beginTask()
        reason = why
    }

    private mutating func pause() {
        state = .paused
        handle = nil
        stopReason = nil
        report.beginTask()
        reason = .pausedOnRequest
    }

    private mutating func endWell(at now: Date) {
        let verdict = success ?? Verdict(.ok)
        if !report.warnings.isEmpty, [.ok, .nothingToDo].contains(verdict.outcome) {
            end(.succeeded, .warning, .succeededWithWarning(report.warnings[0]), at: now)
            return
        }
        let why: Reason =
            switch verdict.outcome {
            case .warning: .succeededWithWarning(verdict.note ?? "")
            case .nothingToDo: .nothingToDo(verdict.note ?? "")
            default: .succeeded
            }
        end(.succeeded, verdict.outcome, why, at: now)
    }

    private mutating func end(_ final: RunState, _ how: Outcome, _ why: Reason, at now: Date) {
        state = final
        outcome = how
        reason = why
        finishedAt = now
        handle = nil
    }

    private mutating func describeTask() {
        reason = .runningTask(name: currentTask.name, number: task + 1, of: job.tasks.count)
    }

    private func reason(for exit: TaskExit, _ verdict: Verdict) -> Reason {
        let name = currentTask.name
        if exit.timedOut { return .timedOut(task: name, after: currentTask.timeout ?? job.timeout) }
        if case .unkillable(let pids) = exit.ending { return .unkillable(task: name, pids: pids) }
        if verdict.outcome == .partial { return .partlyDone(task: name, note: verdict.note ?? "") }
        switch exit.ending {
        case .exited(let code):
            guard let note = verdict.note else { return .exited(task: name, code: code) }
            return .exitedSaying(task: name, code: code, note: note)
        case .signalled(let signal): return .signalled(task: name, signal: signal)
        case .spawnFailed(let stage, let errno): return .spawnFailed(task: name, stage: stage, errno: errno)
        case .unkillable(let pids): return .unkillable(task: name, pids: pids)
        }
    }
}

extension Outcome {
    /// Among good outcomes, how much it asks for a look.
    fileprivate var rank: Int {
        switch self {
        case .nothingToDo: 0
        case .ok: 1
        default: 2
        }
    }
}
