package import MartletCore

/// Plans runs of playbooks: a hidden subcommand of our own program, which starts Ansible. Spec: ``PlaybookWork``.
///
/// The output is Ansible's own and proves nothing, for a playbook may print whatever it likes; the worker tells what the
/// events prove by its exit code and in the progress file, which Ansible does not have.
package struct PlaybookDriver: Driver {
    package static let name = "playbook"
    package var name: String { Self.name }
    private let martlet: String
    private let settings: @Sendable () -> PlaybookSettings

    /// Linux takes no longer argument than 128 KiB, so that a spec may come in several.
    static let longestArgument = 100_000
    private static let mostArguments = 10

    /// `martlet`: path of the server's own program; `settings`: those in force.
    package init(martlet: String, settings: @escaping @Sendable () -> PlaybookSettings) {
        (self.martlet, self.settings) = (martlet, settings)
    }

    package func plan(_ context: TaskContext) throws(MartletError) -> [String] {
        let text = Array(try PlaybookWork(context.task.spec).text.utf8)
        guard text.count <= Self.longestArgument * Self.mostArguments else {
            throw MartletError(
                .invalid, "the spec is not valid",
                problems: [
                    FieldProblem(
                        field: "spec", problem: "is longer than \(Self.longestArgument * Self.mostArguments) bytes")
                ])
        }
        let settings = settings()
        guard settings.playbooks != nil else {
            throw MartletError(.invalid, "there are no playbooks: set clusters.playbooks to their directory")
        }
        return [martlet, "playbook-worker", PlaybookWork.text(settings)] + Self.pieces(text)
    }

    /// Whole characters in each.
    private static func pieces(_ text: [UInt8]) -> [String] {
        var pieces: [String] = []
        var rest = text[...]
        while !rest.isEmpty {
            var end = rest.index(rest.startIndex, offsetBy: longestArgument, limitedBy: rest.endIndex) ?? rest.endIndex
            while end < rest.endIndex, rest[end] & 0xC0 == 0x80 { end -= 1 }
            pieces.append(String(decoding: rest[..<end], as: UTF8.self))
            rest = rest[end...]
        }
        return pieces
    }

    package func verdict(_ exit: TaskExit, of task: TaskSpec, _ report: TaskReport) -> Verdict {
        let plain = Verdict(of: exit)
        guard plain.outcome == .exit, let words = report.results[PlaybookResult.problem]?.string else { return plain }
        return Verdict(.exit, note: words)
    }

    package func summary(of run: Run) -> RunSummary {
        let results = run.report.results
        let changed: Bool? = if case .int(let count)? = results[PlaybookResult.changed] { count > 0 } else { nil }
        return RunSummary(
            subject: run.labels[PlaybookLabel.name] ?? run.job.name ?? run.driver,
            action: run.playbookWork?.action.rawValue, count: results[PlaybookResult.tasks]?.string,
            hasChanges: changed, failures: results[PlaybookResult.failedHosts]?.array?.compactMap(\.string) ?? [])
    }
}

/// Names of what a run of a playbook results in.
enum PlaybookResult {
    /// Tasks begun, of all: `12/40`.
    static let tasks = "tasks"
    /// Tasks that changed something, over all hosts.
    static let changed = "changed"
    static let hosts = "hosts"
    /// The first of those that a further run must work on.
    static let failedHosts = "failedHosts"
    static let problem = "problem"
}
