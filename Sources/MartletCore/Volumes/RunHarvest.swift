import Synchronization

/// Tells the store what ended runs leave. Filled in when the drivers are known.
package final class RunHarvest: Sendable {
    private let body = Mutex<@Sendable (Run) -> [RunYield]>({ _ in [] })

    package init() {}

    package func gather(_ body: @escaping @Sendable (Run) -> [RunYield]) { self.body.withLock { $0 = body } }
    package func yields(of run: Run) -> [RunYield] { body.withLock { $0 }(run) }
}
