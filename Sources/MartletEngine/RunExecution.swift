import Foundation
import Logging
import MartletCore

/// Takes one claimed run through its tasks: plan, start, watch, settle. Everything that happened is stored
/// before the next step; a crash between two steps is repaired by adoption.
struct RunExecution: Sendable {
    let control: Control
    let logger: Logger

    /// Returns when the run is no longer live, or at once when the server goes away (its process goes on).
    /// `adopting`: an earlier server claimed it; its current task may run, have ended, or never have started.
    func run(_ claimed: Run, adopting: Adoption? = nil) async {
        var run = claimed
        var adoption = adopting
        while run.state.isLive, !Task.isCancelled {
            do {
                guard let next = try await step(run, adoption) else { return }
                run = next
            } catch is CancellationError {
                return
            } catch {
                logger.error("run step failed, trying again", metadata: ["run": "\(run.id)", "error": "\(error)"])
                try? await Task.sleep(for: .seconds(1))
                guard let stored = try? await control.store.run(run.id) else { continue }
                run = stored
                // The step may have got as far as the fence: let the executor find out.
                adoption = adoption ?? Adoption(bootID: control.executor.bootID)
                continue
            }
            adoption = nil
        }
    }

    /// What an adopting server knows about the one before it.
    struct Adoption: Sendable {
        /// Boot of the machine on which the run was claimed; nil when unknown.
        let bootID: String?
        /// The store came out of a backup.
        var isRestored: Bool { bootID == BootRecord.restored }
    }

    private func step(_ run: Run, _ adoption: Adoption?) async throws -> Run? {
        if adoption == nil, let skipped = try await skipWhenOutOfTime(run) { return skipped }
        let secrets = run.secretNames.isEmpty ? [:] : try await control.store.secrets(of: run.id)
        let mask = SecretMask(secrets.values)
        let watch = ReportWatch(control: control, run: run, mask: mask, logger: logger)
        do {
            let exit = try await watch.during {
                try await execute(run, secrets, adoption)
            }
            return try await settle(run, exit, watch)
        } catch is TaskAbandoned {
            return try await store(run) { $0.state.isLive ? .taskAbandoned : nil }
        } catch let lost as TaskLost {
            logger.warning("run lost", metadata: ["run": "\(run.id)", "reason": "\(lost.reason.code)"])
            return try await storeLoss(run, lost.reason)
        }
    }

    private func execute(_ run: Run, _ secrets: [String: Secret], _ adoption: Adoption?) async throws -> TaskExit {
        let started: @Sendable (TaskHandle) async throws -> Void = { handle in
            try await stored(run, handle)
        }
        if let adoption {
            // The run's processes, if there are any, belong to another data directory: no word to their keeper.
            if adoption.isRestored { throw TaskLost(reason: .restored) }
            if run.state == .stopping, let handle = run.handle, run.currentTask.when != .always {
                try await control.executor.stop(handle, at: run.address, grace: nil)
            }
            return try await control.executor.adopt(
                run.address, handle: run.handle, claimedOn: run.handle?.bootID ?? adoption.bootID, started: started)
        }
        let command: Command
        do {
            command = try self.command(run, secrets)
        } catch {
            logger.error("task cannot be planned any more", metadata: ["run": "\(run.id)", "error": "\(error)"])
            return TaskExit(ending: .spawnFailed(stage: "plan", errno: EINVAL), endedAt: control.now())
        }
        Failpoint.hit("execution.beforeLaunch")
        return try await control.executor.run(command, at: run.address, started: started)
    }

    /// Keeps the handle. A stop that came before there was one is carried out now.
    private func stored(_ run: Run, _ handle: TaskHandle) async throws {
        Failpoint.hit("execution.beforeHandle")
        let stored = try await store(run) { _ in .taskStarted(handle) }
        Failpoint.hit("execution.afterHandle")
        if stored.state == .stopping, stored.currentTask.when != .always {
            try await control.executor.stop(handle, at: run.address, grace: nil)
        }
    }

    private func settle(_ run: Run, _ exit: TaskExit, _ watch: ReportWatch) async throws -> Run {
        let task = run.currentTask
        let (address, hasSecrets) = (run.address, !run.secretNames.isEmpty)
        let reading = await watch.rest()
        let lastLines = lastLines(of: run)
        var exit = exit
        exit.keptBytes = min(exit.logBytes, control.settings.value.logCap)
        let verdict = verdict(task, exit, reading.report)
        Failpoint.hit("execution.beforeFinish")
        let now = control.now()
        let ended = exit
        let run = try await retrying(run.id) {
            try await control.store.update(run.id) { stored in
                guard stored.state.isLive, stored.address == run.address else { return Update() }
                stored.report = reading.report
                stored.report.lastLines = lastLines
                let change = try stored.apply(.taskFinished(ended, verdict), at: now)
                return Update(changes: [change], notes: reading.notes, reportChanged: true)
            }
        }
        Failpoint.hit("execution.afterFinish")
        // A task may have written a secret there; only what was read of it is masked.
        if hasSecrets { control.files.removeProgress(of: address) }
        if run.state.isEnd {
            logger.info(
                "run ended",
                metadata: [
                    "run": "\(run.id)", "state": "\(run.state.rawValue)", "outcome": "\(run.outcome?.rawValue ?? "")",
                    "attempt": "\(run.attempt)",
                ])
        }
        return run
    }

    /// Everything the task wrote is in its log by now. Trouble with reading must not keep the run from ending.
    private func lastLines(of run: Run) -> TaskReport.LastLines? {
        guard (try? control.drivers.driver(run.currentTask.driver))?.keepsLastLines == true else { return nil }
        do {
            return try control.lastLines(of: run.address)
        } catch {
            logger.error("last lines not read", metadata: ["run": "\(run.id)", "error": "\(error)"])
            return nil
        }
    }

    /// A driver that this server does not have any more must not keep its run from ending.
    private func verdict(_ task: TaskSpec, _ exit: TaskExit, _ report: TaskReport) -> Verdict {
        let driver = try? control.drivers.driver(task.driver)
        return (driver ?? CommandDriver()).verdict(exit, of: task, report)
    }

    /// What the task wrote until it was lost is kept as for any other end.
    private func storeLoss(_ run: Run, _ reason: Reason) async throws -> Run {
        let lastLines = lastLines(of: run)
        let now = control.now()
        let lost = try await retrying(run.id) {
            try await control.store.update(run.id) { stored in
                guard stored.address == run.address, stored.state.isLive else { return Update() }
                stored.report.lastLines = lastLines
                return Update(try stored.apply(.declareLost(reason), at: now))
            }
        }
        if !run.secretNames.isEmpty { control.files.removeProgress(of: run.address) }
        return lost
    }

    /// Applies a command; nil from `command` leaves the run as it is.
    private func store(_ run: Run, _ command: @escaping @Sendable (Run) -> RunCommand?) async throws -> Run {
        let now = control.now()
        return try await retrying(run.id) {
            try await control.store.update(run.id) { stored in
                guard stored.address == run.address, let command = command(stored) else { return Update() }
                return Update(try stored.apply(command, at: now))
            }
        }
    }

    /// Store trouble must not change the truth: repeats until the write is stored or the server goes away.
    private func retrying(_ id: RunID, _ write: () async throws -> Run) async throws -> Run {
        var wait: Int64 = 100
        while true {
            do {
                return try await write()
            } catch let error as IllegalTransition {
                throw error
            } catch let error as MartletError where error.code == .notFound {
                throw CancellationError()  // Deleted under us: nothing is left to do.
            } catch {
                logger.error(
                    "cannot store a run's change, trying again", metadata: ["run": "\(id)", "error": "\(error)"])
                try await Task.sleep(for: .milliseconds(wait))
                wait = min(wait * 2, 5000)
            }
        }
    }
}

extension RunExecution {
    /// A job's deadline that passed between two tasks: the next one is not started.
    private func skipWhenOutOfTime(_ run: Run) async throws -> Run? {
        guard run.currentTask.when != .always, let left = remaining(run), left.milliseconds <= 0 else { return nil }
        let now = control.now()
        return try await retrying(run.id) {
            try await control.store.update(run.id) { stored in
                guard stored.state == .running, stored.address == run.address else { return Update() }
                let stop = try stored.apply(.stop(.timeout), at: now)
                return Update(changes: [stop, try stored.apply(.taskAbandoned, at: now)])
            }
        }
    }

    private func remaining(_ run: Run) -> TimeSpan? {
        guard let timeout = run.job.timeout, let start = run.attemptStartedAt else { return nil }
        return TimeSpan(milliseconds: start.adding(timeout).milliseconds - control.now().milliseconds)
    }

    /// The current task, fully resolved.
    private func command(_ run: Run, _ secrets: [String: Secret]) throws(MartletError) -> Command {
        let task = run.currentTask
        let settings = control.settings.value
        let context = TaskContext(address: run.address, task: task, jobName: run.job.name, params: run.params)
        let problems = Fields.Problems()
        var environment = task.environment
        for (name, value) in environment {
            environment[name] = Template.fill(value, with: run.params, at: "environment.\(name)", problems: problems)
        }
        try problems.check("task \(task.name)")
        for (name, value) in run.params { environment[ParamValues.variable(name)] = value.scalarText }
        environment["MARTLET_RUN_ID"] = run.id.description
        environment["MARTLET_JOB"] = run.job.name
        environment["MARTLET_TASK"] = task.name
        environment["MARTLET_ATTEMPT"] = String(run.attempt)
        if let due = run.trigger.due {
            environment["MARTLET_SCHEDULE"] = run.trigger.caller
            environment["MARTLET_DUE"] = due.formatted(.iso8601)
        }
        if task.when == .always {
            environment["MARTLET_OUTCOME"] = run.outcomeSoFar.rawValue
            environment["MARTLET_FAILED_TASK"] = run.failure.map { run.job.tasks[$0.task].name }
        }
        if let trace = run.trigger.trace, environment["TRACEPARENT"] == nil {
            environment["TRACEPARENT"] = trace.traceparent(of: run.attempt, in: run.id)
            environment["TRACESTATE"] = trace.state.isEmpty ? nil : trace.state
        }
        return Command(
            argv: try control.drivers.driver(task.driver).plan(context), environment: environment,
            secrets: run.secrets(from: secrets), hidden: Set(secrets.values), process: task.process,
            timeout: timeout(run), grace: task.grace ?? settings.grace,
            stopSignal: task.stopSignal, logCap: settings.logCap)
    }

    /// The task's own deadline or what is left of the run's, whichever is shorter.
    private func timeout(_ run: Run) -> TimeSpan? {
        let own = run.currentTask.timeout
        guard run.currentTask.when != .always, let left = remaining(run) else { return own }
        return min(own ?? left, max(left, TimeSpan(milliseconds: 1)))
    }
}
