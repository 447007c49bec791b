import Synchronization

/// Tells the store what ended runs leave. Filled in when the drivers are known.
package final class RunHarvest: Sendable {
    /// In a structure: a bare function in a mutex is wrapped once more by each access, and calls grow deeper until the
    /// stack ends.
    private struct Gathering: Sendable {
        var body: @Sendable (Run) -> [RunYield] = { _ in [] }
    }

    private let gathering = Mutex(Gathering())

    package init() {}

    package func gather(_ body: @escaping @Sendable (Run) -> [RunYield]) { gathering.withLock { $0.body = body } }
    package func yields(of run: Run) -> [RunYield] { gathering.withLock { $0.body }(run) }
}
