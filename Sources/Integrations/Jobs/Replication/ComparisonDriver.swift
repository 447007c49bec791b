import GoWire
package import MartletCore

/// Plans the process that compares both sides of a replication. Spec: ``ReplicationComparison``.
package struct ComparisonDriver: Driver {
    package static let name = "dtle-verify"
    package var name: String { Self.name }
    private static let longestSpec = 100_000
    /// Of the program: there are differences.
    private static let differing: Int32 = 3

    private let martlet: String

    /// `martlet`: path of the server's own program.
    package init(martlet: String) { self.martlet = martlet }

    package func plan(_ context: TaskContext) throws(MartletError) -> [String] {
        guard let comparison = try ReplicationComparison(context.task.spec) else {
            throw MartletError(
                .invalid, "the task is not valid",
                problems: [
                    FieldProblem(field: "role", problem: "must be verify; POST /api/nomad-jobs/ID/verify makes it")
                ])
        }
        let text = String(decoding: WireWriter.bytes(.json(comparison.spec)), as: UTF8.self)
        guard text.utf8.count <= Self.longestSpec else {
            throw MartletError(.invalid, "the settings of the job are longer than \(Self.longestSpec) bytes")
        }
        return [martlet, ReplicationDriver.worker, text]
    }

    /// That both sides differ is what the run was to find out, and a failure all the same: who waits for it wants to know.
    package func verdict(_ exit: TaskExit, of task: TaskSpec, _ report: TaskReport) -> Verdict {
        let plain = Verdict(of: exit)
        if exit.code == Self.differing, let sentence = report.results[ComparisonReport.sentence]?.string {
            return Verdict(.exit, note: String(sentence.prefix(1024)))
        }
        if plain.isGood, report.results["done"] != true || report.results["equal"] != true {
            return Verdict(.exit, note: "the comparison was ended before it came to its end")
        }
        guard plain.outcome == .exit, let words = report.results[ReplicationReport.error]?.string else { return plain }
        return Verdict(.exit, note: String(words.prefix(1024)))
    }

    /// Of the runs of a job: after a purge the same id is another job.
    static func labels(of job: NomadJobRecord) -> [String: String] {
        [NomadLabel.job: job.id, NomadLabel.created: String(job.createIndex)]
    }

    package func summary(of run: Run) -> RunSummary {
        RunSummary(subject: run.labels[NomadLabel.job] ?? run.driver)
    }
}
