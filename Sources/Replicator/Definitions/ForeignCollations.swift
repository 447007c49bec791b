import Binlog
import SQLClient

/// Collations that only one of the products has, and what tells no fewer values apart at the other.
struct ForeignCollations: Sendable {
    let from: Flavor
    let to: Flavor

    private var isSame: Bool { from.product == to.product }

    /// By their names; what is not there is the same in both, or there is nothing like it.
    var names: [String: String] {
        if isSame { return [:] }
        if from.isMaria {
            return [
                "utf8mb4_uca1400_ai_ci": "utf8mb4_0900_ai_ci", "utf8mb4_uca1400_as_cs": "utf8mb4_0900_as_cs",
                "utf8mb4_nopad_bin": "utf8mb4_0900_bin",
            ]
        }
        if to.isAtLeast(11, 4, 2) { return [:] }
        return [
            "utf8mb4_0900_ai_ci": "utf8mb4_unicode_520_nopad_ci", "utf8mb4_0900_as_ci": "utf8mb4_nopad_bin",
            "utf8mb4_0900_as_cs": "utf8mb4_nopad_bin", "utf8mb4_0900_bin": "utf8mb4_nopad_bin",
        ]
    }

    /// A collation of the source's session as the target takes it: a number, or a name.
    func text(_ number: UInt16) -> String {
        if isSame || number < 255 { return "\(number)" }
        if from.isMaria {
            // Those that do not pad have the number of the padding one and 1024.
            let padding = number - min(number, 1024)
            let isOfUnicode = number >= 2048 || padding == 45 || padding == 46 || (224...247).contains(padding)
            if (1024..<2048).contains(number), !isOfUnicode { return "\(padding)" }
            return number == 2304 ? "utf8mb4_0900_ai_ci" : number == 2307 ? "utf8mb4_0900_as_cs" : "utf8mb4_0900_bin"
        }
        let known: [UInt16: String] = [255: "ai_ci", 278: "as_cs", 305: "as_ci", 309: "bin"]
        guard let name = known[number].map({ "utf8mb4_0900_\($0)" }) else { return "utf8mb4_nopad_bin" }
        return names[name] ?? name
    }

    /// The character set of the source's session, by a number that both have.
    func client(_ number: UInt16) -> UInt16 {
        if isSame || number < 255 { return number }
        return (1024..<1279).contains(number) ? number - 1024 : 45
    }

    /// Where the definition names a collation that the target does not have, or leaves utf8mb4 to a default that differs.
    func edits(_ tokens: [SQLToken], isAlter: Bool, _ session: SessionState) -> [(range: Range<Int>, text: [UInt8])] {
        if isSame { return [] }
        var edits: [(range: Range<Int>, text: [UInt8])] = []
        for index in tokens.indices {
            if tokens[index].isWord("COLLATE"), let value = Self.value(after: index, tokens) {
                guard let name = names[tokens[value].text.lowercased()] else { continue }
                edits.append((tokens[value].range, Array(name.utf8)))
            } else if let value = Self.characterSet(at: index, tokens), tokens[value].text.lowercased() == "utf8mb4",
                let name = standard(session), !Self.isCollated(after: value, tokens, isAlter: isAlter)
            {
                let end = tokens[value].range.upperBound
                edits.append((end..<end, Array(" COLLATE \(name)".utf8)))
            }
        }
        return edits
    }

    /// The collation of utf8mb4 where none is named, in the target's words.
    private func standard(_ session: SessionState) -> String? {
        if from.isMaria { return from.isAtLeast(11, 5) ? "utf8mb4_0900_ai_ci" : "utf8mb4_general_ci" }
        return session.utf8mb4Default.map { number in number == 45 ? "utf8mb4_general_ci" : text(number) }
    }

    private static func value(after index: Int, _ tokens: [SQLToken]) -> Int? {
        var value = index + 1
        if value < tokens.count, tokens[value].isSign("=") { value += 1 }
        return value < tokens.count ? value : nil
    }

    private static func characterSet(at index: Int, _ tokens: [SQLToken]) -> Int? {
        if tokens[index].isWord("CHARSET") { return value(after: index, tokens) }
        guard tokens[index].isWord("SET"), index > 0, tokens[index - 1].isWord("CHARACTER") else { return nil }
        return value(after: index, tokens)
    }

    /// To the end of the column, of the clause or of the table's options.
    private static func isCollated(after index: Int, _ tokens: [SQLToken], isAlter: Bool) -> Bool {
        if index + 1 < tokens.count, tokens[index + 1].isWord("BINARY") { return true }
        let isInside = tokens[..<index].reduce(0) { $0 + ($1.isSign("(") ? 1 : $1.isSign(")") ? -1 : 0) } > 0
        var depth = 0
        for token in tokens[(index + 1)...] {
            if token.isSign("(") { depth += 1 }
            if token.isSign(")") { depth -= 1 }
            if depth < 0 || (depth == 0 && token.isSign(",") && (isInside || isAlter)) { return false }
            if depth == 0, token.isWord("COLLATE") { return true }
        }
        return false
    }
}
