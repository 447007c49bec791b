import Foundation

extension TaskSpec {
    package static let mostTasks = 100

    /// Either `tasks: […]` or the keys of a single task at the top level.
    static func parse(_ fields: inout Fields, params: [String: ParamSpec]) -> [TaskSpec] {
        guard let entries = fields.objects("tasks") else {
            return [TaskSpec(&fields, name: "main", atTop: true, params: params)]
        }
        if entries.isEmpty { fields.problem("tasks", "needs at least one task") }
        if entries.count > mostTasks { fields.problem("tasks", "has more than \(mostTasks) tasks") }
        var names: Set<String> = []
        return entries.prefix(mostTasks).enumerated().map { index, entry in
            var entry = entry
            let name = entry.string("name") ?? "task\(index + 1)"
            if !Token.isValid(name) { entry.problem("name", Token.rule) }
            if !names.insert(name).inserted { entry.problem("name", "\(name) stands twice") }
            let task = TaskSpec(&entry, name: name, atTop: false, params: params)
            entry.finish()
            return task
        }
    }

    /// `atTop`: the keys stand beside the job's own, whose `timeout` and `name` are the job's.
    private init(_ fields: inout Fields, name: String, atTop: Bool, params: [String: ParamSpec]) {
        let driver = fields.string("driver") ?? "command"
        let command = fields.value("command")
        let spec = fields.value("spec")
        if command != nil, spec != nil { fields.problem("command", "give either command or spec") }
        if command == nil, spec == nil {
            fields.problem("command", "is missing: a list such as [\"sh\", \"-c\", \"echo hello\"]")
        }
        self.init(
            name: name, driver: driver, spec: spec ?? .object(["command": command ?? .null]),
            environment: Variables.parse(&fields), when: atTop ? .success : fields.choice("when") ?? .success,
            onFailure: atTop ? .stop : fields.choice("onFailure") ?? .stop,
            timeout: atTop ? nil : fields.span("timeout"), grace: fields.span("grace"),
            stopSignal: fields.choice("stopSignal") ?? .term, process: ProcessLimits(&fields),
            secrets: atTop ? [:] : SecretReferences.parse(&fields))
    }
}

extension ProcessLimits {
    /// Reads `cwd, user, umask, nice, limits`.
    package init(_ fields: inout Fields) {
        self.init()
        cwd = fields.string("cwd")
        if let cwd, !cwd.hasPrefix("/") { fields.problem("cwd", "must be an absolute path") }
        user = fields.string("user", maxBytes: 64)
        umask = fields.read("umask", "an octal text such as \"0027\"") { value in
            guard let text = value.scalarText, let mask = UInt32(text, radix: 8), mask <= 0o777 else { return nil }
            return text
        }
        nice = fields.int("nice", in: -20...19)
        guard var limits = fields.object("limits") else { return }
        memory = limits.int("memory", in: 1 << 20...1 << 50).map(Int64.init)
        openFiles = limits.int("openFiles", in: 3...10_000_000)
        processes = limits.int("processes", in: 1...10_000_000)
        limits.finish()
    }
}
