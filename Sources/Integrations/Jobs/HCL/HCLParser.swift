import MartletCore

/// Reads HCL 1 as job files use it: items, blocks with labels, lists, objects, heredocs, comments.
///
/// What goes into it is bounded, so that no text takes much time or much of the stack.
struct HCLParser {
    static let mostBytes = 65_536
    static let deepest = 32
    private static let mostKeys = 4

    private var lexer: HCLLexer
    private var held: HCLToken?
    private var depth = 0

    static func body(_ text: String) throws(HCLError) -> HCLBody {
        let bytes = Array(text.utf8)
        guard bytes.count <= mostBytes else {
            throw HCLError(at: HCLPlace(), message: "the text is longer than \(mostBytes) bytes")
        }
        var parser = HCLParser(lexer: HCLLexer(bytes))
        return try parser.items(isObject: false)
    }

    private init(lexer: HCLLexer) { self.lexer = lexer }

    private mutating func next() throws(HCLError) -> HCLToken {
        if let token = held {
            held = nil
            return token
        }
        return try lexer.next()
    }

    private mutating func enter(_ place: HCLPlace) throws(HCLError) {
        depth += 1
        if depth > Self.deepest { throw HCLError(at: place, message: "nested deeper than \(Self.deepest) levels") }
    }

    /// Up to the closing brace, which is taken, or to the end of the text.
    private mutating func items(isObject: Bool) throws(HCLError) -> HCLBody {
        var body = HCLBody()
        while true {
            let token = try next()
            switch token.kind {
            case .rightBrace where isObject: return body
            case .eof where isObject: throw closing(try next())
            case .eof: return body
            default: body.items.append(try item(from: token))
            }
            let following = try next()
            // Items of an object may be parted by commas.
            if following.kind != .comma || !isObject { held = following }
        }
    }

    private func closing(_ token: HCLToken) -> HCLError {
        HCLError(at: token.place, message: "object expected closing RBRACE got: \(token.kind.rawValue)")
    }

    private mutating func item(from first: HCLToken) throws(HCLError) -> HCLItem {
        var keys: [String] = []
        var token = first
        while token.kind == .identifier || token.kind == .string {
            keys.append(token.text)
            guard keys.count <= Self.mostKeys else {
                throw HCLError(at: token.place, message: "more than \(Self.mostKeys - 1) labels")
            }
            token = try next()
        }
        guard !keys.isEmpty else {
            let expected = token.kind == .leftBrace ? "IDENT | STRING" : "IDENT | STRING | ASSIGN | LBRACE"
            let message =
                token.kind == .assign
                ? "expected to find at least one object key" : "expected: \(expected) got: \(token.kind.rawValue)"
            throw HCLError(at: token.place, message: message)
        }
        switch token.kind {
        case .assign where keys.count > 1:
            throw HCLError(at: token.place, message: "nested object expected: LBRACE got: ASSIGN")
        case .assign: return HCLItem(keys: keys, value: try value(), place: first.place)
        case .leftBrace: return HCLItem(keys: keys, value: try object(token), place: first.place)
        case .eof, .rightBrace:
            throw HCLError(
                at: token.place,
                message:
                    "key '\(keys.joined(separator: " "))' expected start of object ('{') or assignment ('=')")
        default:
            throw HCLError(
                at: token.place, message: "expected: IDENT | STRING | ASSIGN | LBRACE got: \(token.kind.rawValue)")
        }
    }

    private mutating func value() throws(HCLError) -> HCLValue {
        let token = try next()
        switch token.kind {
        case .number, .float, .bool, .string, .heredoc: return .scalar(token.value)
        case .leftBracket: return try list(token)
        case .leftBrace: return try object(token)
        default: throw HCLError(at: token.place, message: "Unknown token: \(token.kind.rawValue) \(token.text)")
        }
    }

    private mutating func object(_ brace: HCLToken) throws(HCLError) -> HCLValue {
        try enter(brace.place)
        let body = try items(isObject: true)
        depth -= 1
        return .object(body)
    }

    private mutating func list(_ bracket: HCLToken) throws(HCLError) -> HCLValue {
        try enter(bracket.place)
        var elements: [HCLValue] = []
        while true {
            var token = try next()
            if token.kind != .rightBracket {
                held = token
                elements.append(try element(token))
                token = try next()
            }
            switch token.kind {
            case .comma: continue
            case .rightBracket:
                depth -= 1
                return .list(elements)
            default:
                throw HCLError(
                    at: token.place,
                    message: "error parsing list, expected comma or list end, got: \(token.kind.rawValue)")
            }
        }
    }

    private mutating func element(_ token: HCLToken) throws(HCLError) -> HCLValue {
        switch token.kind {
        case .number, .float, .bool, .string, .heredoc, .leftBracket, .leftBrace: return try value()
        default:
            throw HCLError(
                at: token.place, message: "unexpected token while parsing list: \(token.kind.rawValue)")
        }
    }
}
