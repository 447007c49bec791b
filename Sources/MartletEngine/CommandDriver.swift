package import MartletCore

/// The plain kind of work: a program and its arguments, `spec: {command: [program, argument…]}`.
/// `${params.name}` in an argument is replaced by the parameter's value as one piece of data.
package struct CommandDriver: Driver {
    package let name = "command"

    package init() {}

    package func plan(_ context: TaskContext) throws(MartletError) -> [String] {
        let problems = Fields.Problems()
        var fields = Fields(context.task.spec, at: "", problems: problems)
        let words = fields.strings("command") ?? []
        fields.finish()
        if problems.all.isEmpty { Self.check(words, problems) }
        try problems.check("task \(context.task.name)")
        var argv: [String] = []
        for (index, word) in words.enumerated() {
            argv.append(
                Template.fill(word, with: context.params, at: "command[\(index)]", problems: problems))
        }
        try problems.check("task \(context.task.name)")
        return argv
    }

    package func verdict(_ exit: TaskExit, of task: TaskSpec, _ report: TaskReport) -> Verdict { Verdict(of: exit) }

    private static func check(_ words: [String], _ problems: Fields.Problems) {
        guard let program = words.first, !program.isEmpty else {
            problems.add("command", "needs at least the program's name")
            return
        }
        for (index, word) in words.enumerated() where word.utf8.count > 128 * 1024 - 1 {
            problems.add("command[\(index)]", "is longer than Linux allows for one argument (128 KiB)")
        }
        if let problem = ShellScript.problem(in: words) { problems.add("command[\(problem.index)]", problem.text) }
    }
}
