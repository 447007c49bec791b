/// Cuts a value of a unit file into words, with quotes and C escapes; format: systemd.syntax(7), "Quoting".
enum UnitWords {
    /// A word `;` without quotes begins another command of the same line: that is refused.
    static func split(_ text: String) throws(CronProblem) -> [String] {
        var words: [String] = []
        var word: [UInt8] = []
        // A word has begun; it may still be empty, as in ''.
        var isWord = false
        var isPlain = true
        var quote: UInt8?
        var bytes = Array(text.utf8)[...]
        bytes.append(UInt8(ascii: " "))
        while let byte = bytes.popFirst() {
            let isBlank = byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
            if isBlank, quote == nil {
                guard isWord else { continue }
                guard !isPlain || word != [UInt8(ascii: ";")] else {
                    throw CronProblem("several commands in one line are not taken over")
                }
                words.append(String(repairing: word))
                word.removeAll()
                (isWord, isPlain) = (false, true)
                continue
            }
            isWord = true
            if byte == UInt8(ascii: "\\") {
                isPlain = false
                word += try escape(&bytes)
            } else if byte == quote {
                quote = nil
            } else if quote == nil, byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                (quote, isPlain) = (byte, false)
            } else {
                word.append(byte)
            }
        }
        guard quote == nil else { throw CronProblem("a quotation mark is not closed") }
        return words
    }

    private static let simple: [UInt8: UInt8] = [
        UInt8(ascii: "a"): 7, UInt8(ascii: "b"): 8, UInt8(ascii: "f"): 12, UInt8(ascii: "n"): 10, UInt8(ascii: "r"): 13,
        UInt8(ascii: "t"): 9, UInt8(ascii: "v"): 11, UInt8(ascii: "s"): 0x20, UInt8(ascii: "\\"): 0x5C,
        UInt8(ascii: "\""): 0x22, UInt8(ascii: "'"): 0x27, UInt8(ascii: ";"): 0x3B,
    ]

    /// What follows a backslash.
    private static func escape(_ bytes: inout ArraySlice<UInt8>) throws(CronProblem) -> [UInt8] {
        guard let next = bytes.popFirst() else { throw CronProblem("a backslash stands at the end") }
        if let plain = simple[next] { return [plain] }
        switch next {
        case UInt8(ascii: "x"): return [UInt8(truncatingIfNeeded: try code(&bytes, digits: 2, radix: 16))]
        case UInt8(ascii: "u"): return try scalar(&bytes, digits: 4)
        case UInt8(ascii: "U"): return try scalar(&bytes, digits: 8)
        case UInt8(ascii: "0")...UInt8(ascii: "3"):
            return [UInt8(truncatingIfNeeded: try code(&bytes, digits: 2, radix: 8, first: next))]
        default: throw CronProblem("\\\(UnicodeScalar(next)) is not an escape of systemd")
        }
    }

    private static func code(
        _ bytes: inout ArraySlice<UInt8>, digits: Int, radix: Int, first: UInt8? = nil
    ) throws(CronProblem) -> UInt32 {
        let text = String(repairing: (first.map { [$0] } ?? []) + bytes.prefix(digits))
        guard bytes.count >= digits, let first = text.first, first.isHexDigit, let code = UInt32(text, radix: radix),
            code != 0
        else {
            throw CronProblem("an escape needs \(digits) digits that are not all zero")
        }
        bytes = bytes.dropFirst(digits)
        return code
    }

    private static func scalar(_ bytes: inout ArraySlice<UInt8>, digits: Int) throws(CronProblem) -> [UInt8] {
        guard let scalar = UnicodeScalar(try code(&bytes, digits: digits, radix: 16)) else {
            throw CronProblem("an escape names no character")
        }
        return Array(String(Character(scalar)).utf8)
    }
}
