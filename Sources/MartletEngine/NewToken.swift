package import MartletCore

/// What a new token is to be.
package struct NewToken: Sendable {
    package static let usualLifetime = TimeSpan.seconds(90 * 86_400)

    package let name: String
    package let rights: Rights
    /// Nil: it does not expire.
    package let lifetime: TimeSpan?

    /// Reads `{name, role, jobs, labels, secretsRead, expiresIn}`; `expiresIn` is a span or `never`.
    package init(parsing body: JSONValue) throws(MartletError) {
        let problems = Fields.Problems()
        var fields = Fields(body, problems: problems)
        name = fields.string("name") ?? ""
        if !Token.isValid(name) { fields.problem("name", Token.rule) }
        if AccessToken.mayBeID(name) {
            fields.problem("name", "looks like the id of a token: take another one than eight digits of 0-9 and a-f")
        }
        let role: Rights.Role? = fields.choice("role")
        if role == nil { fields.problem("role", "is missing: read, run or admin") }
        rights = Rights(
            role: role ?? .read, jobs: Self.jobs(&fields), labels: Self.labels(&fields),
            readsSecrets: fields.bool("secretsRead") ?? false)
        if rights.isRestricted, rights.role == .admin || rights.readsSecrets {
            fields.problem("jobs", "and labels bind no admin and no reader of secrets: both reach everything")
        }
        lifetime = Self.lifetime(&fields)
        fields.finish()
        try problems.check("the token")
    }

    private static func jobs(_ fields: inout Fields) -> [NamePattern] {
        (fields.strings("jobs", maxCount: 64) ?? []).enumerated().compactMap { index, text in
            let pattern = NamePattern(text)
            if pattern == nil { fields.problem("jobs[\(index)]", NamePattern.rule) }
            return pattern
        }
    }

    private static func labels(_ fields: inout Fields) -> [String: NamePattern] {
        var labels: [String: NamePattern] = [:]
        for (name, text) in fields.stringMap("labels", maxCount: 16) ?? [:] {
            labels[name] = NamePattern(text)
            if labels[name] == nil { fields.problem("labels.\(name)", NamePattern.rule) }
        }
        return labels
    }

    private static func lifetime(_ fields: inout Fields) -> TimeSpan? {
        guard let text = fields.string("expiresIn") else { return usualLifetime }
        if text == "never" { return nil }
        if let span = TimeSpan(text), span > .seconds(0) { return span }
        fields.problem("expiresIn", "must be a time span such as 12h or 90d, or never")
        return nil
    }
}
