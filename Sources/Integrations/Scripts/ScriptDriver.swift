package import MartletCore
import MartletEngine

/// A legacy script: fixed words from the task file, then the posted ones. Spec, one of
/// `{argv: [word…]}`, `{shell: sh, text: …, arguments: quoted|raw}` or `{builtIn: NAME}`, and with any of them
/// `successCodes: [code…]` and `fill: true` (the words may name `${params.x}`). The posted words are the parameter `args`.
package struct ScriptDriver: Driver {
    package static let name = "script"
    package var name: String { Self.name }
    package var keepsLastLines: Bool { true }
    /// The server's own program: built-in tasks are a subcommand of it.
    private let martlet: String

    package init(martlet: String) { self.martlet = martlet }

    package func plan(_ context: TaskContext) throws(MartletError) -> [String] {
        let problems = Fields.Problems()
        var fields = Fields(context.task.spec, problems: problems)
        let posted = context.params[ScriptTask.argumentList]?.array?.compactMap(\.string) ?? []
        let argv = argv(&fields, posted, context.params, problems)
        _ = successCodes(&fields)
        fields.finish()
        try problems.check("task \(context.task.name)")
        return argv
    }

    private func argv(
        _ fields: inout Fields, _ posted: [String], _ params: [String: JSONValue], _ problems: Fields.Problems
    ) -> [String] {
        let fills = fields.bool("fill") ?? false
        if let name = fields.string("builtIn") { return [martlet, "task", name] }
        if let shell = fields.string("shell") {
            let text = fields.string("text", maxBytes: Self.longestArgument) ?? ""
            let arguments: ScriptTask.ShellArguments = fields.choice("arguments") ?? .quoted
            return Self.shell(shell, text, arguments, posted)
        }
        let words = fields.strings("argv") ?? []
        if words.isEmpty { fields.problem("argv", "is missing") }
        if let problem = ShellScript.problem(in: words, takesMore: true) {
            fields.problem("argv[\(problem.index)]", problem.text)
        }
        let filled = words.enumerated().map { index, word in
            fills ? Template.fill(word, with: params, at: "args[\(index)]", problems: problems) : word
        }
        return filled + posted
    }

    /// Linux's limit for one argument, less its end.
    static let longestArgument = 128 * 1024 - 1

    /// Quoted values never become part of the text: the shell gets them as `$1`, `$2`, ….
    private static func shell(
        _ shell: String, _ text: String, _ arguments: ScriptTask.ShellArguments, _ posted: [String]
    ) -> [String] {
        if posted.isEmpty { return [shell, "-c", text] }
        switch arguments {
        case .quoted: return [shell, "-c", text + " \"$@\"", shell] + posted
        case .raw: return [shell, "-c", ([text] + posted).joined(separator: " ")]
        }
    }

    package func verdict(_ exit: TaskExit, of task: TaskSpec, _ report: TaskReport) -> Verdict {
        var fields = Fields(task.spec, problems: Fields.Problems())
        let codes = successCodes(&fields)
        guard !codes.isEmpty, let code = exit.code, !exit.timedOut else { return Verdict(of: exit) }
        return Verdict(codes.contains(code) ? .ok : .exit)
    }

    private func successCodes(_ fields: inout Fields) -> [Int32] {
        (fields.read("successCodes", "a list of exit codes", \.array) ?? []).compactMap { code in
            if case .int(let code) = code { Int32(exactly: code) } else { nil }
        }
    }
}
