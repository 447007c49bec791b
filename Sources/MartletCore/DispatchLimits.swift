/// How many runs may be live at once. Zero global places: accept and hold everything.
package struct DispatchLimits: Sendable, Hashable {
    package var runs: Int
    /// By driver name; a driver without an entry is bounded by `runs` alone.
    package var drivers: [String: Int]
    package init(runs: Int, drivers: [String: Int] = [:]) {
        self.runs = runs
        self.drivers = drivers
    }
}

/// Counts of live runs, for saying why a run waits.
package struct LiveCounts: Sendable, Hashable {
    package var runs: Int
    package var drivers: [String: Int]
    package var jobs: [String: Int]
    package init(runs: Int = 0, drivers: [String: Int] = [:], jobs: [String: Int] = [:]) {
        self.runs = runs
        self.drivers = drivers
        self.jobs = jobs
    }
}
