/// Reads a condition by SQL's order of operators.
struct ConditionParser {
    private static let deepest = 100

    private let tokens: [SQLToken]
    private let field: String
    private var position = 0
    private var depth = 0
    private(set) var columns: Set<String> = []

    init(_ text: String, field: String) {
        tokens = SQLTokenizer.tokens(of: Array(text.utf8), rules: SQLTokenizer.Rules())
        self.field = field
    }

    mutating func parse() throws(InvalidSetting) -> Condition.Node {
        let node = try either()
        if position < tokens.count { throw refusal("\(tokens[position].text) is not expected there") }
        return node
    }

    private func refusal(_ reason: String) -> InvalidSetting {
        InvalidSetting(
            field: field,
            reason: "\(reason); use columns, numbers and texts with comparisons, IN, BETWEEN, LIKE, IS, AND, OR, NOT")
    }

    private mutating func take(_ word: String) -> Bool {
        guard position < tokens.count, tokens[position].isWord(word) || tokens[position].isSign(word) else {
            return false
        }
        position += 1
        return true
    }

    private mutating func expect(_ word: String) throws(InvalidSetting) {
        if !take(word) { throw refusal("\(word) is missing") }
    }

    private mutating func either() throws(InvalidSetting) -> Condition.Node {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else { throw refusal("it is nested too deeply") }
        var node = try both()
        while take("OR") || take("||") { node = .or(node, try both()) }
        return node
    }

    private mutating func both() throws(InvalidSetting) -> Condition.Node {
        var node = try negated()
        while take("AND") || take("&&") { node = .and(node, try negated()) }
        return node
    }

    private mutating func negated() throws(InvalidSetting) -> Condition.Node {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else { throw refusal("it is nested too deeply") }
        if take("NOT") { return .not(try negated()) }
        return try predicate()
    }

    private mutating func predicate() throws(InvalidSetting) -> Condition.Node {
        if take("(") {
            let node = try either()
            try expect(")")
            return try truth(of: node)
        }
        let left = try operand()
        if let comparison = comparison() { return .compare(left, comparison, try operand()) }
        if position < tokens.count, tokens[position].isWord("IS") { return try state(of: left) }
        let isNegated = take("NOT")
        let node: Condition.Node
        if take("IN") {
            node = .among(left, try list())
        } else if take("BETWEEN") {
            let low = try operand()
            try expect("AND")
            node = .and(.compare(left, .atLeast, low), .compare(left, .atMost, try operand()))
        } else if take("LIKE") {
            node = .like(left, try operand())
        } else if isNegated {
            throw refusal("NOT stands before nothing")
        } else {
            node = .operand(left)
        }
        return isNegated ? .not(node) : node
    }

    private mutating func state(of operand: Condition.Operand) throws(InvalidSetting) -> Condition.Node {
        let start = position
        _ = take("IS")
        let isNegated = take("NOT")
        if take("NULL") { return isNegated ? .not(.isNull(operand)) : .isNull(operand) }
        position = start
        return try truth(of: .operand(operand))
    }

    private mutating func truth(of node: Condition.Node) throws(InvalidSetting) -> Condition.Node {
        guard take("IS") else { return node }
        let isNegated = take("NOT")
        let result: Condition.Node
        if take("TRUE") {
            result = .isTruth(node, true)
        } else if take("FALSE") {
            result = .isTruth(node, false)
        } else {
            throw refusal("IS needs NULL, TRUE or FALSE")
        }
        return isNegated ? .not(result) : result
    }

    private mutating func comparison() -> Condition.Comparison? {
        if take("!=") { return .different }
        for comparison: Condition.Comparison in [.same, .atMost, .atLeast, .different, .equal, .less, .more]
        where take(comparison.rawValue) { return comparison }
        return nil
    }

    private mutating func list() throws(InvalidSetting) -> [Condition.Operand] {
        try expect("(")
        var operands = [try operand()]
        while take(",") { operands.append(try operand()) }
        try expect(")")
        return operands
    }

    private mutating func operand() throws(InvalidSetting) -> Condition.Operand {
        if take("-") {
            guard case .number(let digits) = try operand() else { throw refusal("- needs a number") }
            return .number(digits.hasPrefix("-") ? String(digits.dropFirst()) : "-\(digits)")
        }
        guard position < tokens.count else { throw refusal("something is missing at the end") }
        let token = tokens[position]
        position += 1
        switch token.kind {
        case .number: return .number(token.text)
        case .string: return .text(Array(token.text.utf8))
        case .quotedName: return try column(token.text)
        case .word: return try word(token.text)
        case .sign: throw refusal("\(token.text) is not known here")
        }
    }

    private mutating func word(_ word: String) throws(InvalidSetting) -> Condition.Operand {
        switch word.uppercased() {
        case "NULL": return .null
        case "TRUE": return .number("1")
        case "FALSE": return .number("0")
        case "DATE", "TIME", "TIMESTAMP":
            guard position < tokens.count, tokens[position].kind == .string else { return try column(word) }
            position += 1
            return .text(Array(tokens[position - 1].text.utf8))
        case "NOT", "AND", "OR", "IN", "IS", "LIKE", "BETWEEN", "CASE", "SELECT", "EXISTS", "INTERVAL", "BINARY":
            throw refusal("\(word) is not expected there")
        default: return try column(word)
        }
    }

    /// Schema and table may stand before it.
    private mutating func column(_ first: String) throws(InvalidSetting) -> Condition.Operand {
        var name = first
        while take(".") {
            guard position < tokens.count, [.word, .quotedName].contains(tokens[position].kind) else {
                throw refusal("a column is missing after \(name).")
            }
            name = tokens[position].text
            position += 1
        }
        if position < tokens.count, tokens[position].isSign("(") {
            throw refusal("the function \(name) is not known here")
        }
        columns.insert(name)
        return .column(name)
    }
}
