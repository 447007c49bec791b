/// One key of the configuration. This table drives parsing, the check for unknown keys and `martlet config`.
struct Setting: Sendable {
    enum Kind: Sendable {
        case text
        case path
        /// Comma-separated, or a YAML list.
        case list
        /// `name=number` pairs, or a YAML map.
        case counts
        case count(ClosedRange<Int64>)
        case span
        case size
        case choice([String])
        /// Environment variables: a YAML map of `NAME: value`, `NAME: {file: PATH}` or `NAME: {secret: NAME}`; as one
        /// text, a line `NAME=value`, `NAME<PATH` or `NAME@SECRET` each.
        case variables
        /// Comma-separated addresses, or a list of addresses and objects; with an object, as one text, JSON.
        case listeners
        /// A list of objects; as one text, JSON.
        case channels
        /// A text, `{file: PATH}` or `{secret: NAME}`; with an object, as one text, JSON.
        case secret

        var word: String {
            switch self {
            case .text: "text"
            case .path: "path"
            case .list: "list"
            case .counts: "map of numbers"
            case .count: "number"
            case .span: "time span"
            case .size: "size"
            case .choice(let words): words.joined(separator: "|")
            case .variables: "map of variables"
            case .listeners: "list of listeners"
            case .channels: "list of channels"
            case .secret: "secret"
            }
        }
    }

    let key: String
    let kind: Kind
    /// Nil: worked out when the server starts, as the description says.
    let standard: String?
    let description: String

    init(_ key: String, _ kind: Kind, _ standard: String?, _ description: String) {
        self.key = key
        self.kind = kind
        self.standard = standard
        self.description = description
    }

    /// The environment variable of the key: `limits.minFree` → `MARTLET_LIMITS_MIN_FREE`, `backups.agentCA` →
    /// `MARTLET_BACKUPS_AGENT_CA`.
    var variable: String {
        var name = "MARTLET_"
        var last = Character(".")
        for character in key {
            if character == "." {
                name += "_"
            } else {
                if last.isLowercase, character.isUppercase { name += "_" }
                name += character.uppercased()
            }
            last = character
        }
        return name
    }

    static let table: [Setting] = [
        Setting("listen", .listeners, "127.0.0.1:8080", "where to listen, what to serve there, and to whom"),
        Setting("hosts", .list, "", "further names that a Host header may carry, such as a proxy's"),
        Setting("console.directory", .path, nil, "serve the console's files from here; default: those in the program"),
        Setting(
            "console.idleTime", .span, "30m", "a browser in which nobody did anything for so long is logged out"),
        Setting("dataDir", .path, nil, "where everything is kept; default: the user's state directory"),
        Setting("jobsDir", .path, nil, "YAML job files; default: jobs.d beside the file, else in dataDir"),
        Setting("limits.runs", .count(0...100_000), "64", "runs at once; 0 holds every run"),
        Setting("limits.drivers", .counts, "", "runs at once by driver"),
        Setting("limits.grace", .span, "10s", "between stop signal and KILL when a task does not say"),
        Setting("limits.minFree", .size, nil, "bytes that must stay free; default: 500 MB or 2 %"),
        Setting("limits.connections", .count(16...1_000_000), "4096", "connections at once, each listener"),
        Setting(
            "limits.bodyTime", .span, "60s", "a request's body comes within this, and 1s more for each 16 KiB of it"),
        Setting("limits.waiters", .count(1...100_000), "1000", "callers that may wait for a run at once"),
        Setting("limits.requests", .count(0...1_000_000), "1000", "requests of one caller a second; 0: any number"),
        Setting(
            "limits.wrongTokens", .count(0...1_000_000), "100", "wrong tokens of one address a minute; 0: any number"),
        Setting("retention.age", .span, "30d", "ended runs are kept so long"),
        Setting("retention.runsPerJob", .count(1...10_000_000), "10000", "ended runs kept per job"),
        Setting("retention.logBytes", .size, "10GiB", "all logs together, oldest first"),
        Setting("retention.failedFactor", .count(1...1000), "2", "failed runs are kept so many times as long"),
        Setting("retention.audit", .span, "400d", "records of the audit trail are kept so long"),
        Setting("retention.interval", .span, "10m", "between two sweeps"),
        Setting("notices.channels", .channels, "", "who is told how runs ended: robots, webhooks, mail"),
        Setting("notices.allow", .list, "", "address ranges that notices may go to beside the public Internet"),
        Setting("notices.sendmail", .path, "/usr/sbin/sendmail", "program that takes mail on its standard input"),
        Setting("schedules.calendars", .path, nil, "directory with work calendars; none: the built-in ones only"),
        Setting("scripts.tasks", .path, nil, "YAML file of script tasks; none: built-in tasks only"),
        Setting("scripts.collectDir", .path, nil, "collected scripts; default: collect beside the task file"),
        Setting(
            "scripts.environment", .variables, "",
            "given to every script task; {file: PATH} and {secret: NAME} are secrets"),
        Setting("scripts.hideEnv", .list, "", "variables of the server that no task gets; * at the end for a prefix"),
        Setting("scripts.user", .text, nil, "user that script tasks run as; default: the server's"),
        Setting("scripts.sessionAge", .span, "24h", "ended sessions are shown so long"),
        Setting("cacheLoad.bin", .path, nil, "the goosefs program; without it nothing is loaded"),
        Setting("cacheLoad.maxConcurrent", .count(1...10_000), "4", "loads at once; more wait"),
        Setting("cacheLoad.maxQueries", .count(1...10_000), "8", "lists, frees and reports at once; more wait"),
        Setting("cacheLoad.replyFormat", .choice(["ids", "object"]), "ids", "form of the answer to loads"),
        Setting("cacheLoad.allowWildcards", .choice(["true", "false"]), "false", "take * in paths without being told"),
        Setting(
            "cacheLoad.continueAfterMetadata", .choice(["true", "false"]), "false",
            "let a forced load load when its metadata step failed"),
        Setting("cacheLoad.listTimeout", .span, "30s", "for a list that does not say, and for a report"),
        Setting("cacheLoad.timeout", .span, "24h", "longest time of one load or one free"),
        Setting("cacheLoad.user", .text, nil, "user that goosefs runs as; default: the server's"),
        Setting("backups.inventory", .path, nil, "YAML file of the volumes to back up; none: no volumes"),
        Setting(
            "backups.lainlet", .text, nil, "base address of lainlet, which tells of volumes instead of the inventory"),
        Setting(
            "backups.repository", .text, "/var/backups/martlet/{app}", "directory of the repository of each app"),
        Setting("backups.node", .text, nil, "name of this machine in the inventory; default: its host name"),
        Setting(
            "backups.expires", .choice(["true", "false"]), "true",
            "remove versions that no rule keeps, with a look each minute"),
        Setting("backups.maxConcurrent", .count(1...10_000), "4", "backups at once; more wait"),
        Setting(
            "backups.maxConcurrentTotal", .count(1...10_000), "10000",
            "backups at once on all nodes together; each has its part"),
        Setting(
            "backups.jitter", .span, "0s", "backups start later by a part of this that belongs to each, to spread them"),
        Setting("backups.scratch", .path, nil, "where restore drills write; default: volumes/scratch in dataDir"),
        Setting(
            "backups.copies", .path, nil,
            "where POST /api/v2/system/backup may put copies of the store; default: copies in dataDir"),
        Setting("backups.restic", .text, "restic", "the engine's program"),
        Setting("backups.agentPort", .count(1...65_535), "9002", "where the agents of all nodes listen"),
        Setting("backups.agentToken", .path, nil, "file with the token that agents and this server show each other"),
        Setting("backups.advertise", .text, nil, "base address of this server for agents; none: they are only asked"),
        Setting("backups.agentCA", .path, nil, "certificates that may have signed the agents'; none: no TLS"),
        Setting("backups.rsync", .text, "rsync", "program for the last step of a restore"),
        Setting(
            "clusters.playbooks", .path, nil,
            "directory with deploy.yml, start.yml, stop.yml and create_users.yml; default: our own"),
        Setting("clusters.archives", .path, nil, "packages that are deployed; default: archives in dataDir"),
        Setting("clusters.ansible", .text, nil, "the program ansible-playbook; default: ours, else the one on PATH"),
        Setting(
            "clusters.legacyExecuteTypes", .choice(["true", "false"]), "false",
            "executeType 0 stops and 1 starts, as in the replaced program; false: as in its document"),
        Setting(
            "clusters.deployBesideStarted", .choice(["true", "false"]), "false",
            "let a cluster be deployed while another one is started, when they share no host"),
        Setting(
            "clusters.password", .secret, nil,
            "what POST /api/v1/login wants; {file: PATH} or {secret: NAME}; none: no login"),
        Setting("clusters.deadline", .span, "2h", "longest time of one deploy, start or stop"),
        Setting("jobs.node", .text, nil, "name of the node of the job API; default: the machine's"),
        Setting("jobs.datacenter", .text, "dc1", "the node's datacenter"),
        Setting("jobs.region", .text, "global", "the node's region"),
        Setting(
            "jobs.allocationsDir", .path, nil, "directories of the job API's tasks; default: allocations in dataDir"),
        Setting(
            "jobs.openCommands", .choice(["true", "false"]), "false",
            "callers without a token may register jobs with commands of their own"),
        Setting("jobs.gc.jobs", .span, "4h", "how long ended jobs of the job API stay"),
        Setting("jobs.gc.evaluations", .span, "1h", "how long ended evaluations stay"),
        Setting("jobs.gc.allocations", .span, "1h", "how long ended allocations stay"),
        Setting("consul.address", .text, nil, "a Consul that keeps the keys below /v1/kv; none: they are kept here"),
        Setting("consul.tokenFile", .path, nil, "file with the token that Consul wants; none: no token is sent"),
        Setting("consul.ca", .path, nil, "certificates that may have signed Consul's; none: the system's"),
        Setting("log.cap", .size, "64MiB", "log kept per task: the first MiB and the newest rest"),
        Setting(
            "log.level", .choice(["trace", "debug", "info", "notice", "warning", "error", "critical"]), "info",
            "least severe entry of the server's own log"),
        Setting("log.format", .choice(["text", "json"]), "text", "form of the server's own log"),
        Setting("log.file", .path, nil, "file of the server's own log; default: stderr"),
        Setting("log.maxBytes", .size, "100MiB", "size at which log.file is renamed to .1, .1 to .2 and so on"),
        Setting("log.files", .count(1...1000), "10", "renamed files of the server's own log that are kept"),
        Setting("log.console", .choice(["true", "false"]), "false", "write the server's own log to stdout, too"),
    ]
}
