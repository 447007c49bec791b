/// What a statement of the log means for the framing.
enum StatementKind: Equatable {
    case begin
    case commit
    case rollback
    case savepoint
    case xaEnd
    case change
    case other

    private static let changes: Set<String> = ["INSERT", "UPDATE", "DELETE", "REPLACE", "LOAD", "WITH"]

    init(_ statement: [UInt8]) {
        let words = Self.words(Self.withoutComments(statement[...]))
        let second = words.count > 1 ? words[1] : ""
        switch words.first ?? "" {
        case "BEGIN" where words.count == 1: self = .begin
        case "COMMIT" where words.count == 1: self = .commit
        case "ROLLBACK": self = second == "TO" ? .savepoint : .rollback
        case "SAVEPOINT": self = .savepoint
        case "XA" where second == "START": self = .begin
        case "XA" where second == "END": self = .xaEnd
        case let word where Self.changes.contains(word): self = .change
        default: self = .other
        }
    }

    /// The first words in capitals.
    private static func words(_ statement: ArraySlice<UInt8>) -> [String] {
        let isSpace: (UInt8) -> Bool = { $0 <= 32 || $0 == UInt8(ascii: ";") }
        return statement.prefix(256).split(maxSplits: 3, whereSeparator: isSpace)
            .prefix(3).map { String(decoding: $0, as: UTF8.self).uppercased() }
    }

    /// From the first word on: clients put comments before their statements.
    private static func withoutComments(_ statement: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var rest = statement
        while true {
            rest = rest.drop { $0 <= 32 }
            if rest.starts(with: Array("/*".utf8)), !rest.starts(with: Array("/*!".utf8)) {
                guard let end = commentEnd(rest) else { return [] }
                rest = rest[end...]
            } else if rest.first == UInt8(ascii: "#") || rest.starts(with: Array("-- ".utf8)) {
                rest = rest.drop { $0 != UInt8(ascii: "\n") }
            } else {
                return rest
            }
        }
    }

    private static func commentEnd(_ text: ArraySlice<UInt8>) -> Int? {
        var index = text.startIndex + 2
        while index + 1 < text.endIndex {
            if text[index] == UInt8(ascii: "*"), text[index + 1] == UInt8(ascii: "/") { return index + 2 }
            index += 1
        }
        return nil
    }
}
