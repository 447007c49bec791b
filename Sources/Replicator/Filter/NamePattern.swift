/// A pattern would take more steps on a name than we spend.
package struct PatternTooSlow: Error, Sendable, CustomStringConvertible {
    package let pattern: String
    package let name: String
    package var description: String { "the pattern \(pattern) takes too many steps on the name \(name): simplify it" }
}

/// A regular expression in RE2's syntax, matched anywhere in a name, the leftmost first, with a limit of steps.
struct NamePattern: Sendable {
    struct Invalid: Error {
        let reason: String
    }

    /// What the groups of a match caught; number 0 is all of it.
    struct Groups: Sendable {
        let texts: [String]
        let names: [String: Int]

        subscript(name: Substring) -> String {
            guard let index = Int(name) ?? names[String(name)], texts.indices.contains(index) else { return "" }
            return texts[index]
        }
    }

    private static let stepLimit = 100_000

    private let text: String
    private let root: PatternNode
    private let groups: Int
    private let names: [String: Int]

    init(_ text: String) throws(Invalid) {
        var parser = PatternParser(text)
        root = try parser.parse()
        self.text = text
        groups = parser.groups
        names = parser.names
    }

    /// nil: it fits nowhere.
    func firstMatch(in name: String) throws(PatternTooSlow) -> Groups? {
        let characters = Array(name)
        var matcher = PatternMatcher(characters, groups: groups, steps: Self.stepLimit)
        for start in 0...characters.count {
            var end = 0
            let isFound = matcher.match(root, at: start) { state, position in
                end = position
                return state.steps > 0
            }
            if matcher.steps <= 0 { throw PatternTooSlow(pattern: text, name: name) }
            guard isFound else { continue }
            let ranges = [start..<end] + matcher.groups.map { $0 ?? 0..<0 }
            return Groups(texts: ranges.map { String(characters[$0]) }, names: names)
        }
        return nil
    }
}

/// What a pattern consists of.
indirect enum PatternNode: Sendable {
    case empty
    case character(@Sendable (Character) -> Bool)
    case sequence([PatternNode])
    case choice([PatternNode])
    case group(PatternNode, Int?)
    case repetition(PatternNode, least: Int, most: Int, isLazy: Bool)
    case start
    case end
    case wordBoundary(Bool)
}

/// Tries, and goes back; each try is a step.
struct PatternMatcher {
    private let text: [Character]
    var groups: [Range<Int>?]
    var steps: Int

    init(_ text: [Character], groups: Int, steps: Int) {
        self.text = text
        self.groups = Array(repeating: nil, count: groups)
        self.steps = steps
    }

    typealias Next = (inout PatternMatcher, Int) -> Bool

    mutating func match(_ node: PatternNode, at position: Int, _ next: Next) -> Bool {
        steps -= 1
        guard steps > 0 else { return false }
        switch node {
        case .empty: return next(&self, position)
        case .character(let fits):
            return position < text.count && fits(text[position]) && next(&self, position + 1)
        case .sequence(let nodes): return match(nodes[...], at: position, next)
        case .choice(let nodes):
            for node in nodes where match(node, at: position, next) { return true }
            return false
        case .group(let node, let number): return match(node, number, at: position, next)
        case .repetition(let node, let least, let most, let isLazy):
            return repeating(node, least, most, isLazy, at: position, next)
        case .start: return position == 0 && next(&self, position)
        case .end: return position == text.count && next(&self, position)
        case .wordBoundary(let isOne): return isBoundary(position) == isOne && next(&self, position)
        }
    }

    private mutating func match(_ nodes: ArraySlice<PatternNode>, at position: Int, _ next: Next) -> Bool {
        guard let first = nodes.first else { return next(&self, position) }
        return match(first, at: position) { $0.match(nodes.dropFirst(), at: $1, next) }
    }

    private mutating func match(_ node: PatternNode, _ number: Int?, at position: Int, _ next: Next) -> Bool {
        guard let number else { return match(node, at: position, next) }
        let before = groups[number - 1]
        let isMatch = match(node, at: position) { state, end in
            let inner = state.groups[number - 1]
            state.groups[number - 1] = position..<end
            if next(&state, end) { return true }
            state.groups[number - 1] = inner
            return false
        }
        if !isMatch { groups[number - 1] = before }
        return isMatch
    }

    /// A repetition of nothing ends the loop.
    private mutating func repeating(
        _ node: PatternNode, _ least: Int, _ most: Int, _ isLazy: Bool, at position: Int, _ next: Next
    ) -> Bool {
        if isLazy, least <= 0, next(&self, position) { return true }
        if most > 0 {
            let isMatch = match(node, at: position) { state, end in
                guard end > position || least > 0 else { return false }
                return state.repeating(node, least - 1, most == .max ? most : most - 1, isLazy, at: end, next)
            }
            if isMatch { return true }
        }
        return !isLazy && least <= 0 && next(&self, position)
    }

    private func isBoundary(_ position: Int) -> Bool {
        let isBefore = position > 0 && PatternParser.isWord(text[position - 1])
        let isAfter = position < text.count && PatternParser.isWord(text[position])
        return isBefore != isAfter
    }
}
