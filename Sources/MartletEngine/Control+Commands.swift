package import MartletCore
import Synchronization

extension Control {
    /// The run, or `notFound`.
    package func require(_ id: RunID) async throws -> Run {
        if let run = try await store.run(id) { return run }
        throw MartletError(.notFound, "there is no run \(id)")
    }

    /// Asks a run to end; with `.pause`, so that it can be resumed. Returns at once: the run is then stopping, or
    /// over when it had no process. A first stop lets a running `always` task finish, a second one ends it too.
    /// `grace` overrides the task's own for this stop. Ending an ended run is a `conflict`.
    /// `versions`: throws `stale` unless the run has one of them; nil: any.
    package func stop(
        _ id: RunID, _ reason: StopReason = .user, grace: TimeSpan? = nil, ifVersion versions: Set<Int>? = nil
    ) async throws -> Run {
        let again = Mutex(false)
        let run = try await transition(id, .stop(reason), versions) { change in
            again.withLock { $0 = change.kind == .stopAgain }
        }
        Failpoint.hit("stop.afterStore")
        if run.state == .stopping, let handle = run.handle,
            run.currentTask.when != .always || again.withLock({ $0 })
        {
            try await executor.stop(handle, at: run.address, grace: grace)
        }
        return run
    }

    /// Sends a signal to the process group of the run's task and records it. Throws `conflict` when no task of it runs.
    package func signal(_ id: RunID, _ signal: TaskSignal) async throws -> Run {
        let run = try await store.update(id) { run in
            guard run.state == .running, run.handle != nil else {
                throw MartletError(.conflict, "run \(id) has no running task to send a signal to")
            }
            return Update(signal)
        }
        if let handle = run.handle { try await executor.signal(signal, to: handle, at: run.address) }
        return run
    }

    package func pause(_ id: RunID, ifVersion versions: Set<Int>? = nil) async throws -> Run {
        try await stop(id, .pause, ifVersion: versions)
    }

    /// A paused run becomes pending and goes on with its first unfinished task.
    package func resume(_ id: RunID, ifVersion versions: Set<Int>? = nil) async throws -> Run {
        try await transition(id, .resume, versions)
    }

    private func transition(
        _ id: RunID, _ command: RunCommand, _ versions: Set<Int>?,
        _ seen: @escaping @Sendable (Change) -> Void = { _ in }
    ) async throws -> Run {
        let now = now()
        do {
            return try await store.update(id) { run in
                try run.check(isOneOf: versions)
                let change = try run.apply(command, at: now)
                seen(change)
                return Update(change)
            }
        } catch let illegal as IllegalTransition {
            throw MartletError(.conflict, "\(illegal)", cause: illegal)
        }
    }
}

extension Run {
    /// Throws `stale` when it has another version.
    func check(isOneOf versions: Set<Int>?) throws(MartletError) {
        guard let versions, !versions.contains(version) else { return }
        throw MartletError(.stale, "run \(id) has changed since; its version is \(version)")
    }

    /// Where the files of the current task's present attempt are.
    package var address: TaskAddress { TaskAddress(run: id, attempt: attempt, task: task) }
}
