import MartletCore

/// `defaults` of the inventory: what a rule has that does not say otherwise.
struct RuleDefaults {
    static let timeout = TimeSpan.seconds(12 * 3600)
    static let hookTimeout = TimeSpan.seconds(60)

    var retention = Retention()
    var timeout = Self.timeout
    var exclude: [String] = []

    init(_ fields: inout Fields) {
        guard var entry = fields.object("defaults") else { return }
        retention = Retention(&entry) ?? retention
        timeout = entry.span("timeout") ?? timeout
        exclude = BackupRule.exclude(&entry) ?? exclude
        entry.finish()
    }
}

extension BackupRule {
    init(_ fields: inout Fields, _ defaults: RuleDefaults) {
        mode = .full
        switch fields.string("mode") {
        case nil where fields.value("mode") == nil: fields.problem("mode", "is missing: full or increment")
        case "full": mode = .full
        case "increment": mode = .increment
        case let other: if other != nil { fields.problem("mode", "expected one of full, increment") }
        }
        schedule = fields.string("schedule", maxBytes: 256)
        isFrequent = fields.bool("frequent") ?? false
        retention = Retention(&fields) ?? defaults.retention
        exclude = Self.exclude(&fields) ?? defaults.exclude
        before = Hook(&fields, "pre")
        after = Hook(&fields, "post")
        timeout = fields.span("timeout") ?? defaults.timeout
        if timeout.milliseconds <= 0 { fields.problem("timeout", "must be longer than nothing") }
    }

    /// Patterns of what is left out, as restic takes them.
    static func exclude(_ fields: inout Fields) -> [String]? {
        guard let patterns = fields.strings("exclude", maxCount: 256) else { return nil }
        for (index, pattern) in patterns.enumerated()
        where pattern.isEmpty || pattern.utf8.count > 1024 || pattern.utf8.contains(where: { $0 < 0x20 }) {
            fields.problem("exclude[\(index)]", "must be 1 to 1024 bytes without control characters")
        }
        return patterns
    }
}

extension Hook {
    static let mostWords = 256

    /// Nil when there is none.
    init?(_ fields: inout Fields, _ key: String) {
        guard var entry = fields.object(key) else { return nil }
        runner = entry.choice("runner") ?? .host
        command = entry.strings("command", maxCount: Self.mostWords) ?? []
        if command.first?.isEmpty ?? true { entry.problem("command", "needs at least the program's name") }
        timeout = entry.span("timeout") ?? RuleDefaults.hookTimeout
        if timeout.milliseconds <= 0 { entry.problem("timeout", "must be longer than nothing") }
        mayFail = false
        switch entry.string("onError") {
        case nil, "fail": break
        case "continue": mayFail = true
        default: entry.problem("onError", "expected one of fail, continue")
        }
        entry.finish()
    }
}

extension Fields {
    /// The members of a map with names of the user's own, each with its fields; in the order of the names.
    mutating func entries(_ key: String) -> [(name: String, fields: Fields)] {
        guard let members = read(key, "a map", \.object) else { return [] }
        return members.sorted { $0.key < $1.key }.map { name, value in
            (name, Fields(value, at: path(of: "\(key).\(name)"), problems: problems))
        }
    }
}
