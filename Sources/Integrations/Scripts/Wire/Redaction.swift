import MartletCore

/// Posted values as a session shows them: what looks like a password is hidden, what is long is cut. Declared secret
/// parameters never come here; they are sealed.
enum Redaction {
    private static let words = ["password", "passwd", "pwd", "secret", "token", "apikey", "api_key", "api-key"]
    private static let hidden = "•••"
    private static let longestWord = 1024
    private static let longestList = 4096

    /// At most 4 KiB; a last word `…` stands for the rest.
    static func arguments(of run: Run) -> [String] {
        let posted = run.params[ScriptTask.argumentList]?.array ?? []
        var shown: [String] = []
        var (length, isNextHidden) = (0, false)
        for case .string(let word) in posted {
            let text = isNextHidden ? hidden : redacted(word)
            isNextHidden = !isNextHidden && word.hasPrefix("-") && !word.contains("=") && names(word[...])
            length += text.utf8.count + 3
            if length > longestList { return shown + ["…"] }
            shown.append(text)
        }
        return shown
    }

    private static func redacted(_ word: String) -> String {
        let word = withoutUserInfo(String(word.prefix(longestWord)))
        guard names(word[...]), let sign = word.firstIndex(where: { $0 == "=" || $0 == ":" }) else { return word }
        // `--password=x` keeps its name; of anything else, such as a JSON text, nobody knows where the value is.
        return names(word[..<sign]) && !word[..<sign].contains("\"") ? word[...sign] + hidden : hidden
    }

    /// `mysql://root:secret@host/x` → `mysql://•••@host/x`.
    private static func withoutUserInfo(_ word: String) -> String {
        guard let scheme = word.firstRange(of: "://"),
            let at = word[scheme.upperBound...].prefix(while: { $0 != "/" }).lastIndex(of: "@")
        else { return word }
        return word[..<scheme.upperBound] + hidden + word[at...]
    }

    private static func names(_ text: Substring) -> Bool {
        let name = text.lowercased()
        return words.contains { name.contains($0) }
    }
}
