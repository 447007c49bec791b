import GoWire
package import MartletCore

/// Plans the processes of replications: a hidden subcommand of our own program. Spec: ``ReplicationTask``.
package struct ReplicationDriver: Driver {
    package static let name = "dtle"
    /// The release of dtle whose settings these are.
    static let version = "3.20.12.1"
    package var name: String { Self.name }
    /// The subcommand that is one side.
    package static let worker = "replication-worker"
    /// Linux takes no longer argument than 128 KiB.
    private static let longestSpec = 100_000

    private let martlet: String

    /// `martlet`: path of the server's own program.
    package init(martlet: String) { self.martlet = martlet }

    package func plan(_ context: TaskContext) throws(MartletError) -> [String] {
        let text = String(decoding: WireWriter.bytes(.json(try ReplicationTask(context.task.spec).spec)), as: UTF8.self)
        guard text.utf8.count <= Self.longestSpec else {
            throw MartletError(
                .invalid, "the Config of task \(context.task.name) is longer than \(Self.longestSpec) bytes")
        }
        return [martlet, Self.worker, text]
    }

    package func verdict(_ exit: TaskExit, of task: TaskSpec, _ report: TaskReport) -> Verdict {
        let plain = Verdict(of: exit)
        guard plain.outcome == .exit, let words = report.results[ReplicationReport.error]?.string else { return plain }
        return Verdict(.exit, note: String(words.prefix(1024)))
    }
}
