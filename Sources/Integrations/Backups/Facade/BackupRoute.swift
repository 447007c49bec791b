import HTTPTypes

/// What a call wants.
enum BackupRoute: Sendable, Hashable {
    /// A proc as the path has it: short, or in full.
    struct Proc: Sendable, Hashable {
        let app: String
        let name: String
    }

    case backups(Proc)
    /// What is in a version or, without `open`, the version itself. `inner`: from the volume's root, `""` for the root.
    case backup(Proc, name: String, inner: String)
    case files(Proc, name: String)
    /// `needsFiles`: without them nothing is restored.
    case recover(Proc, name: String, needsFiles: Bool)
    case migrate(Proc, name: String, needsFiles: Bool)
    case delete(Proc)
    /// `isWhole`: with the arguments that are of the machine.
    case jobs(app: String, isWhole: Bool)
    case job(app: String, id: String)
    case action(app: String, id: String, word: String)
    case records(app: String)
    case record(app: String, id: String)
    case allJobs
    case jobsAt(String)
    case stateAt(String)
    case actionAt(String, word: String)
    case copyStore
    case notify

    /// Nil: there is no such route.
    init?(_ method: HTTPRequest.Method, _ path: BackupPath) {
        let isReading = method == .get || method == .head
        let found: BackupRoute? =
            switch (path.version, isReading) {
            case (.first, true): .init(reading1: path.parts)
            case (.first, false): method == .post ? .init(posting1: path.parts) : nil
            case (.second, true): .init(reading2: path.parts)
            case (.second, false): .init(changing2: path.parts, method)
            }
        guard let found else { return nil }
        self = found
    }

    private init?(reading1 parts: [String]) {
        switch parts.first {
        case "backup":
            guard parts.count >= 6, parts[2] == "app", parts[4] == "proc" else { return nil }
            let proc = Proc(app: parts[3], name: parts[5])
            switch (parts[1], parts.count) {
            case ("json", 6): self = .backups(proc)
            case ("filelist", 8) where parts[6] == "dir": self = .files(proc, name: parts[7])
            default: return nil
            }
        case "cron":
            switch (parts.dropFirst().first, parts.count) {
            case ("jobs", 3) where parts[2] == "all": self = .allJobs
            case ("jobs", 4) where parts[2] == "app": self = .jobs(app: parts[3], isWhole: true)
            case ("records", 4) where parts[2] == "app": self = .records(app: parts[3])
            case ("record", 6) where parts[2] == "app" && parts[4] == "id": self = .record(app: parts[3], id: parts[5])
            default: return nil
            }
        default: return nil
        }
    }

    private init?(posting1 parts: [String]) {
        if parts.count == 6, parts.prefix(3) == ["cron", "once", "app"], parts[4] == "id" {
            self = .action(app: parts[3], id: parts[5], word: "run")
            return
        }
        guard parts.count >= 8, parts[0] == "backup" else { return nil }
        let isIncrement = parts[2] == "increment"
        let rest = Array(parts.dropFirst(isIncrement ? 3 : 2))
        guard rest.count == 6, rest[0] == "app", rest[2] == "proc", rest[4] == (isIncrement ? "dir" : "file") else {
            return nil
        }
        let proc = Proc(app: rest[1], name: rest[3])
        self.init(parts[1], proc, rest[5], needsFiles: isIncrement)
    }

    /// Of whole backups all files come back when none are named; an increment's have to be.
    private init?(_ word: String, _ proc: Proc, _ name: String, needsFiles: Bool) {
        let needsFiles = needsFiles || !name.hasSuffix(".tar.gz")
        switch word {
        case "recover": self = .recover(proc, name: name, needsFiles: needsFiles)
        case "migrate": self = .migrate(proc, name: name, needsFiles: needsFiles)
        default: return nil
        }
    }

    private init?(reading2 parts: [String]) {
        switch (parts.first, parts.count) {
        case ("app", 5...) where parts[2] == "proc" && parts[4] == "backups":
            let proc = Proc(app: parts[1], name: parts[3])
            self =
                parts.count == 5
                ? .backups(proc)
                : .backup(proc, name: parts[5], inner: parts.dropFirst(6).joined(separator: "/"))
        case ("app", 4) where parts[2...] == ["cron", "jobs"]: self = .jobs(app: parts[1], isWhole: false)
        case ("app", 5) where parts[2...3] == ["cron", "jobs"]: self = .job(app: parts[1], id: parts[4])
        case ("app", 4) where parts[2...] == ["cron", "records"]: self = .records(app: parts[1])
        case ("app", 5) where parts[2...3] == ["cron", "records"]: self = .record(app: parts[1], id: parts[4])
        case ("server", 4) where parts[2...] == ["cron", "jobs"]: self = .jobsAt(parts[1])
        case ("server", 3) where parts[2] == "debug": self = .stateAt(parts[1])
        case ("system", 3) where parts[1...] == ["cron", "jobs"]: self = .allJobs
        default: return nil
        }
    }

    private init?(changing2 parts: [String], _ method: HTTPRequest.Method) {
        switch (method, parts.first, parts.count) {
        case (.post, "app", 7) where parts[2] == "proc" && parts[4...] == ["backups", "actions", "delete"]:
            self = .delete(Proc(app: parts[1], name: parts[3]))
        case (.post, "app", 8) where parts[2] == "proc" && parts[4] == "backups" && parts[6] == "actions":
            self.init(parts[7], Proc(app: parts[1], name: parts[3]), parts[5], needsFiles: false)
        case (.post, "app", 7) where parts[2...3] == ["cron", "jobs"] && parts[5] == "actions":
            self = .action(app: parts[1], id: parts[4], word: parts[6])
        case (.put, "server", 5) where parts[2...3] == ["cron", "actions"]:
            self = .actionAt(parts[1], word: parts[4])
        case (.post, "system", 2) where parts[1] == "backup": self = .copyStore
        case (.post, "system", 2) where parts[1] == "notify": self = .notify
        default: return nil
        }
    }
}
