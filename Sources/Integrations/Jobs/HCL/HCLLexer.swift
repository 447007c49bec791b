import MartletCore

/// Takes an HCL text apart, in one pass over its bytes.
struct HCLLexer {
    let bytes: [UInt8]
    var at = 0
    var place = HCLPlace()

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { at = 3 }
    }

    var peek: UInt8? { at < bytes.count ? bytes[at] : nil }

    func peek(_ ahead: Int) -> UInt8? { at + ahead < bytes.count ? bytes[at + ahead] : nil }

    mutating func advance() {
        let byte = bytes[at]
        at += 1
        if byte == UInt8(ascii: "\n") {
            place = HCLPlace(line: place.line + 1, column: 1)
        } else if byte & 0xC0 != 0x80 {
            place.column += 1
        }
    }

    func error(_ message: String, at place: HCLPlace? = nil) -> HCLError {
        HCLError(at: place ?? self.place, message: message)
    }

    mutating func next() throws(HCLError) -> HCLToken {
        try skipSpaceAndComments()
        let start = place
        guard let byte = peek else {
            // Each look behind the end is one column further, as the original counts.
            defer { place.column += 1 }
            return HCLToken(kind: .eof, place: start)
        }
        if let kind = Self.signs[byte] {
            advance()
            return HCLToken(kind: kind, place: start)
        }
        switch byte {
        case UInt8(ascii: "\""): return HCLToken(kind: .string, value: .string(try string()), place: start)
        case UInt8(ascii: "<") where peek(1) == byte:
            return HCLToken(kind: .heredoc, value: .string(try heredoc()), place: start)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number(from: start)
        case _ where Self.isLetter(byte): return identifier(from: start)
        default: throw error("illegal character")
        }
    }

    private static let signs: [UInt8: HCLToken.Kind] = [
        UInt8(ascii: "["): .leftBracket, UInt8(ascii: "]"): .rightBracket, UInt8(ascii: "{"): .leftBrace,
        UInt8(ascii: "}"): .rightBrace, UInt8(ascii: ","): .comma, UInt8(ascii: "="): .assign,
    ]

    private mutating func skipSpaceAndComments() throws(HCLError) {
        while let byte = peek {
            switch byte {
            case 0x20, 0x09, 0x0A, 0x0D: advance()
            case UInt8(ascii: "#"): skipLine()
            case UInt8(ascii: "/") where peek(1) == byte: skipLine()
            case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "*"): try skipBlockComment()
            case UInt8(ascii: "/"): throw error("expected '/' for comment")
            default: return
            }
        }
    }

    private mutating func skipLine() {
        while let byte = peek, byte != UInt8(ascii: "\n") { advance() }
    }

    private mutating func skipBlockComment() throws(HCLError) {
        let start = place
        advance()
        advance()
        while peek != nil {
            if peek == UInt8(ascii: "*"), peek(1) == UInt8(ascii: "/") {
                advance()
                advance()
                return
            }
            advance()
        }
        throw error("comment not terminated", at: start)
    }

    static func isLetter(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || byte >= 0x80
            || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z"))
    }

    static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    private mutating func identifier(from start: HCLPlace) -> HCLToken {
        let first = at
        while let byte = peek,
            Self.isLetter(byte) || Self.isDigit(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
        {
            advance()
        }
        let name = String(decoding: bytes[first..<at], as: UTF8.self)
        switch name {
        case "true", "false": return HCLToken(kind: .bool, value: .bool(name == "true"), place: start)
        default: return HCLToken(kind: .identifier, value: .string(name), place: start)
        }
    }

    /// `0x1f` and `017` have other bases, as in Go.
    private mutating func number(from start: HCLPlace) throws(HCLError) -> HCLToken {
        let first = at
        if peek == UInt8(ascii: "-") { advance() }
        guard let digit = peek, Self.isDigit(digit) else { throw error("illegal character", at: start) }
        var isFloat = false
        var before = digit
        while let byte = peek, Self.isNumberPart(byte, after: before) {
            isFloat = isFloat || byte == UInt8(ascii: ".") || (byte | 0x20 == UInt8(ascii: "e") && !isHex(from: first))
            before = byte
            advance()
        }
        let text = String(decoding: bytes[first..<at], as: UTF8.self)
        if isFloat {
            guard let number = Double(text), number.isFinite else { throw error("illegal number \(text)", at: start) }
            return HCLToken(kind: .float, value: .double(number), place: start)
        }
        guard let number = GoInteger.parse(text) else { throw error("illegal number \(text)", at: start) }
        return HCLToken(kind: .number, value: .int(number), place: start)
    }

    private func isHex(from first: Int) -> Bool {
        let digits = bytes[first..<at].drop { $0 == UInt8(ascii: "-") }
        return digits.starts(with: "0x".utf8) || digits.starts(with: "0X".utf8)
    }

    private static func isNumberPart(_ byte: UInt8, after before: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "+"), UInt8(ascii: "-"): before | 0x20 == UInt8(ascii: "e")
        case UInt8(ascii: "."): true
        default: isDigit(byte) || isLetter(byte)
        }
    }
}

extension GoInteger {
    /// A whole number as Go reads one whose base its own text names: `0x1f`, `017`, `12`.
    static func parse(_ text: String) -> Int64? {
        let isNegative = text.hasPrefix("-")
        let digits = isNegative || text.hasPrefix("+") ? text.dropFirst() : text[...]
        guard digits.first?.isNumber == true else { return nil }
        let sign = isNegative ? "-" : ""
        if digits.hasPrefix("0x") || digits.hasPrefix("0X") { return Int64(sign + digits.dropFirst(2), radix: 16) }
        if digits.hasPrefix("0"), digits.count > 1 { return Int64(sign + digits.dropFirst(), radix: 8) }
        return Int64(sign + digits)
    }
}
