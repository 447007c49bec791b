/// The fence of a task attempt is held by the server: the task never ran and never will.
package struct TaskAbandoned: Error {
    package init() {}
}

/// The task ran, and nobody can know how it ended. Survivors, if any, were killed before this is thrown.
package struct TaskLost: Error {
    package let reason: Reason
    package init(reason: Reason) { self.reason = reason }
}

/// Knows where processes run.
package protocol Executor: Sendable {
    /// Starts the task and returns its true exit once its whole tree is gone. Calls `started` once, as soon
    /// as the keeper holds the fence. Throws ``TaskAbandoned`` or ``TaskLost``.
    func run(
        _ command: Command, at address: TaskAddress,
        started: @Sendable (TaskHandle) async throws -> Void
    ) async throws -> TaskExit
    /// Finds a task again that an earlier server started, or proves that it never ran. `handle` is nil when
    /// that server died before it could store one; `started` is called if the task is alive without one.
    func adopt(
        _ address: TaskAddress, handle: TaskHandle?, claimedOn bootID: String?,
        started: @Sendable (TaskHandle) async throws -> Void
    ) async throws -> TaskExit
    /// Asks the tree to end. Idempotent; `run` or `adopt` then returns the exit. A task that is already gone
    /// is not an error. `grace` nil: the task's own.
    func stop(_ handle: TaskHandle, at address: TaskAddress, grace: TimeSpan?) async throws
    /// Sends a signal to the task's process group. A task that is already gone is not an error. Throws `unavailable` when
    /// its keeper, of an earlier version, passes no signals on.
    func signal(_ signal: TaskSignal, to handle: TaskHandle, at address: TaskAddress) async throws
    /// What each process of the task has used; empty when it is gone.
    func usage(of handle: TaskHandle) -> [ProcessUsage]
    /// Identifies this boot of the machine.
    var bootID: String { get }
}
