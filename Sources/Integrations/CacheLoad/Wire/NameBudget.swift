import MartletCore

/// A run as it goes into an answer.
struct ShownRun: Sendable {
    var run: Run
    /// The names of its failed files were left out.
    var isCut = false
}

/// Bounds what the names of failed files may take in one answer about many runs: each run can have a thousand.
struct NameBudget {
    static let bytes = 4 << 20

    private var left: Int

    init(bytes: Int = bytes) { left = bytes }

    /// The run, without its names when there is no room for them. The counts stay.
    mutating func shown(_ run: Run) -> ShownRun {
        guard let evidence = run.report.evidence else { return ShownRun(run: run) }
        let tally = LoadTally(evidence)
        let size = tally.failures.reduce(0) { $0 + $1.utf8.count }
        if size <= left {
            left -= size
            return ShownRun(run: run)
        }
        var shown = ShownRun(run: run, isCut: true)
        shown.run.report.evidence = tally.withoutNames
        return shown
    }
}
