import GoWire
import MartletCore

/// Checks one task of a canonical job.
struct TaskCheck {
    private(set) var problems: [String] = []
    private let values: [String: JSONValue]
    private let task: NomadTask

    init(_ values: [String: JSONValue], _ task: NomadTask, diskMB: Int, isSystem: Bool) {
        self.values = values
        self.task = task
        basics()
        resources()
        logs(diskMB: diskMB)
        placement(isSystem: isSystem)
        files()
    }

    private mutating func add(_ problem: String) { problems.append(problem) }

    private mutating func basics() {
        if task.name.isEmpty { add("Missing task name") }
        if task.name.contains("/") || task.name.contains("\\") { add("Task name cannot include slashes") }
        if [".", ".."].contains(task.name) || task.name.unicodeScalars.contains(where: { $0.value < 0x20 }) {
            add("Task name \(GoErrors.quoted(task.name)) is not a name for a directory")
        }
        if task.driver.isEmpty { add("Missing task driver") }
        if task.killTimeout < 0 { add("KillTimeout must be a positive value") }
        if task.shutdownDelay < 0 { add("ShutdownDelay must be a positive value") }
        for name in task.env.keys.sorted() where name.isEmpty || name.contains("=") || name.contains("\0") {
            add("Environment variable \(GoErrors.quoted(name)) has a name that no process can be given")
        }
    }

    private mutating func resources() {
        var found: [String] = []
        if task.resources.cpu < 20 { found.append("minimum CPU value is 20; got \(task.resources.cpu)") }
        if task.resources.memoryMB < 10 { found.append("minimum MemoryMB value is 10; got \(task.resources.memoryMB)") }
        var all: [String] = found.isEmpty ? [] : [GoErrors.text(found)]
        if task.resources.diskMB > 0 {
            all.append("Task can't ask for disk resources, they have to be specified at the task group level.")
        }
        all += PortCheck.problems(task.resources.networks.map { $0.object ?? [:] })
        if !all.isEmpty { add(GoErrors.text(all)) }
    }

    private mutating func logs(diskMB: Int) {
        let logs = task.logConfig
        var found: [String] = []
        if logs.maxFiles < 1 { found.append("minimum number of files is 1; got \(logs.maxFiles)") }
        if logs.maxFileSizeMB < 1 { found.append("minimum file size is 1MB; got \(logs.maxFileSizeMB)") }
        if !found.isEmpty { return add(GoErrors.text(found)) }
        let (usage, isOver) = logs.maxFiles.multipliedReportingOverflow(by: logs.maxFileSizeMB)
        if isOver || diskMB <= usage {
            add("log storage (\(isOver ? .max : usage) MB) must be less than requested disk capacity (\(diskMB) MB)")
        }
    }

    private mutating func placement(isSystem: Bool) {
        problems += PlacementCheck.constraints(values)
        for (index, constraint) in task.constraints.enumerated()
        where ["distinct_hosts", "distinct_property"].contains(constraint.operand) {
            add("Constraint \(index + 1) has disallowed Operand at task level: \(constraint.operand)")
        }
        problems += PlacementCheck.affinities(values, isSystem: isSystem)
    }

    private mutating func files() {
        for (index, artifact) in values.objects("Artifacts").enumerated() {
            let found = Self.artifact(artifact)
            if !found.isEmpty { add("Artifact \(index + 1) validation failed: \(GoErrors.text(found))") }
        }
        for (index, template) in values.objects("Templates").enumerated() {
            let found = Self.template(template)
            if !found.isEmpty { add("Template \(index + 1) validation failed: \(GoErrors.text(found))") }
        }
        if let file = task.dispatchPayloadFile, Self.escapes(file) {
            add("Dispatch Payload validation failed: destination escapes upper level directory")
        }
        if let lifecycle = values["Lifecycle"]?.object {
            let hook = lifecycle.text("Hook")
            if hook.isEmpty { add("Lifecycle validation failed: no lifecycle hook provided") }
            if !hook.isEmpty, hook != "prestart" { add("Lifecycle validation failed: invalid hook: \(hook)") }
        }
    }

    private static func artifact(_ values: [String: JSONValue]) -> [String] {
        var problems: [String] = []
        let mode = values.text("GetterMode")
        if values.text("GetterSource").isEmpty { problems.append("source must be specified") }
        if !["any", "file", "dir"].contains(mode) {
            problems.append("invalid artifact mode \(GoErrors.quoted(mode)); must be one of: any, file, dir")
        }
        if escapes(values.text("RelativeDest")) { problems.append("destination escapes allocation directory") }
        return problems
    }

    private static func template(_ values: [String: JSONValue]) -> [String] {
        var problems: [String] = []
        if values.text("SourcePath").isEmpty, values.text("EmbeddedTmpl").isEmpty {
            problems.append("Must specify a source path or have an embedded template")
        }
        if values.text("DestPath").isEmpty { problems.append("Must specify a destination for the template") }
        if escapes(values.text("DestPath")) { problems.append("template destination escapes allocation directory") }
        switch values.text("ChangeMode") {
        case "noop", "restart": break
        case "signal":
            if values.text("ChangeSignal").isEmpty {
                problems.append("Must specify signal value when change mode is signal")
            }
            if values.flag("Envvars") { problems.append("cannot use signals with env var templates") }
        case let mode:
            problems.append(
                "Invalid change mode given: \(GoErrors.quoted(mode)). Must be one of the following: map[noop:{} restart:{} signal:{}]"
            )
        }
        if values.integer("Splay") < 0 { problems.append("Must specify positive splay value") }
        let permissions = values.text("Perms")
        if UInt32(permissions, radix: 8) == nil, !permissions.isEmpty {
            problems.append("Failed to parse \(GoErrors.quoted(permissions)) as octal: invalid syntax")
        }
        return problems
    }

    /// Whether a path below a directory leads out of it, by its words alone.
    private static func escapes(_ path: String) -> Bool {
        var depth = 0
        for part in path.split(separator: "/") where part != "." {
            depth += part == ".." ? -1 : 1
            if depth < 0 { return true }
        }
        return path.contains("\0")
    }
}
