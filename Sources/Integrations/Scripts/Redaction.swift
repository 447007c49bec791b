import MartletCore

/// Posted values as a session shows them: what looks like a password is hidden. Declared secret parameters never come
/// here; they are sealed.
enum Redaction {
    private static let words = ["password", "passwd", "pwd", "secret", "token", "apikey", "api_key", "api-key"]
    private static let longest = 1024

    static func arguments(of run: Run) -> [String] {
        let posted = run.params[ScriptTask.argumentList]?.array?.compactMap(\.string) ?? []
        var isNextHidden = false
        return posted.map { word in
            if isNextHidden {
                isNextHidden = false
                return "•••"
            }
            guard let equals = word.firstIndex(of: "=") else {
                isNextHidden = word.hasPrefix("-") && names(word[...])
                return String(word.prefix(longest))
            }
            return names(word[..<equals]) ? word[...equals] + "•••" : String(word.prefix(longest))
        }
    }

    private static func names(_ text: Substring) -> Bool {
        let name = text.lowercased()
        return words.contains { name.contains($0) }
    }
}
