import MartletCore

/// What becomes of the runs of allocations.
extension Reconciler {
    var isPaused: Bool { job?.isPaused == true }

    /// Something of the job rests, or does not go on yet: time does not count against it.
    var isResting: Bool {
        isPaused
            || situation.allocations.contains { allocation in
                guard !allocation.isOver, let record = records[allocation.record.id] else { return false }
                return record.pausedAt != nil && record.desired == .run
            }
    }

    /// Marks what is to rest, and takes the mark away when it goes on.
    mutating func tendPause() {
        let now = now
        for allocation in situation.allocations where !allocation.isOver && allocation.record.desired == .run {
            let isMarked = allocation.record.pausedAt != nil
            if isPaused {
                if !isMarked { change(allocation.record.id) { $0.pausedAt = now } }
            } else if isMarked, allocation.tasks.allSatisfy({ !$0.isPaused && !$0.isStopping }) {
                change(allocation.record.id) { record in
                    record.pausedAt = nil
                    record.resumedAt = now
                }
                if deployment?.status.isActive == true { deployment?.extendDeadlines(at: now) }
            }
        }
    }

    /// What is to be done about the runs, now that it is known what is wanted of them.
    mutating func tendRuns() {
        for allocation in situation.allocations where !allocation.isOver {
            guard let record = records[allocation.record.id] else { continue }
            let end = wishToEnd(record, allocation)
            for (task, facts) in zip(record.tasks, allocation.tasks) where facts.phase != .dead {
                guard let run = task.run, !facts.isStopping else { continue }
                if let end {
                    stop(run, after: end + (facts.phase == .running ? task.shutdownDelay ?? 0 : 0))
                } else if record.pausedAt != nil {
                    if isPaused, !facts.isPaused { outcome.pauses.append(run) }
                    if !isPaused, facts.isPaused { outcome.resumes.append(run) }
                } else if let restart = record.restarts.last(where: { $0.task == task.name }),
                    restart.attempt == facts.attempt
                {
                    if facts.isPaused { outcome.resumes.append(run) }
                    if facts.phase == .running { outcome.pauses.append(run) }
                }
            }
        }
    }

    /// Since when its tasks are to end; nil: they are not.
    private func wishToEnd(_ record: NomadAllocation, _ allocation: NomadAllocationFacts) -> Int64? {
        let pairs = Array(zip(record.tasks, allocation.tasks))
        let causes = pairs.filter { $1.end == .failed || $1.end == .lost || ($0.isLeader && $1.phase == .dead) }
        let ends = causes.map { $1.endedAt ?? now }
        return (record.desired == .run ? ends : ends + [record.stoppedAt ?? now]).min()
    }

    private mutating func stop(_ run: RunID, after instant: Int64) {
        if instant <= now { outcome.stops.append(run) } else { look(at: instant) }
    }
}
