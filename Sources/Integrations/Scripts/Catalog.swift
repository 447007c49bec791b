import MartletCore

/// Everything that can be called, by path. Built anew by every reload; never changed.
struct Catalog: Sendable {
    /// A task that can be called.
    enum Entry: Sendable {
        case external(ScriptTask)
        case builtIn(any BuiltInTask.Type, ScriptTask)

        /// A built-in task as its process looks to the engine.
        var task: ScriptTask {
            switch self {
            case .external(let task), .builtIn(_, let task): task
            }
        }
    }

    /// Sorted by path.
    let entries: [Entry]
    private let byPath: [String: Entry]
    private let logFiles: [String: String]

    init(_ tasks: [ScriptTask] = []) {
        let builtIns = builtInTasks.map { type in
            Entry.builtIn(
                type, ScriptTask(name: type.name, clusterType: type.clusterType, program: .builtIn(name: type.path)))
        }
        let entries = (tasks.map(Entry.external) + builtIns).sorted { $0.task.path < $1.task.path }
        self.entries = entries
        byPath = Self.paths(entries)
        logFiles = Self.logFiles(entries.map(\.task))
    }

    /// `path` is decoded, without the slash before it: `tendb-cluster/demo-1`.
    func entry(at path: String) -> Entry? { byPath[path] }

    /// The tasks that `rights` cover.
    func entries(for rights: Rights) -> [Entry] {
        entries.filter { rights.covers(job: $0.task.jobName, labels: $0.task.labels) }
    }

    /// Every route that is served with these tasks, sorted by path; those of tasks only where `rights` cover them.
    func routes(for rights: Rights) -> [(method: String, path: String)] {
        let tasks = entries(for: rights).flatMap { ["/sync/\($0.task.path)", "/async/\($0.task.path)"] }
        let posts = (tasks + ["/async/kill", "/async/query"]).map { ("POST", $0) }
        let gets = ["/discovery", "/list", "/ping"].map { ("GET", $0) }
        return (posts + gets).sorted { $0.1 < $1.1 }
    }

    /// Canonical paths, and the spellings of the document and of the file where they name one task only.
    private static func paths(_ entries: [Entry]) -> [String: Entry] {
        var aliases: [String: [Entry]] = [:]
        for entry in entries {
            for spelling in spellings(entry.task) { aliases[spelling, default: []].append(entry) }
        }
        let unique = aliases.compactMapValues { $0.count == 1 ? $0[0] : nil }
        let canonical = Dictionary(entries.map { ($0.task.path, $0) }) { first, _ in first }
        return unique.merging(canonical) { _, canonical in canonical }
    }

    private static func spellings(_ task: ScriptTask) -> Set<String> {
        var spellings: Set<String> = []
        for cluster in [KebabCase.path(task.clusterType), task.clusterType.lowercased(), task.clusterType] {
            for name in [KebabCase.path(task.name), task.name.lowercased(), task.name] {
                spellings.insert("\(cluster)/\(name)")
            }
        }
        spellings.remove(task.path)
        return spellings
    }

    /// Names in the directory of logs that are the server's own.
    private static let serverLogs: Set<String> = ["celery-service", "martlet"]

    /// Name, without `.log`, of the file that a task's output is joined in. A task that is no longer in the file keeps
    /// one.
    func logFile(of run: Run) -> String? {
        let job = run.job.name ?? ""
        return logFiles[job] ?? (job.hasPrefix("scripts.") ? String(job.dropFirst("scripts.".count)) : nil)
    }

    private static func logFiles(_ tasks: [ScriptTask]) -> [String: String] {
        let names = unique(tasks) { logName($0.name) }
        let qualified = unique(tasks) { ScriptTask.token("\(logName($0.clusterType)).\(logName($0.name))") }
        var files: [String: String] = [:]
        var taken = serverLogs
        // Short names first: a longer one that looks like one of them gives way.
        for choices in [names, qualified] {
            for task in tasks where files[task.jobName] == nil {
                guard let name = choices[task.jobName], taken.insert(name.lowercased()).inserted else { continue }
                files[task.jobName] = name
            }
        }
        return files
    }

    /// Names that only one of the tasks has, by job.
    private static func unique(_ tasks: [ScriptTask], _ name: (ScriptTask) -> String) -> [String: String] {
        let counts = tasks.reduce(into: [String: Int]()) { $0[name($1).lowercased(), default: 0] += 1 }
        let pairs = tasks.map { ($0.jobName, name($0)) }.filter { counts[$0.1.lowercased()] == 1 }
        return Dictionary(pairs) { first, _ in first }
    }

    /// The name as it is where it is a safe token.
    private static func logName(_ name: String) -> String {
        if Token.isValid(name) { return name }
        let path = KebabCase.path(name)
        return Token.isValid(path) ? path : "task" + ScriptTask.token(path)
    }
}
