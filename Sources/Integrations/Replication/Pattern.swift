/// A regular expression in the syntax of RE2, checked without being run.
enum Pattern {
    private static let longest = 1000

    /// What is wrong; nil: nothing.
    static func problem(_ text: String) -> String? {
        if text.utf8.count > longest { return "is longer than \(longest) bytes" }
        // Both would make matching take a time that nobody can tell.
        for mark in ["(?=", "(?!", "(?<=", "(?<!"] where text.contains(mark) {
            return "\(mark) is not known here: it looks ahead or behind"
        }
        var isEscaped = false
        for character in text {
            if isEscaped, character.isNumber, character != "0" {
                return "\\\(character) is not known here: it refers back"
            }
            isEscaped = character == "\\" && !isEscaped
        }
        do {
            _ = try Regex(text)
            return nil
        } catch {
            return "is not a regular expression"
        }
    }
}
