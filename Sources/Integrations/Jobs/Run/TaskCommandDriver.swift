package import MartletCore

/// A task's program and its arguments as they are: `spec: {command: [program, argument…]}`. Nothing in them is replaced.
package struct TaskCommandDriver: Driver {
    package let name: String

    /// `name`: as Nomad has it.
    package init(_ name: String) { self.name = name }

    package func plan(_ context: TaskContext) throws(MartletError) -> [String] {
        let problems = Fields.Problems()
        var fields = Fields(context.task.spec, problems: problems)
        let words = fields.strings("command") ?? []
        fields.finish()
        if problems.all.isEmpty, words.first?.isEmpty ?? true { problems.add("command", "needs the program's name") }
        for (index, word) in words.enumerated() where word.utf8.count > 128 * 1024 - 1 || word.utf8.contains(0) {
            problems.add(
                "command[\(index)]", "is longer than Linux allows for one argument (128 KiB), or has a NUL byte")
        }
        try problems.check("task \(context.task.name)")
        return words
    }

    package func verdict(_ exit: TaskExit, of task: TaskSpec, _ report: TaskReport) -> Verdict { Verdict(of: exit) }
}
