import MartletCore

/// A path in the cache's name space, checked: nothing that the program could take for an option, and nothing outside of
/// what the text says. It reaches the program byte for byte.
enum CachePath {
    static let longest = 4096
    /// Each part costs the store a look for a load that is under way there.
    static let mostParts = 100

    /// The problem in `text`, or nil: it can be used as it is.
    static func problem(in text: String, allowingWildcards: Bool) -> String? {
        let bytes = Array(text.utf8)
        if bytes.isEmpty { return "must not be empty" }
        if bytes.count > longest { return "is longer than \(longest) bytes" }
        // An absolute path is never an option of the program or of its JVM.
        if bytes[0] != UInt8(ascii: "/") { return "must be absolute: it begins with /" }
        if bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }) { return "must not contain control characters" }
        // What stands for bytes that were no text: the path that was meant is another one.
        if text.unicodeScalars.contains("\u{FFFD}") { return "must be UTF-8 without the character U+FFFD" }
        let parts = bytes.split(separator: UInt8(ascii: "/"))
        if parts.count > mostParts { return "has more than \(mostParts) parts" }
        if parts.contains([UInt8(ascii: "."), UInt8(ascii: ".")]) { return "must not contain the part .." }
        if bytes.contains(UInt8(ascii: "*")), !allowingWildcards {
            return "contains the wildcard *; say \"allow_wildcard\": true when it is meant"
        }
        return nil
    }

    /// What the path means: without empty parts, without `.` and without a slash at its end.
    static func normal(_ text: String) -> String {
        "/" + text.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }

    /// Whether it is everything there is, however it is written.
    static func isRoot(_ text: String) -> Bool {
        normal(text).split(separator: "/").allSatisfy { part in part.allSatisfy { $0 == "*" } }
    }

    /// Whether `text` is `place` or lies below it. Of a place with wildcards the part before them counts.
    static func isWithin(_ text: String, _ place: String) -> Bool {
        let base = normal(place).split(separator: "/").prefix { !$0.contains("*") }
        return normal(text).split(separator: "/").starts(with: base)
    }
}
