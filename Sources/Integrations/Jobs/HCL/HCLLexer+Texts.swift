import MartletCore

/// Strings and heredocs.
extension HCLLexer {
    /// Entered at the quote. What stands in `${…}` is taken as it is, quotes included.
    mutating func string() throws(HCLError) -> String {
        let start = place
        advance()
        var text: [UInt8] = []
        var braces = 0
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "\"") where braces == 0:
                advance()
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\n") where braces == 0: throw error("literal not terminated", at: start)
            case UInt8(ascii: "\\") where braces == 0: try escape(into: &text)
            case UInt8(ascii: "$") where braces == 0 && peek(1) == UInt8(ascii: "{"):
                braces = 1
                take(2, into: &text)
            default:
                if braces > 0, byte == UInt8(ascii: "{") { braces += 1 }
                if braces > 0, byte == UInt8(ascii: "}") { braces -= 1 }
                take(1, into: &text)
            }
        }
        throw error("literal not terminated", at: start)
    }

    private mutating func take(_ count: Int, into text: inout [UInt8]) {
        for _ in 0..<count {
            text.append(bytes[at])
            advance()
        }
    }

    private static let escapes: [UInt8: UInt8] = [
        UInt8(ascii: "a"): 0x07, UInt8(ascii: "b"): 0x08, UInt8(ascii: "f"): 0x0C, UInt8(ascii: "n"): 0x0A,
        UInt8(ascii: "r"): 0x0D, UInt8(ascii: "t"): 0x09, UInt8(ascii: "v"): 0x0B, UInt8(ascii: "\\"): 0x5C,
        UInt8(ascii: "\""): 0x22,
    ]

    private mutating func escape(into text: inout [UInt8]) throws(HCLError) {
        let start = place
        advance()
        guard let byte = peek else { throw error("literal not terminated", at: start) }
        if let plain = Self.escapes[byte] {
            advance()
            text.append(plain)
            return
        }
        switch byte {
        case UInt8(ascii: "x"): text += try code(digits: 2, radix: 16, skipping: 1, from: start)
        case UInt8(ascii: "u"): text += try code(digits: 4, radix: 16, skipping: 1, from: start)
        case UInt8(ascii: "U"): text += try code(digits: 8, radix: 16, skipping: 1, from: start)
        case UInt8(ascii: "0")...UInt8(ascii: "7"): text += try code(digits: 3, radix: 8, skipping: 0, from: start)
        default: throw error("illegal char escape", at: start)
        }
    }

    private mutating func code(
        digits: Int, radix: Int, skipping: Int, from start: HCLPlace
    ) throws(HCLError) -> [UInt8] {
        for _ in 0..<skipping { advance() }
        let first = at
        while at - first < digits, peek != nil, peek != UInt8(ascii: "\"") { advance() }
        let text = String(decoding: bytes[first..<at], as: UTF8.self)
        guard text.utf8.count == digits, text.allSatisfy(\.isHexDigit), let number = UInt32(text, radix: radix),
            let scalar = UnicodeScalar(number)
        else { throw error("illegal char escape", at: start) }
        return Array(String(Character(scalar)).utf8)
    }

    /// Entered at `<<`. The text ends with a newline; of `<<-` the blanks that all lines begin with are cut.
    mutating func heredoc() throws(HCLError) -> String {
        let start = place
        advance()
        advance()
        let isIndented = peek == UInt8(ascii: "-")
        if isIndented { advance() }
        let anchor = trimmed(line())
        guard !anchor.isEmpty else { throw error("zero-length heredoc anchor", at: start) }
        guard anchor.utf8.allSatisfy({ Self.isLetter($0) || Self.isDigit($0) }) else {
            throw error("heredoc anchor \(anchor) has a character other than letters, digits and _", at: start)
        }
        guard peek != nil else { throw error("heredoc not terminated", at: start) }
        advance()
        var lines: [String] = []
        while peek != nil {
            let text = line()
            // The line's end stays: it also ends the item that the heredoc is the value of.
            if trimmed(text) == anchor { return join(isIndented ? unindented(lines) : lines) }
            lines.append(text)
            if peek != nil { advance() }
        }
        throw error("heredoc not terminated", at: start)
    }

    private func join(_ lines: [String]) -> String { lines.map { $0 + "\n" }.joined() }

    /// The rest of the line, without its end.
    private mutating func line() -> String {
        let first = at
        while let byte = peek, byte != UInt8(ascii: "\n") { advance() }
        return String(decoding: bytes[first..<at], as: UTF8.self)
    }

    private func trimmed(_ text: String) -> String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" }
        guard let first = text.firstIndex(where: { !isBlank($0) }), let last = text.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return String(text[first...last])
    }

    private func unindented(_ lines: [String]) -> [String] {
        let indents = lines.filter { !trimmed($0).isEmpty }.map { Array($0.utf8.prefix { $0 == 0x20 || $0 == 0x09 }) }
        guard var common = indents.first else { return lines }
        for indent in indents { common = zip(common, indent).prefix { $0 == $1 }.map(\.0) }
        return lines.map { String(decoding: $0.utf8.dropFirst(common.count), as: UTF8.self) }
    }
}
