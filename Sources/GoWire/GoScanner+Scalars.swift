import MartletCore

/// Words, numbers and texts. Each is entered at its first byte.
extension GoScanner {
    mutating func literal(_ word: StaticString, _ value: JSONValue) throws(GoJSONError) -> JSONValue {
        for letter in "\(word)".utf8 {
            guard peek == letter else {
                throw unexpected("in literal \(word) (expecting '\(UnicodeScalar(letter))')", inToken: true)
            }
            at += 1
        }
        return value
    }

    /// Beyond 64 bits a number is read as a double, beyond a double's range as infinity.
    mutating func number() throws(GoJSONError) -> JSONValue {
        let start = at
        take("-")
        if !take("0") { try digits("in numeric literal") }
        if take(".") { try digits("after decimal point in numeric literal") }
        if take("e") || take("E") {
            if !take("+") { take("-") }
            try digits("in exponent of numeric literal")
        }
        numberText = String(decoding: bytes[start..<at], as: UTF8.self)
        if let whole = Int64(numberText) { return .int(whole) }
        return .double(Double(numberText) ?? 0)
    }

    @discardableResult private mutating func take(_ character: UnicodeScalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        at += 1
        return true
    }

    private mutating func digits(_ context: String) throws(GoJSONError) {
        let start = at
        while let byte = peek, (0x30...0x39).contains(byte) { at += 1 }
        if at == start { throw unexpected(context, inToken: true) }
    }

    mutating func string() throws(GoJSONError) -> String {
        at += 1
        var text: [UInt8] = []
        while true {
            let start = at
            while let byte = peek, byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { at += 1 }
            text += bytes[start..<at]
            if take("\"") { return String(repairing: text) }
            guard take("\\") else { throw unexpected("in string literal") }
            try escape(into: &text)
        }
    }

    private mutating func escape(into text: inout [UInt8]) throws(GoJSONError) {
        switch peek {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(bytes[at])
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            text += String(Character(try unicodeEscape())).utf8
            return
        default: throw unexpected("in string escape code", inToken: true)
        }
        at += 1
    }

    private mutating func unicodeEscape() throws(GoJSONError) -> UnicodeScalar {
        let code = try hexDigits()
        guard (0xD800..<0xDC00).contains(code), peek == UInt8(ascii: "\\") else {
            return UnicodeScalar(code) ?? "\u{FFFD}"
        }
        let afterHigh = at
        at += 1
        if peek == UInt8(ascii: "u") {
            let low = try hexDigits()
            if (0xDC00..<0xE000).contains(low) {
                return UnicodeScalar(0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)) ?? "\u{FFFD}"
            }
        }
        // What follows stands for itself.
        at = afterHigh
        return "\u{FFFD}"
    }

    /// Entered at the `u`.
    private mutating func hexDigits() throws(GoJSONError) -> UInt32 {
        at += 1
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek, let digit = Character(UnicodeScalar(byte)).hexDigitValue else {
                throw unexpected("in \\u hexadecimal character escape", inToken: true)
            }
            code = code << 4 | UInt32(digit)
            at += 1
        }
        return code
    }
}
