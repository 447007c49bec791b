/// Reads RE2's syntax: what looks around or refers back is refused.
struct PatternParser {
    private static let mostRepetitions = 1000
    private static let deepest = 50

    private let text: [Character]
    private var position = 0
    private var depth = 0
    private var ignoresCase = false
    private(set) var groups = 0
    private(set) var names: [String: Int] = [:]

    init(_ text: String) { self.text = Array(text) }

    mutating func parse() throws(NamePattern.Invalid) -> PatternNode {
        let node = try choice()
        if position < text.count { throw NamePattern.Invalid(reason: "has a ) without a (") }
        return node
    }

    static func isWord(_ character: Character) -> Bool {
        character == "_" || (character.isASCII && (character.isLetter || character.isNumber))
    }

    private var current: Character? { position < text.count ? text[position] : nil }

    private mutating func take(_ expected: String) -> Bool {
        guard text[position...].starts(with: expected) else { return false }
        position += expected.count
        return true
    }

    private mutating func choice() throws(NamePattern.Invalid) -> PatternNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else { throw NamePattern.Invalid(reason: "is nested too deeply") }
        let outerCase = ignoresCase
        defer { ignoresCase = outerCase }
        var options = [try sequence()]
        while take("|") { options.append(try sequence()) }
        return options.count == 1 ? options[0] : .choice(options)
    }

    private mutating func sequence() throws(NamePattern.Invalid) -> PatternNode {
        var nodes: [PatternNode] = []
        while let character = current, character != "|", character != ")" { nodes.append(try repeated()) }
        return nodes.count == 1 ? nodes[0] : .sequence(nodes)
    }

    private mutating func repeated() throws(NamePattern.Invalid) -> PatternNode {
        var node = try atom()
        while let (least, most) = try quantifier() {
            node = .repetition(node, least: least, most: most, isLazy: take("?"))
        }
        return node
    }

    private mutating func quantifier() throws(NamePattern.Invalid) -> (Int, Int)? {
        if take("*") { return (0, .max) }
        if take("+") { return (1, .max) }
        if take("?") { return (0, 1) }
        guard current == "{", let close = text[position...].firstIndex(of: "}") else { return nil }
        let bounds = String(text[(position + 1)..<close]).split(separator: ",", omittingEmptySubsequences: false)
        guard let least = bounds.first.flatMap({ Int($0) }), least >= 0, bounds.count <= 2 else { return nil }
        let most = bounds.count == 1 ? least : bounds[1].isEmpty ? .max : Int(bounds[1])
        guard let most, most >= least, least <= Self.mostRepetitions, most == .max || most <= Self.mostRepetitions
        else { throw NamePattern.Invalid(reason: "repeats more than \(Self.mostRepetitions) times, or wrongly") }
        position = close + 1
        return (least, most)
    }

    private mutating func atom() throws(NamePattern.Invalid) -> PatternNode {
        guard let character = current else { return .empty }
        position += 1
        switch character {
        case "(": return try group()
        case "[": return .character(try bracket())
        case ".": return .character { $0 != "\n" }
        case "^": return .start
        case "$": return .end
        case "\\": return try escape()
        case "*", "+", "?": throw NamePattern.Invalid(reason: "has a \(character) with nothing before it")
        default: return .character(literal(character))
        }
    }

    private func literal(_ character: Character) -> @Sendable (Character) -> Bool {
        guard ignoresCase else { return { $0 == character } }
        let folded = character.lowercased()
        return { $0.lowercased() == folded }
    }

    private mutating func group() throws(NamePattern.Invalid) -> PatternNode {
        if take("?:") { return try close(try choice(), nil) }
        if take("?P<") || take("?<") {
            let name = String(text[position...].prefix { Self.isWord($0) })
            position += name.count
            guard !name.isEmpty, take(">") else { throw NamePattern.Invalid(reason: "looks behind, or names no group") }
            names[name] = groups + 1
        } else if take("?i)") {
            ignoresCase = true
            return .empty
        } else if current == "?" {
            throw NamePattern.Invalid(reason: "has a group (? of a kind that is not known here")
        }
        groups += 1
        let number = groups
        return try close(try choice(), number)
    }

    private mutating func close(_ node: PatternNode, _ number: Int?) throws(NamePattern.Invalid) -> PatternNode {
        guard take(")") else { throw NamePattern.Invalid(reason: "has a ( without a )") }
        return .group(node, number)
    }

    private mutating func escape() throws(NamePattern.Invalid) -> PatternNode {
        guard let character = current else { throw NamePattern.Invalid(reason: "ends with a backslash") }
        position += 1
        switch character {
        case "b": return .wordBoundary(true)
        case "B": return .wordBoundary(false)
        case "A": return .start
        case "z": return .end
        default: return .character(try escaped(character))
        }
    }

    private func escaped(_ character: Character) throws(NamePattern.Invalid) -> @Sendable (Character) -> Bool {
        switch character {
        case "d": return { $0.isASCII && $0.isNumber }
        case "D": return { !($0.isASCII && $0.isNumber) }
        case "w": return { Self.isWord($0) }
        case "W": return { !Self.isWord($0) }
        case "s": return { $0.isASCII && $0.isWhitespace }
        case "S": return { !($0.isASCII && $0.isWhitespace) }
        case let letter where letter.isLetter || letter.isNumber:
            throw NamePattern.Invalid(reason: "\\\(letter) is not known here")
        default: return { $0 == character }
        }
    }

    private mutating func bracket() throws(NamePattern.Invalid) -> @Sendable (Character) -> Bool {
        let isNegated = take("^")
        var parts: [@Sendable (Character) -> Bool] = []
        repeat {
            guard let first = current else { throw NamePattern.Invalid(reason: "has a [ without a ]") }
            position += 1
            if first == "\\", let next = current {
                position += 1
                parts.append(try escaped(next))
            } else if current == "-", position + 1 < text.count, text[position + 1] != "]" {
                let last = text[position + 1]
                position += 2
                guard first <= last else { throw NamePattern.Invalid(reason: "has a range that ends before it begins") }
                parts.append(range(first...last))
            } else {
                parts.append(literal(first))
            }
        } while current != "]"
        position += 1
        let all = parts
        return { character in all.contains { $0(character) } != isNegated }
    }

    private func range(_ range: ClosedRange<Character>) -> @Sendable (Character) -> Bool {
        guard ignoresCase else { return { range.contains($0) } }
        return { character in
            let forms = [character.lowercased(), character.uppercased()].compactMap(\.first)
            return forms.contains { range.contains($0) }
        }
    }
}
