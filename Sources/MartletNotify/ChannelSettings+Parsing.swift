package import MartletCore

extension ChannelSettings {
    /// Reads the list `notices.channels`. `read`: the bytes of a file; nil when it cannot be read. Every problem is
    /// reported below `path`; no value of a token or a secret is repeated.
    package static func parse(
        _ entries: [JSONValue], at path: String, problems: Fields.Problems, read: (String) -> [UInt8]?
    ) -> [ChannelSettings] {
        var found: [ChannelSettings] = []
        if entries.count > 200 { problems.add(path, "has more than 200 entries") }
        for (index, entry) in entries.prefix(200).enumerated() {
            var fields = Fields(entry, at: "\(path)[\(index)]", problems: problems)
            guard let channel = ChannelSettings(&fields, read) else { continue }
            if found.contains(where: { $0.name == channel.name }) {
                fields.problem("name", "\(channel.name) is the name of another channel, too")
            }
            if let twin = found.first(where: { $0.isSameRobot(as: channel) }) {
                fields.problem("token", sharing(twin))
            }
            found.append(channel)
        }
        return found
    }

    /// What is wrong with a channel that has the robot of another one.
    package static func sharing(_ twin: ChannelSettings) -> String {
        "is the robot of \(twin.name), too, whose limit is for both; give one channel more rules"
    }

    /// Nil when it has no name or no kind; other problems leave a channel.
    private init?(_ fields: inout Fields, _ read: (String) -> [UInt8]?) {
        let name = fields.string("name")
        if name == nil { fields.problem("name", "is missing: what jobs and commands call the channel") }
        if let name, !Token.isValid(name) { fields.problem("name", Token.rule) }
        let kind = fields.choice("kind", Kind.self)
        if kind == nil, fields.value("kind") == nil {
            fields.problem("kind", "is missing: \(Kind.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let token = Self.credential(&fields, "token", read)
        let secret = Self.credential(&fields, "secret", read)
        let url = fields.string("url")
        let to = Self.addresses(&fields, "to")
        let from = fields.string("from")
        let perMinute = fields.int("perMinute", in: 1...10_000)
        let format = fields.choice("format", Format.self)
        let rules = fields.objects("rules")?.map { entry in
            var entry = entry
            defer { entry.finish() }
            return NoticeRule(&entry)
        }
        fields.finish()
        guard let name, let kind else { return nil }
        self.init(
            name: name, kind: kind, token: token, secret: secret, url: url, to: to, from: from,
            perMinute: perMinute ?? (kind.isRobot ? Self.robotLimit : nil), format: format ?? .text,
            rules: rules ?? [NoticeRule()])
        check(fields)
    }

    /// A platform counts the messages of a robot whoever sends them.
    package func isSameRobot(as other: ChannelSettings) -> Bool {
        // Names of hosts have no case; paths of relays rarely differ by it.
        kind.isRobot && kind == other.kind && token != nil && token == other.token
            && base.lowercased() == other.base.lowercased()
    }

    private func check(_ fields: Fields) {
        func refuse(_ key: String, _ isGiven: Bool, _ why: String) { if isGiven { fields.problem(key, why) } }
        if kind.isRobot, token == nil { fields.problem("token", "is missing: the token of the robot's address") }
        if kind == .webhook, url == nil { fields.problem("url", "is missing: where to POST") }
        if kind == .mail, to.isEmpty { fields.problem("to", "is missing: an address or a list of them") }
        refuse("token", !kind.isRobot && token != nil, "is for robots only; a webhook is signed with secret")
        refuse("secret", !kind.isSigned && secret != nil, "\(kind.rawValue) does not sign messages")
        refuse("url", kind == .mail && url != nil, "mail goes through notices.sendmail")
        refuse("to", kind != .mail && !to.isEmpty, "is for mail only")
        refuse("from", kind != .mail && from != nil, "is for mail only")
        refuse(
            "format", format == .markdown && kind != .dingtalk && kind != .wecom,
            "only dingtalk and wecom take markdown")
        if let url, WebAddress(url) == nil {
            fields.problem("url", "must be http://… or https://… with a host, without user and fragment")
        }
        for address in to + [from].compactMap({ $0 }) where !Self.isMailAddress(address) {
            fields.problem(to.contains(address) ? "to" : "from", "\(address.prefix(100)) is no plain mail address")
        }
    }

    private static func addresses(_ fields: inout Fields, _ key: String) -> [String] {
        if case .string(let text)? = fields.value(key) { return [text] }
        return fields.strings(key, maxCount: 100) ?? []
    }

    /// Nothing that means something to a mail header or to sendmail.
    private static func isMailAddress(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        return parts.count == 2 && parts.allSatisfy { !$0.isEmpty } && text.utf8.count <= 254 && !text.hasPrefix("-")
            && text.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"<>()[],;:\\\"|`".utf8.contains($0) }
    }

    // MARK: Credentials

    /// A text, `{file: PATH}` or `{secret: NAME}`.
    private static func credential(
        _ fields: inout Fields, _ key: String, _ read: (String) -> [UInt8]?
    ) -> Credential? {
        guard let value = fields.value(key) else { return nil }
        if let text = value.string { return given(text, key, fields) }
        guard let reference = value.object, reference.count == 1 else {
            fields.problem(key, "expected a text, {file: PATH} or {secret: NAME}")
            return nil
        }
        if let name = reference["secret"]?.string {
            if !Token.isValid(name) { fields.problem(key, "names no stored secret: a name \(Token.rule)") }
            return .stored(name)
        }
        guard let path = reference["file"]?.string else {
            fields.problem(key, "expected a text, {file: PATH} or {secret: NAME}")
            return nil
        }
        guard let bytes = read(path), let text = String(validating: bytes, as: UTF8.self) else {
            fields.problem(key, "the file \(path.prefix(200)) cannot be read")
            return nil
        }
        return given(text.trimmingNewlines, key, fields)
    }

    private static func given(_ text: String, _ key: String, _ fields: Fields) -> Credential? {
        if let problem = Secret.problem(with: text) {
            fields.problem(key, problem)
            return nil
        }
        return .given(Secret(text))
    }
}

extension String {
    fileprivate var trimmingNewlines: String {
        var text = self[...]
        while let last = text.last, last.isNewline { text.removeLast() }
        return String(text)
    }
}
