import Foundation

/// The path of a call, below `/api/v1` or `/api/v2`.
struct BackupPath {
    enum Version: Sendable { case first, second }

    let version: Version
    /// Decoded; a `/` at the end of the path is let be.
    let parts: [String]

    static let longest = 8192
    private static let prefixes: [(String, Version)] = [
        ("/api/v2", .second), ("/api/v1/backup", .first), ("/api/v1/cron", .first),
    ]

    /// Whether a path is the replaced system's, known or not.
    static func owns(_ path: String) -> Bool {
        prefixes.contains { path == $0.0 || path.hasPrefix($0.0 + "/") }
    }

    /// Nil: it is not below the prefixes, or not correctly encoded.
    init?(_ path: String) {
        guard Self.owns(path), let text = path.removingPercentEncoding else { return nil }
        version = text.hasPrefix("/api/v2") ? .second : .first
        var parts = text.dropFirst("/api/v1".count).split(separator: "/", omittingEmptySubsequences: false)
        parts = Array(parts.dropFirst())
        if parts.last?.isEmpty == true { parts.removeLast() }
        self.parts = parts.map(String.init)
    }

    /// What no well-meant path has: parts that lead elsewhere, absolute ones within it, control characters; also behind
    /// one more encoding, or two. Nil: nothing of that.
    static func problem(_ path: String) -> String? {
        var text = path
        for _ in 0..<3 {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            if parts.contains(where: { $0 == "." || $0 == ".." }) { return "must not contain the parts . and .." }
            if parts.dropFirst().dropLast().contains("") { return "must not contain an absolute path" }
            if text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) { return "must not contain control characters" }
            guard let decoded = text.removingPercentEncoding else { return nil }
            if decoded == text { return nil }
            text = decoded
        }
        return nil
    }
}
