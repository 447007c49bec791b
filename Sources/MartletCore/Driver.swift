/// Knows one kind of work. Pure: opens no file and no socket.
package protocol Driver: Sendable {
    /// Token that jobs name it by.
    var name: String { get }
    /// The program and its arguments for a task. Throws `invalid` naming the field: it runs at submission too.
    func plan(_ context: TaskContext) throws(MartletError) -> [String]
    /// What an exit means for this kind of work.
    func verdict(_ exit: TaskExit, of task: TaskSpec, _ report: TaskReport) -> Verdict
    /// Whether the last line of each stream is kept with the run (``TaskReport/LastLines``).
    var keepsLastLines: Bool { get }
    /// Whether the engine hands every line of the task's output to ``read(_:of:into:)``.
    var readsOutput: Bool { get }
    /// Takes one line of output, without its LF and masked, into what is known of the task. Each line comes once and in
    /// order, also after a restart of the server. A line over 64 KiB comes in pieces.
    func read(_ line: [UInt8], of task: TaskSpec, into report: inout TaskReport)
    /// What the run was about and what came of it, in a few words.
    func summary(of run: Run) -> RunSummary
    /// Why a run must not be repeated as it was, and what to do instead; nil: it may be.
    func refusal(ofRepeating run: Run) -> String?
}

extension Driver {
    package var keepsLastLines: Bool { false }
    package var readsOutput: Bool { false }
    package func read(_ line: [UInt8], of task: TaskSpec, into report: inout TaskReport) {}
    package func refusal(ofRepeating run: Run) -> String? { nil }
    package func summary(of run: Run) -> RunSummary {
        RunSummary(subject: run.job.name ?? run.job.tasks.first?.name ?? run.driver)
    }
}
