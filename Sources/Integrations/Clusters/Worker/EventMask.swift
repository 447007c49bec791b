import KeeperProtocol
import MartletCore

/// Hides passwords in events. The callback plugin joins white space and cuts long texts before it writes them, so that a
/// password may stand there in another shape, or the beginning of one before an ellipsis.
struct EventMask: Sendable {
    private static let ellipsis: Character = "…"
    /// Shorter beginnings are in any text.
    private static let shortestPart = 4

    private let patterns: MaskPatterns
    private let secrets: [[Character]]

    init(_ secrets: [String]) {
        let shapes = Set(secrets + secrets.map(Self.joined)).filter { $0.utf8.count >= Secret.shortest }
        patterns = MaskPatterns(shapes.map { Array($0.utf8) })
        self.secrets = shapes.map(Array.init)
    }

    /// As Python's `" ".join(text.split())` does.
    private static func joined(_ text: String) -> String {
        text.unicodeScalars.split { $0.properties.isWhitespace || (0x1C...0x1F).contains($0.value) }
            .map { String(String.UnicodeScalarView($0)) }.joined(separator: " ")
    }

    /// Nil when there is nothing to hide in the line of an event.
    func masked(_ line: [UInt8], _ value: JSONValue) -> [UInt8]? {
        if patterns.isEmpty { return nil }
        let hasEllipsis = line.contains(0xE2) && String(decoding: line, as: UTF8.self).contains(Self.ellipsis)
        if !hasEllipsis, patterns.masked(line) == line { return nil }
        var members = value.object ?? [:]
        // What tells how an event is read stays what it is.
        for (name, member) in members where name != "event" && name != "result" { members[name] = hide(member) }
        return Array(PlaybookWork.text(JSONValue.object(members)).utf8)
    }

    /// Texts and the names of members; numbers are Ansible's own.
    private func hide(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): .string(hide(text))
        case .array(let items): .array(items.map(hide))
        case .object(let members):
            .object(Dictionary(members.map { (hide($0.key), hide($0.value)) }) { first, _ in first })
        case .null, .bool, .int, .double: value
        }
    }

    func hide(_ text: String) -> String {
        let whole = String(decoding: patterns.masked(Array(text.utf8)), as: UTF8.self)
        guard whole.contains(Self.ellipsis) else { return whole }
        var parts = whole.split(separator: Self.ellipsis, omittingEmptySubsequences: false).map(Array.init)
        for index in parts.indices.dropLast() { hideEnd(&parts[index]) }
        return parts.map { String($0) }.joined(separator: String(Self.ellipsis))
    }

    /// The beginning of a secret at the end of a text.
    private func hideEnd(_ text: inout [Character]) {
        let lines = text.last == "\n" ? 1 : 0
        let end = text.count - lines
        for secret in secrets {
            for length in stride(from: min(secret.count - 1, end), through: Self.shortestPart, by: -1)
            where text[(end - length)..<end].elementsEqual(secret.prefix(length)) {
                text.replaceSubrange((end - length)..<end, with: Array("•••"))
                return
            }
        }
    }
}
