package import Foundation

/// How many runs ended in one hour, and how long they took.
package struct HourFigures: Sendable, Hashable {
    /// Its beginning.
    package let at: Date
    package let ended: [RunState: Int]
    /// From the start to the end, of those that started: half of them took no longer, 19 of 20 took no longer. Rounded to a
    /// tenth of their size.
    package let median: Duration?
    package let slow: Duration?

    package init(at: Date, ended: [RunState: Int], median: Duration?, slow: Duration?) {
        self.at = at
        self.ended = ended
        self.median = median
        self.slow = slow
    }
}

/// How much there is at this moment.
package struct PresentFigures: Sendable, Hashable {
    /// Runs in each state that is no end; counted up to ``most``.
    package let runs: [RunState: Int]
    package static let most = 100_000
    package init(runs: [RunState: Int]) { self.runs = runs }
}

/// Figures over all runs. Reading them costs the same whatever the number of runs.
package protocol FigureStore: Sendable {
    /// One for each hour in which a run ended, oldest first.
    func hours(since start: Date) async throws -> [HourFigures]
    func present() async throws -> PresentFigures
    /// The same of the runs that `rights` cover, among the ``CoveredFigures/most`` newest ends of each state.
    func hours(since start: Date, covering rights: Rights) async throws -> CoveredFigures
    func present(covering rights: Rights) async throws -> PresentFigures
}

/// Figures over some of the runs.
package struct CoveredFigures: Sendable, Hashable {
    /// Runs that are looked at; reading costs as much.
    package static let most = 20_000

    package let hours: [HourFigures]
    /// They are whole from this hour on.
    package let since: Date

    package init(hours: [HourFigures], since: Date) {
        self.hours = hours
        self.since = since
    }
}
