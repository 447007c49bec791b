import Synchronization

/// Counts what was committed about runs. A store feeds it after each transaction; nothing is read for it.
package final class RunMeter: Sendable {
    package struct End: Sendable, Hashable {
        package let driver: String
        package let state: RunState

        package init(driver: String, state: RunState) {
            self.driver = driver
            self.state = state
        }
    }

    package struct Counts: Sendable {
        /// First attempts, by driver.
        package fileprivate(set) var started: [String: Int] = [:]
        package fileprivate(set) var ended: [End: Int] = [:]
        /// How long the tasks of ended runs worked, by driver.
        package fileprivate(set) var seconds: [String: Histogram] = [:]
        /// Runs that are not over.
        package fileprivate(set) var unfinished: [RunState: Int] = [:]
        /// From the beginning of a transaction to the return of its COMMIT.
        package fileprivate(set) var commits = Histogram([
            0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1,
        ])
    }

    package static let runSeconds = Histogram([0.1, 0.5, 1, 5, 10, 30, 60, 300, 1800, 3600, 21_600, 86_400])

    private let state = Mutex(Counts())

    package init() {}

    package var counts: Counts { state.withLock { $0 } }

    /// What a store held when it was opened.
    package func begin(with unfinished: [RunState: Int]) { state.withLock { $0.unfinished = unfinished } }

    /// `runs`: of each event the run as the transaction left it.
    package func committed(_ events: [RunEvent], of runs: [Run], in time: Duration) {
        state.withLock { counts in
            counts.commits.observe(time.inSeconds)
            for (event, run) in zip(events, runs) { counts.count(event, run) }
        }
    }
}

extension RunMeter.Counts {
    fileprivate mutating func count(_ event: RunEvent, _ run: Run) {
        switch event.kind {
        case .created: move(from: nil, to: event.to)
        case .state: count(change: event, run)
        case .taskStarted, .taskFinished, .stopAgain, .note, .signalled: return
        }
    }

    private mutating func count(change event: RunEvent, _ run: Run) {
        guard event.from != event.to else { return }
        move(from: event.from, to: event.to)
        if event.to == .running, run.startedAt == event.at { started[run.driver, default: 0] += 1 }
        guard event.to.isEnd else { return }
        ended[RunMeter.End(driver: run.driver, state: event.to), default: 0] += 1
        if run.startedAt != nil { seconds[run.driver, default: RunMeter.runSeconds].observe(run.worked.seconds) }
    }

    private mutating func move(from: RunState?, to: RunState) {
        if let from, !from.isEnd { unfinished[from, default: 0] -= 1 }
        if !to.isEnd { unfinished[to, default: 0] += 1 }
    }
}
