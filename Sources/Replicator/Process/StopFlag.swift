internal import SQLClient

/// Asks every thread of a process to end. What blocks elsewhere is woken by an action that it left here.
package final class StopFlag: Sendable {
    private struct State {
        var isRaised = false
        var nextAction = 0
        var actions: [Int: @Sendable () -> Void] = [:]
    }

    private let state = Monitor(State())

    package init() {}

    package var isRaised: Bool { state.withLock { $0.isRaised } }

    /// May be called more than once; runs each action once.
    package func raise() {
        let actions = state.withLock { state in
            defer { state.actions = [:] }
            state.isRaised = true
            return Array(state.actions.values)
        }
        for action in actions { action() }
    }

    /// Sleeps; tells whether the process is to go on.
    package func sleep(_ time: Duration) -> Bool { state.wait(atMost: time) { $0.isRaised ? true : nil } == nil }

    /// Runs `body`; when the flag is raised meanwhile, or was before, runs `action` from another thread or at once.
    package func whileUp<Result>(_ action: @escaping @Sendable () -> Void, _ body: () throws -> Result) rethrows
        -> Result
    {
        let (number, isRaised) = state.withLock { state in
            state.nextAction += 1
            if !state.isRaised { state.actions[state.nextAction] = action }
            return (state.nextAction, state.isRaised)
        }
        if isRaised { action() }
        defer { state.withLock { state in _ = state.actions.removeValue(forKey: number) } }
        return try body()
    }
}
