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

    /// The environment variable of the key: `limits.minFree` → `MARTLET_LIMITS_MIN_FREE`.
    var variable: String {
        var name = "MARTLET_"
        for character in key {
            if character == "." {
                name += "_"
            } else {
                if character.isUppercase { name += "_" }
                name += character.uppercased()
            }
        }
        return name
    }

    static let table: [Setting] = [
        Setting("listen", .list, "127.0.0.1:8080", "addresses to listen on, HOST:PORT; loopback only"),
        Setting("hosts", .list, "", "further names that a Host header may carry, such as a proxy's"),
        Setting("dataDir", .path, nil, "where everything is kept; default: the user's state directory"),
        Setting("jobsDir", .path, nil, "YAML job files; default: jobs.d beside the file, else in dataDir"),
        Setting("limits.runs", .count(0...100_000), "64", "runs at once; 0 holds every run"),
        Setting("limits.drivers", .counts, "", "runs at once by driver"),
        Setting("limits.grace", .span, "10s", "between stop signal and KILL when a task does not say"),
        Setting("limits.minFree", .size, nil, "bytes that must stay free; default: 500 MB or 2 %"),
        Setting("limits.waiters", .count(1...100_000), "1000", "callers that may wait for a run at once"),
        Setting("retention.age", .span, "30d", "ended runs are kept so long"),
        Setting("retention.runsPerJob", .count(1...10_000_000), "10000", "ended runs kept per job"),
        Setting("retention.logBytes", .size, "10GiB", "all logs together, oldest first"),
        Setting("retention.failedFactor", .count(1...1000), "2", "failed runs are kept so many times as long"),
        Setting("retention.interval", .span, "10m", "between two sweeps"),
        Setting("log.cap", .size, "64MiB", "log kept per task: the first MiB and the newest rest"),
        Setting(
            "log.level", .choice(["trace", "debug", "info", "notice", "warning", "error", "critical"]), "info",
            "least severe entry of the server's own log"),
        Setting("log.format", .choice(["text", "json"]), "text", "form of the server's own log"),
        Setting("log.file", .path, nil, "file of the server's own log; default: stderr"),
    ]
}
