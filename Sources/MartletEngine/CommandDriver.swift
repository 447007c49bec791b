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
        guard let script = shellScript(in: words), Template.mentionsParam(words[script]) else { return }
        problems.add(
            "command[\(script)]",
            "a parameter must not become shell text: use \"$MARTLET_PARAM_NAME\" in the script, "
                + "or \"$1\" with the reference as an argument of its own")
    }

    /// Index of the script text when the command is a shell with `-c`.
    private static func shellScript(in words: [String]) -> Int? {
        let shells: Set<Substring> = ["sh", "bash", "dash", "zsh", "ksh", "ash", "busybox"]
        guard let program = words.first?.split(separator: "/").last, shells.contains(program),
            let flag = words.dropFirst().firstIndex(where: {
                $0.hasPrefix("-") && !$0.hasPrefix("--") && $0.contains("c")
            }),
            flag + 1 < words.count
        else { return nil }
        return flag + 1
    }
}
