import MartletCore

/// The runs of an allocation.
extension NomadScheduler {
    /// One for each task; none when one of them cannot be run: then the allocation says so, and has failed.
    func runs(of allocation: inout NomadAllocation, _ group: GroupPlan) async throws -> [NewRun] {
        guard allocation.tasks.allSatisfy({ $0.refusal == nil }) else { return [] }
        do {
            try nomad.places?.make(for: allocation, group.tasks)
        } catch let error as MartletError where error.code == .invalid {
            for index in allocation.tasks.indices {
                allocation.tasks[index].refusal = NomadTask.Refusal(.driver, error.message)
            }
            return []
        }
        var runs: [NewRun] = []
        for (index, task) in group.tasks.enumerated() {
            let own = nomad.planner.task(task, in: allocation)
            if let refusal = own.refusal {
                allocation.tasks[index].refusal = refusal
                return []
            }
            do {
                runs.append(try await run(of: own, in: allocation))
            } catch let error as MartletError where error.code == .invalid {
                allocation.tasks[index].refusal = NomadTask.Refusal(.driver, "\(error)")
                return []
            }
        }
        for (index, new) in runs.enumerated() { allocation.tasks[index].run = new.run.id }
        return runs
    }

    private func run(of task: TaskPlan, in allocation: NomadAllocation) async throws -> NewRun {
        var environment = task.environment
        environment["NOMAD_ALLOC_ID"] = allocation.id
        environment["NOMAD_ALLOC_NAME"] = allocation.name
        environment["NOMAD_ALLOC_INDEX"] = String(allocation.slot)
        let spec = TaskSpec(
            name: Token.isValid(task.name) ? task.name : "task", driver: task.engineDriver, spec: task.spec,
            environment: environment, grace: task.killTimeout, stopSignal: task.killSignal,
            process: ProcessLimits(cwd: task.cwd, user: task.user))
        let rule = task.restart
        let delay = TimeSpan(milliseconds: rule.delay / 1_000_000)
        let retry = RetryPolicy(
            limit: rule.attempts, on: allocation.type == .batch ? .failure : .end,
            window: rule.interval > 0 ? TimeSpan(milliseconds: rule.interval / 1_000_000) : nil, mode: rule.mode,
            delay: delay, backoff: .constant, maxDelay: delay)
        let name = "nomad." + allocation.jobID
        let submission = Submission(
            work: .inline(Job(name: Token.isValid(name) ? name : nil, tasks: [spec], retry: retry)),
            labels: [
                NomadLabel.job: allocation.jobID, NomadLabel.allocation: allocation.id, NomadLabel.task: task.name,
            ], ambientSecrets: task.secrets, trigger: Trigger(source: "nomad", caller: allocation.evaluationID),
            rights: .all)
        return try await nomad.control.newRun(submission, batch: allocation.id)
    }
}
