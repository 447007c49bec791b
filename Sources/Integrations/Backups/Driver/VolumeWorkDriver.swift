import Foundation
package import MartletCore

/// Everything about volumes that is no backup: a hidden subcommand of our own program, which calls the engine. Spec:
/// ``VolumeWork``.
package struct VolumeWorkDriver: YieldingDriver {
    package static let name = "volumeWork"
    package var name: String { Self.name }
    package let readsOutput = true
    private let martlet: String

    /// Linux takes no longer argument than 128 KiB.
    static let longestArgument = 120_000

    package init(martlet: String) { self.martlet = martlet }

    package func plan(_ context: TaskContext) throws(MartletError) -> [String] {
        let work: VolumeWork = try SpecCoding.spec(context.task.spec)
        let text = SpecCoding.text(work)
        guard work.isComplete, text.utf8.count <= Self.longestArgument else {
            throw MartletError(
                .invalid, "the spec is not valid",
                problems: [
                    FieldProblem(
                        field: "spec.\(work.operation.rawValue)",
                        problem: work.isComplete ? "is longer than \(Self.longestArgument) bytes" : "is missing")
                ])
        }
        return [martlet, "volume-worker", work.operation.rawValue, text]
    }

    package func read(_ line: [UInt8], of task: TaskSpec, into report: inout TaskReport) {
        WorkTally.take(line, into: &report)
    }

    package func verdict(_ exit: TaskExit, of task: TaskSpec, _ report: TaskReport) -> Verdict {
        WorkTally.verdict(Verdict(of: exit), report)
    }

    package func summary(of run: Run) -> RunSummary {
        let work = run.volumeWork
        return RunSummary(
            subject: run.labels[VolumeLabel.volume] ?? work?.app ?? run.driver, action: work?.operation.rawValue,
            count: run.report.results["files"]?.wholeNumber.map { "\($0) files" })
    }

    /// It may remove, or write to places, as it was right then.
    package func refusal(ofRepeating run: Run) -> String? {
        "a run about a volume is not repeated as it was: start it anew, see martlet volumes"
    }

    package func yields(of run: Run) -> [RunYield] {
        guard let work = run.volumeWork else { return [] }
        let results = WorkTally.results(of: run.report)
        switch work.operation {
        case .list: return []
        case .restore:
            guard let restore = work.restore, let value = results["stateBefore"],
                let content: VolumeVersion.Content = try? SpecCoding.spec(value)
            else { return [] }
            return [.version(restore.target, .safety, content, isPartial: false)]
        case .remove:
            let numbers = results["removed"]?.array?.compactMap(\.wholeNumber) ?? []
            let known = Set((work.remove?.items ?? []).map(\.number))
            let gone = numbers.filter(known.contains)
            return gone.isEmpty ? [] : [.removed(gone)]
        case .drill:
            guard let drill = work.drill, let proof = proof(.drill, of: run, results, version: drill.version) else {
                return []
            }
            return [.drill(drill.volume, proof)]
        case .adopt, .import:
            return (results["versions"]?.array ?? []).compactMap { value in
                guard let found: FoundVersion = try? SpecCoding.spec(value), found.volume.app == work.app else {
                    return nil
                }
                return .found(found)
            }
        case .check: return proof(.check, of: run, results, version: nil).map { [.check(app: work.app, $0)] } ?? []
        }
    }

    /// A run that was stopped or lost proves nothing, neither way.
    private func proof(
        _ kind: VolumeProof.Kind, of run: Run, _ results: [String: JSONValue], version: Int64?
    ) -> VolumeProof? {
        guard run.state == .succeeded || run.state == .failed, let end = run.finishedAt else { return nil }
        let isGood = run.state == .succeeded
        return VolumeProof(
            kind: kind, isGood: isGood, at: end, version: version, files: results["files"]?.wholeNumber,
            bytes: results["bytes"]?.wholeNumber, took: run.worked,
            note: results[isGood ? "note" : "error"]?.string ?? run.reason.sentence(.en).text)
    }
}

extension Run {
    /// Nil for runs of other drivers.
    var volumeWork: VolumeWork? {
        guard let task = job.tasks.first, task.driver == VolumeWorkDriver.name else { return nil }
        return try? SpecCoding.spec(task.spec)
    }
}
