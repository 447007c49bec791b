import Foundation

extension Job {
    /// Reads a definition from a JSON or YAML document. Every problem is reported with its path.
    /// A document may give `command` in place of `tasks` when one task is enough.
    package init(parsing document: JSONValue, name: String? = nil) throws(MartletError) {
        let problems = Fields.Problems()
        var fields = Fields(document, problems: problems)
        var job = Job(&fields, name: name)
        job.secrets = SecretReferences.parse(&fields)
        SecretReferences.refuseDoubles(job, problems)
        fields.finish()
        try problems.check("the job\(name.map { " \($0)" } ?? "")")
        self = job
    }

    /// The job of an inline submission: its keys stand beside the submission's own, one of which is `secrets`.
    package init(inline fields: inout Fields) {
        self.init(&fields, name: nil)
        name = nil
    }

    private init(_ fields: inout Fields, name: String?) {
        let stated = fields.string("name")
        if let name, let stated, name != stated {
            fields.problem("name", "says \(stated), but the job is stored as \(name)")
        }
        let name = name ?? stated
        if let name, !Token.isValid(name) { fields.problem("name", Token.rule) }
        let params = ParamSpec.parse(&fields)
        self.init(
            name: name, description: fields.string("description"),
            tasks: TaskSpec.parse(&fields, params: params), params: params,
            labels: Labels.parse(&fields), retry: RetryPolicy.parse(&fields), timeout: fields.span("timeout"),
            concurrency: fields.int("concurrency", in: 1...100_000),
            retryLost: fields.bool("retryLost") ?? false, notify: NotifyRule.parse(&fields))
    }
}

/// Names that come from outside and become ids, labels or file names.
package enum Token {
    package static let rule = "must be 1 to 128 of A-Z a-z 0-9 . _ - and start with a letter or digit"

    package static func isValid(_ text: String) -> Bool {
        guard (1...128).contains(text.utf8.count), let first = text.utf8.first else { return false }
        return isAlphanumeric(first) && text.utf8.allSatisfy { isAlphanumeric($0) || ".-_".utf8.contains($0) }
    }

    /// POSIX environment variable names.
    package static func isVariable(_ text: String) -> Bool {
        guard (1...256).contains(text.utf8.count), let first = text.utf8.first else { return false }
        return !(0x30...0x39).contains(first)
            && text.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "_") }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}

/// Labels: up to 64 pairs; names are tokens (a `/` prefix part is allowed), values up to 256 bytes.
package enum Labels {
    package static func parse(_ fields: inout Fields) -> [String: String] {
        let labels = fields.stringMap("labels", maxCount: 64) ?? [:]
        for (name, value) in labels {
            let parts = name.split(separator: "/", omittingEmptySubsequences: false)
            if parts.count > 2 || !parts.allSatisfy({ Token.isValid(String($0)) }) {
                fields.problem("labels.\(name)", "the name \(Token.rule)")
            }
            if value.utf8.count > 256 { fields.problem("labels.\(name)", "is longer than 256 bytes") }
        }
        return labels
    }
}

/// Environment variables as a task or a submission gives them.
package enum Variables {
    package static func parse(_ fields: inout Fields, _ key: String = "environment") -> [String: String] {
        let variables = fields.stringMap(key) ?? [:]
        for name in variables.keys where !Token.isVariable(name) {
            fields.problem("\(key).\(name)", "is not a variable name: letters, digits and _ only")
        }
        for name in variables.keys where name.hasPrefix("MARTLET_") {
            fields.problem("\(key).\(name)", "names with MARTLET_ are set by the server")
        }
        return variables
    }

    package static func parseSecrets(_ fields: inout Fields, _ key: String = "secrets") -> [String: Secret] {
        let values = parse(&fields, key)
        for (name, value) in values {
            if let problem = Secret.problem(with: value) { fields.problem("\(key).\(name)", problem) }
        }
        return values.mapValues(Secret.init)
    }
}

extension ParamSpec {
    package static func parse(_ fields: inout Fields) -> [String: ParamSpec] {
        guard let members = fields.read("params", "an object of parameters", \.object) else { return [:] }
        var params: [String: ParamSpec] = [:]
        for (name, value) in members {
            var entry = Fields(value, at: fields.path(of: "params.\(name)"), problems: fields.problems)
            if !Token.isVariable(name) { entry.problems.add(entry.path, "the name must be letters, digits and _") }
            params[name] = ParamSpec(&entry)
            entry.finish()
        }
        return params
    }

    private init(_ fields: inout Fields) {
        self.init(
            type: fields.choice("type") ?? .string, description: fields.string("description"),
            required: fields.bool("required") ?? false, default: fields.value("default"),
            choices: fields.read("choices", "a list", \.array), pattern: fields.string("pattern"),
            minimum: fields.number("minimum"), maximum: fields.number("maximum"),
            secret: fields.bool("secret") ?? false)
        if secret, type != .string { fields.problem("secret", "only string parameters can be secret") }
        if secret, `default` != nil { fields.problem("default", "a secret has no default: it would stand in the job") }
        if let pattern, (try? NSRegularExpression(pattern: pattern)) == nil {
            fields.problem("pattern", "is not a regular expression")
            self.pattern = nil
        }
        if let value = `default`, let problem = problem(with: value) { fields.problem("default", problem) }
    }
}

extension Fields {
    fileprivate mutating func number(_ key: String) -> Double? {
        read(key, "a number") {
            switch $0 {
            case .int(let value): Double(value)
            case .double(let value): value
            default: nil
            }
        }
    }
}

extension RetryPolicy {
    /// `retries: 3` or the long form `retry: {limit: 3, …}`.
    static func parse(_ fields: inout Fields) -> RetryPolicy? {
        let short = fields.int("retries", in: 0...1000)
        guard var entry = fields.object("retry") else {
            return short.flatMap { $0 == 0 ? nil : RetryPolicy(limit: $0) }
        }
        if short != nil { fields.problem("retries", "give either retries or retry") }
        let defaults = RetryPolicy(limit: 0)
        let policy = RetryPolicy(
            limit: entry.int("limit", in: 0...1_000_000) ?? 0, on: entry.choice("on") ?? defaults.on,
            window: entry.span("window"), mode: entry.choice("mode") ?? defaults.mode,
            delay: entry.span("delay") ?? defaults.delay, backoff: entry.choice("backoff") ?? defaults.backoff,
            maxDelay: entry.span("maxDelay") ?? defaults.maxDelay)
        if policy.mode == .delay, policy.window == nil { entry.problem("mode", "delay needs a window") }
        if policy.on == .end, policy.delay.milliseconds < 100 {
            entry.problem("delay", "must be at least 100ms with on: end")
        }
        entry.finish()
        return policy
    }
}

extension NotifyRule {
    static func parse(_ fields: inout Fields) -> [NotifyRule] {
        (fields.objects("notify") ?? []).compactMap { entry in
            var entry = entry
            defer { entry.finish() }
            guard let channel = entry.string("channel") else {
                entry.problem("channel", "is missing: the name of a notification channel")
                return nil
            }
            return NotifyRule(on: NoticeEvent.parse(&entry) ?? [.failed, .lost], channel: channel)
        }
    }
}
