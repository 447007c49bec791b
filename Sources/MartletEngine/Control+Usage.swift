package import MartletCore

/// What a process of a task uses at this moment.
package struct ProcessLoad: Sendable, Hashable {
    package let pid: Int32
    /// Resident: bytes.
    package let memory: Int64
    /// Bytes.
    package let swap: Int64
    /// Percent of one processor, in the kernel.
    package let system: Double
    /// The same in its own code.
    package let user: Double
}

extension Control {
    private static let usageSpan = Duration.milliseconds(100)

    /// What the processes of the run's task use, looked at for a tenth of a second; none when it has none.
    package func usage(of run: Run) async throws -> [ProcessLoad] {
        guard !run.state.isEnd, let handle = run.handle else { return [] }
        let before = Dictionary(executor.usage(of: handle).map { ($0.pid, $0) }) { $1 }
        if before.isEmpty { return [] }
        let start = ContinuousClock.now
        try await Task.sleep(for: Self.usageSpan)
        let span = ContinuousClock.now - start
        return executor.usage(of: handle).map { now in
            func percent(_ time: KeyPath<ProcessUsage, TimeSpan>) -> Double {
                let earlier = before[now.pid]?[keyPath: time] ?? now[keyPath: time]
                let spent = now[keyPath: time].milliseconds - earlier.milliseconds
                return Double(max(0, spent)) / (span / .milliseconds(1)) * 100
            }
            return ProcessLoad(
                pid: now.pid, memory: now.memory, swap: now.swap, system: percent(\.system), user: percent(\.user))
        }
    }
}
