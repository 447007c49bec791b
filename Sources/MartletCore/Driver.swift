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
}

extension Driver {
    package var keepsLastLines: Bool { false }
}
