package import MartletCore

/// A call of the goosefs program. Spec: `{command: distributedLoad|loadMetadata|ls|free|report, path: PATH,
/// allowWildcard: false, confirm: false}`; a report takes no path, and `confirm` is needed to free everything.
///
/// There are two, so that a question never waits behind loads that take hours: each has a limit of its own.
package struct CacheDriver: Driver {
    package enum Family: String, Sendable {
        /// Loads and metadata.
        case load = "cacheLoad"
        /// Lists, frees and reports.
        case query = "cacheQuery"
    }

    private let family: Family
    private let settings: CacheLoadSettingsBox

    package init(_ family: Family, _ settings: CacheLoadSettingsBox) {
        self.family = family
        self.settings = settings
    }

    package var name: String { family.rawValue }
    package var readsOutput: Bool { family == .load }

    package func plan(_ context: TaskContext) throws(MartletError) -> [String] {
        let problems = Fields.Problems()
        var fields = Fields(context.task.spec, problems: problems)
        let command: CacheCommand? = fields.choice("command")
        if command == nil, problems.all.isEmpty { fields.problem("command", "is missing") }
        if let command, command.family != family {
            fields.problem("command", "\(command.rawValue) belongs to the driver \(command.family.rawValue)")
        }
        let path = fields.string("path", maxBytes: CachePath.longest)
        let allowsWildcards = fields.bool("allowWildcard") ?? false
        let isConfirmed = fields.bool("confirm") ?? false
        if command != .report {
            if let problem = CachePath.problem(in: path ?? "", allowingWildcards: allowsWildcards) {
                fields.problem("path", problem)
            } else if command == .free, !isConfirmed, CachePath.isRoot(path ?? "") {
                fields.problem("path", "is everything in the cache; say \"confirm\": true when that is meant")
            }
        }
        fields.finish()
        let bin = settings.value.bin
        if bin == nil { problems.add("cacheLoad.bin", "is not set: it names the goosefs program") }
        try problems.check("task \(context.task.name)")
        return [bin ?? ""] + (command?.words(path ?? "") ?? [])
    }

    package func read(_ line: [UInt8], of task: TaskSpec, into report: inout TaskReport) {
        guard task.cacheCommand == .distributedLoad else { return }
        var tally = LoadTally(report.evidence)
        for fact in LoadLine.facts(in: line) { tally.take(fact) }
        report.evidence = tally.evidence
        (report.message, report.progress) = (tally.progress, tally.share)
    }

    /// Exit code 0 is not enough: the program has it also when files failed. Where something was wrong with the process
    /// or with its output, the counts may be too small: failed files count all the same, and "nothing to do" does not.
    package func verdict(_ exit: TaskExit, of task: TaskSpec, _ report: TaskReport) -> Verdict {
        let verdict = Verdict(of: exit)
        guard task.cacheCommand == .distributedLoad, verdict.isGood else { return verdict }
        let proven = LoadTally(report.evidence).verdict
        if !proven.isGood { return proven }
        if verdict.outcome != .ok { return verdict }
        if proven.outcome != .warning, let warning = report.warnings.first { return Verdict(.warning, note: warning) }
        return proven
    }

    package func summary(of run: Run) -> RunSummary {
        var summary = RunSummary(subject: run.cachePath, action: CacheAction(of: run)?.rawValue)
        guard run.job.tasks.contains(where: { $0.cacheCommand == .distributedLoad }) else { return summary }
        let tally = LoadTally(run.report.evidence)
        summary.count = "\(tally.loaded)/\(tally.loaded + tally.present)"
        summary.hasChanges = run.isUnprovenLoad ? nil : tally.loaded > 0
        summary.failures = tally.failures
        return summary
    }
}

extension Run {
    /// The program ended well, and no line of its output proves that anything was loaded.
    var isUnprovenLoad: Bool {
        outcome == .warning && job.tasks.contains { $0.cacheCommand == .distributedLoad }
            && LoadTally(report.evidence).done == 0
    }
}

extension TaskSpec {
    /// Nil for tasks of other drivers.
    var cacheCommand: CacheCommand? { spec.object?["command"]?.string.flatMap(CacheCommand.init) }
}
