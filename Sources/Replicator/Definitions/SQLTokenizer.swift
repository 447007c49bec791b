/// Cuts a statement into tokens. Comments say nothing; what stands in `/*! … */` is part of the statement.
struct SQLTokenizer {
    /// What the session of a statement changes about its syntax.
    struct Rules: Sendable, Equatable {
        /// `"` quotes names (ANSI_QUOTES).
        var quotesNames = false
        /// `\` is a sign like any other (NO_BACKSLASH_ESCAPES).
        var hasPlainBackslash = false
        /// First bytes of characters whose second byte may look like a quote or a backslash (GBK, Big5, Shift-JIS).
        var leads: [ClosedRange<UInt8>] = []
    }

    private let bytes: [UInt8]
    private let rules: Rules
    private var position = 0
    private var tokens: [SQLToken] = []

    /// An unfinished string or comment ends with the statement.
    static func tokens(of statement: [UInt8], rules: Rules) -> [SQLToken] {
        var tokenizer = SQLTokenizer(bytes: statement, rules: rules)
        tokenizer.run()
        return tokenizer.tokens
    }

    private init(bytes: [UInt8], rules: Rules) {
        self.bytes = bytes
        self.rules = rules
    }

    private func at(_ offset: Int) -> UInt8 {
        position + offset < bytes.count ? bytes[position + offset] : 0
    }

    private func follows(_ text: StaticString) -> Bool {
        text.withUTF8Buffer { text in
            position + text.count <= bytes.count && text.indices.allSatisfy { bytes[position + $0] == text[$0] }
        }
    }

    private mutating func run() {
        while position < bytes.count {
            let byte = bytes[position]
            if byte <= 32 {
                position += 1
            } else if skipComment() {
                continue
            } else if byte == UInt8(ascii: "`") || byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
                quoted(byte)
            } else if Self.isWord(byte) {
                word()
            } else {
                sign()
            }
        }
    }

    /// The marks around a versioned comment are passed over, its content stays.
    private mutating func skipComment() -> Bool {
        if follows("/*!") || follows("/*M!") {
            position += follows("/*!") ? 3 : 4
            while (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(at(0)) { position += 1 }
            return true
        }
        if follows("*/") {
            position += 2
            return true
        }
        if follows("/*") {
            position += 2
            while position < bytes.count, !follows("*/") { position += 1 }
            position = min(position + 2, bytes.count)
            return true
        }
        guard at(0) == UInt8(ascii: "#") || (follows("--") && (at(2) <= 32)) else { return false }
        while position < bytes.count, bytes[position] != 10 { position += 1 }
        return true
    }

    private mutating func quoted(_ quote: UInt8) {
        let start = position
        let isName = quote == UInt8(ascii: "`") || (quote == UInt8(ascii: "\"") && rules.quotesNames)
        var content: [UInt8] = []
        position += 1
        while position < bytes.count {
            let byte = bytes[position]
            if isLead(byte), position + 1 < bytes.count {
                content += [byte, at(1)]
                position += 2
            } else if byte == quote {
                position += 1
                guard at(0) == quote, position < bytes.count else { break }
                content.append(quote)
                position += 1
            } else if byte == UInt8(ascii: "\\"), !isName, !rules.hasPlainBackslash, position + 1 < bytes.count {
                content += Self.unescaped(at(1))
                position += 2
            } else {
                content.append(byte)
                position += 1
            }
        }
        append(isName ? .quotedName : .string, start, content)
    }

    private func isLead(_ byte: UInt8) -> Bool { rules.leads.contains { $0.contains(byte) } }

    /// `\%` and `\_` keep their backslash: they are LIKE's.
    private static func unescaped(_ byte: UInt8) -> [UInt8] {
        switch byte {
        case UInt8(ascii: "0"): [0]
        case UInt8(ascii: "n"): [10]
        case UInt8(ascii: "r"): [13]
        case UInt8(ascii: "t"): [9]
        case UInt8(ascii: "b"): [8]
        case UInt8(ascii: "Z"): [26]
        case UInt8(ascii: "%"), UInt8(ascii: "_"): [UInt8(ascii: "\\"), byte]
        default: [byte]
        }
    }

    static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
            UInt8(ascii: "$"), UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...0xff:
            true
        default: false
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    /// Digits with a point or an exponent are a number; after a point that follows a name they are a name.
    private mutating func word() {
        let start = position
        let isAfterPoint = tokens.last.map { $0.isSign(".") } == true
        while position < bytes.count, Self.isWord(at(0)) {
            position += isLead(at(0)) && position + 1 < bytes.count ? 2 : 1
        }
        guard Self.isDigit(bytes[start]), !isAfterPoint else { return append(.word, start) }
        if bytes[start..<position].allSatisfy(Self.isDigit), at(0) == UInt8(ascii: "."), Self.isDigit(at(1)) {
            position += 1
            while Self.isDigit(at(0)) { position += 1 }
            if at(0) | 0x20 == UInt8(ascii: "e") { position += 1 }
        }
        let last = bytes[position - 1] | 0x20
        if last == UInt8(ascii: "e"), at(0) == UInt8(ascii: "-") || at(0) == UInt8(ascii: "+"), Self.isDigit(at(1)) {
            position += 1
        }
        while Self.isDigit(at(0)) { position += 1 }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        append(Double(text) == nil || text.hasPrefix("0x") ? .word : .number, start)
    }

    private mutating func sign() {
        let start = position
        if follows("<=>") {
            position += 3
        } else if follows("<=") || follows(">=") || follows("<>") || follows("!=") || follows("||") || follows("&&") {
            position += 2
        } else {
            position += 1
        }
        append(.sign, start)
    }

    private mutating func append(_ kind: SQLToken.Kind, _ start: Int, _ content: [UInt8]? = nil) {
        let content = content ?? Array(bytes[start..<position])
        var token = SQLToken(kind: kind, range: start..<position, text: String(decoding: content, as: UTF8.self))
        if token.isName, content.contains(where: { $0 >= 0x80 }) { token.foreign = content }
        tokens.append(token)
    }
}
