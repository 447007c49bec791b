import MartletCore

extension Hook {
    /// A command line of the replaced system, split at blanks as it always was; nil: none.
    init?(legacyLine line: String) {
        let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
        guard !words.isEmpty else { return nil }
        self.init(runner: .container, command: words, timeout: RuleDefaults.hookTimeout, mayFail: false)
    }

    /// Whether its command can be started at all.
    var isUsable: Bool { command.count <= Self.mostWords && !command.contains { $0.utf8.contains(0) } }
}
