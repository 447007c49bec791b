package import Foundation
import Synchronization

/// Counts what became of the times of schedules since the server started.
package final class ScheduleMeter: Sendable {
    package struct Counts: Sendable {
        /// By what was decided about them; what became of their runs is the runs' own.
        package fileprivate(set) var fires: [FireOutcome: Int] = [:]
        package fileprivate(set) var overdue = 0
        /// Seconds from a time to the storing of its run, of runs that were started at their own times.
        package fileprivate(set) var lateness = Histogram([0.01, 0.05, 0.1, 0.25, 0.5, 1, 5, 15, 60, 300, 3600, 86_400])
    }

    private let state = Mutex(Counts())

    package init() {}

    package var counts: Counts { state.withLock { $0 } }

    /// `now`: when they were durable.
    package func decided(_ fires: [Fire], at now: Date) {
        state.withLock { counts in
            for fire in fires {
                counts.fires[fire.outcome, default: 0] += fire.count
                guard fire.kind == .due, fire.run != nil else { continue }
                counts.lateness.observe(max(0, now.timeIntervalSince(fire.due)))
            }
        }
    }

    package func overdue(_ count: Int) { state.withLock { $0.overdue += count } }
}
