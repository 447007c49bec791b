import Binlog

/// What an ENUM or SET consists of. The binlog has its values by number, the catalogue shows them by label.
struct Labels: Equatable {
    let texts: [String]
    /// Whether their bytes are UTF-8: the binlog has them in the column's character set.
    let isExact: Bool

    init(_ texts: [String], isExact: Bool) { (self.texts, self.isExact) = (texts, isExact) }

    /// Of information_schema: `enum('a','b')`; nil: the column has none.
    init?(columnType: String) {
        guard columnType.hasPrefix("enum(") || columnType.hasPrefix("set(") else { return nil }
        var texts: [String] = []
        var text: String?
        var characters = columnType.makeIterator()
        var next = characters.next()
        while let character = next {
            next = characters.next()
            switch (text, character) {
            case (nil, "'"): text = ""
            case (nil, _): continue
            case (_?, "'") where next != "'":
                texts.append(text ?? "")
                text = nil
            case (_?, "'"):
                text?.append("'")
                next = characters.next()
            case (_?, "\\"):
                text?.append(Self.escaped(next ?? "\\"))
                next = characters.next()
            default: text?.append(character)
            }
        }
        self.init(texts, isExact: true)
    }

    private static func escaped(_ character: Character) -> Character {
        switch character {
        case "n": "\n"
        case "r": "\r"
        case "0": "\0"
        case "Z": "\u{1a}"
        default: character
        }
    }

    /// The first label that has another number there. One side may have more of them at the end.
    func firstMoved(in other: Labels) -> String? {
        let isExact = isExact && other.isExact
        return zip(texts, other.texts).first { !Self.mayBeEqual($0, $1, isExact: isExact) }?.0
    }

    /// A server that shows one writes `?` for letters of four bytes.
    private static func mayBeEqual(_ one: String, _ other: String, isExact: Bool) -> Bool {
        if one == other { return true }
        // Two bytes a character.
        if one.unicodeScalars.contains("\0") || other.unicodeScalars.contains("\0") { return true }
        let isPlain = [one, other].map { text in text.utf8.allSatisfy { $0 < 0x80 } && !text.contains("?") }
        if isPlain[0] || isPlain[1] { return false }
        return !isExact
            || [one, other].contains { text in
                text.contains("?") || text.unicodeScalars.contains { $0.value > 0xffff }
            }
    }
}
