import Foundation
import MartletCore
import MartletEngine
import MartletYAML

/// Reads one item of a task file; gathers everything that is wrong with it.
struct TaskEntry {
    /// Cluster types that are the first part of a path which is somebody else's.
    static let reserved: Set<String> = [
        "api", "v1", "v2", "sync", "async", "list", "ping", "metrics", "discovery", "swagger", "hc", "ui",
    ]
    static let longestName = 128
    private static let mostProblems = 50

    private let node: YAMLNode
    let label: String
    private let collection: Collection
    private var fields: Fields
    private(set) var warnings: [TaskFileProblem] = []
    /// Where the collected script is.
    private var collected: String?

    init(_ node: YAMLNode, number: Int, collection: Collection) {
        self.node = node
        self.collection = collection
        let value = LegacyYAML.value(node)
        fields = Fields(value, problems: Fields.Problems())
        label = Self.label(value, number)
    }

    private static func label(_ value: JSONValue, _ number: Int) -> String {
        guard let name = value.object?["name"]?.string else { return "item \(number)" }
        return value.object?["cluster_type"]?.string.map { "\($0)/\(name)" } ?? name
    }

    var problems: [TaskFileProblem] {
        fields.problems.all.prefix(Self.mostProblems).map { located($0.field, $0.problem) }
    }

    private func located(_ field: String, _ problem: String) -> TaskFileProblem {
        TaskFileProblem(line: node.line(of: field), task: label, field: field, problem: problem)
    }

    /// Nil when anything is wrong.
    mutating func task() -> ScriptTask? {
        let name = self.name("name")
        let clusterType = self.name("cluster_type")
        if name == "root" { fields.problem("name", "task name can't be 'root'") }
        if Self.reserved.contains(clusterType.lowercased()) || Self.reserved.contains(KebabCase.path(clusterType)) {
            fields.problem(
                "cluster_type", "\(clusterType) is the beginning of another path of this server; choose another")
        }
        var task = ScriptTask(name: name, clusterType: clusterType, program: .argv([]))
        options(&task)
        task.program = program(task) ?? task.program
        task.collected = collected
        fields.finish()
        return fields.problems.all.isEmpty ? task : nil
    }

    private mutating func name(_ key: String) -> String {
        guard let text = fields.string(key) else {
            fields.missing(key, "is required")
            return ""
        }
        if text.allSatisfy(\.isWhitespace) { fields.problem(key, "is required, and must not be blank") }
        if text.utf8.count > Self.longestName { fields.problem(key, "is longer than \(Self.longestName) bytes") }
        let wrong = text.unicodeScalars.first {
            "/:*?#%\\".unicodeScalars.contains($0) || $0.properties.generalCategory == .control
        }
        if let wrong {
            fields.problem(
                key,
                "must not contain \(wrong.escaped(asASCII: true)): it becomes a part of a path; use letters, digits, - and _"
            )
        }
        return text
    }

    // MARK: What is started

    private mutating func program(_ task: ScriptTask) -> ScriptTask.Program? {
        let arguments: ScriptTask.ShellArguments? = fields.choice("shell_args")
        let args = fields.strings("args") ?? []
        let collected = fields.bool("collected")
        if fields.value("command") != nil { return command(args, collected: collected ?? false, arguments) }
        let language: ScriptTask.Language? = fields.choice("language")
        fields.missing(
            "language", "is required: \(ScriptTask.Language.allCases.map(\.rawValue).joined(separator: ", "))")
        fields.missing("collected", "is required: true (below the collect directory) or false (as it is)")
        fields.missing(
            "executable",
            "is required: the program or script, with fixed arguments behind it; or give command: [program, argument…]")
        guard let language, let executable = fields.string("executable", maxBytes: ScriptDriver.longestArgument) else {
            return nil
        }
        var words = executable.split { " \t\r\n\u{0B}\u{0C}".contains($0) }.map(String.init)
        guard !words.isEmpty else {
            fields.problem("executable", "is required, and must not be blank")
            return nil
        }
        place(&words, collected: collected ?? false, field: "executable", needsExecute: language.interpreter == nil)
        if let shell = language.shell { return self.shell(shell, words + args, collected ?? false, arguments, task) }
        refuse(arguments)
        return argv((language.interpreter.map { [$0] } ?? []) + words + args, field: "executable")
    }

    private mutating func command(
        _ args: [String], collected: Bool, _ arguments: ScriptTask.ShellArguments?
    ) -> ScriptTask.Program? {
        for key in ["executable", "language"] where fields.value(key) != nil {
            fields.problem(key, "give either command or \(key)")
        }
        refuse(arguments)
        guard var words = fields.strings("command") else { return nil }
        guard words.first?.isEmpty == false else {
            fields.problem("command", "needs at least the program's name")
            return nil
        }
        place(&words, collected: collected, field: "command", needsExecute: true)
        return argv(words + args, field: "command")
    }

    /// Neither a parameter nor a posted value may become the script of a shell.
    private mutating func argv(_ words: [String], field: String) -> ScriptTask.Program {
        if let problem = ShellScript.problem(in: words, takesMore: true) { fields.problem(field, problem.text) }
        return .argv(words)
    }

    private mutating func refuse(_ arguments: ScriptTask.ShellArguments?) {
        if arguments != nil { fields.problem("shell_args", "is only for language sh and bash") }
    }

    /// The first word's file, when it has to be below the collect directory.
    private mutating func place(_ words: inout [String], collected: Bool, field: String, needsExecute: Bool) {
        guard collected else { return }
        switch collection.place(words[0]) {
        case .success(let path):
            if let warning = Collection.warning(path, needsExecute: needsExecute) {
                warnings.append(located(field, warning))
            }
            words[0] = path
            self.collected = path
        case .failure(let problem): fields.problem(field, problem.text)
        }
    }

    private mutating func shell(
        _ shell: String, _ words: [String], _ collected: Bool, _ arguments: ScriptTask.ShellArguments?,
        _ task: ScriptTask
    ) -> ScriptTask.Program {
        var words = words
        if collected { words[0] = ShellWord.quoted(words[0]) }
        let text = words.joined(separator: " ")
        if !task.params.isEmpty, text.contains("${params.") {
            fields.problem("executable", "a parameter must not become shell text: use \"$MARTLET_PARAM_NAME\" instead")
        }
        return .shell(shell, text: text, arguments: arguments ?? .quoted)
    }

    // MARK: Rules around it

    private mutating func options(_ task: inout ScriptTask) {
        task.description = fields.string("description")
        task.isEnabled = fields.bool("enabled") ?? true
        task.params = ParamSpec.parse(&fields)
        for name in [ScriptTask.argumentList, ScriptTask.body] where task.params[name] != nil {
            fields.problem("params.\(name)", "is the name of the posted list; choose another")
        }
        task.timeout = fields.span("timeout")
        task.grace = fields.span("grace")
        task.stopSignal = fields.choice("stop_signal") ?? .term
        task.concurrency = fields.int("concurrency", in: 1...100_000)
        task.whenBusy = fields.choice("when_busy") ?? .queue
        task.queueMax = fields.int("queue_max", in: 0...1_000_000)
        if task.concurrency == nil, fields.value("when_busy") != nil {
            fields.problem("when_busy", "needs concurrency: how many may run at once")
        }
        if task.queueMax != nil, task.concurrency == nil || task.whenBusy != .queue {
            fields.problem("queue_max", "needs concurrency and when_busy: queue")
        }
        let retries = fields.int("retries", in: 0...1000) ?? 0
        let delay = fields.span("retry_delay")
        if retries > 0 { task.retry = RetryPolicy(limit: retries, delay: delay ?? RetryPolicy(limit: 0).delay) }
        task.environment = Variables.parse(&fields, "env")
        task.secrets = SecretReferences.parse(&fields)
        for name in task.secrets.keys.sorted() where task.environment[name] != nil {
            fields.problem("secrets.\(name)", "stands in env, too; give it once")
        }
        task.process = ProcessLimits(&fields)
        task.successCodes = successCodes()
        task.onDisconnect = fields.choice("on_disconnect") ?? fields.choice("onDisconnect") ?? .stop
        task.crontab = fields.read("crontab", "an object such as {minute: \"0\", hour: \"1\"}") {
            $0.object == nil ? nil : $0
        }
    }

    private mutating func successCodes() -> [Int32] {
        guard let texts = fields.strings("success_codes") else { return [0] }
        let codes = texts.compactMap(Int32.init).filter { (0...255).contains($0) }
        if codes.count != texts.count || codes.isEmpty {
            fields.problem("success_codes", "expected a list of exit codes from 0 to 255")
        }
        return codes
    }
}

extension Fields {
    /// Reports a key that is not there.
    fileprivate mutating func missing(_ key: String, _ problem: String) {
        if value(key) == nil { self.problem(key, problem) }
    }
}
