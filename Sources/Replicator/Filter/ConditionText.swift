/// Numbers, dates and times as text that can be compared.
enum ConditionText {
    /// `YYYY-MM-DD hh:mm:ss.ffffff`; nil for other text. A date alone is its midnight.
    static func moment(_ text: [UInt8]) -> [UInt8]? {
        guard text.count >= 10 else { return nil }
        let form = Array("0000-00-00 00:00:00.000000".utf8)
        guard text.count <= form.count, [10, 16, 19].contains(text.count) || text.count > 20 else { return nil }
        for (index, byte) in text.enumerated() {
            let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            let isRight =
                form[index] == UInt8(ascii: "0")
                ? isDigit : byte == form[index] || (index == 10 && byte == UInt8(ascii: "T"))
            guard isRight else { return nil }
        }
        var moment = text + form[text.count...]
        moment[10] = UInt8(ascii: " ")
        return moment
    }

    /// Microseconds of `[-]h:mm[:ss[.ffffff]]`; nil for other text.
    static func duration(_ text: [UInt8]) -> Int64? {
        let isNegative = text.first == UInt8(ascii: "-")
        let parts = String(decoding: isNegative ? text.dropFirst() : text[...], as: UTF8.self)
            .split(separator: ":", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), let hours = Int64(parts[0]), let minutes = Int64(parts[1]), hours <= 838,
            minutes < 60
        else { return nil }
        var microseconds = (hours * 60 + minutes) * 60_000_000
        if parts.count == 3 {
            let seconds = parts[2].split(separator: ".", omittingEmptySubsequences: false)
            guard let whole = Int64(seconds[0]), whole < 60, seconds.count <= 2 else { return nil }
            microseconds += whole * 1_000_000
            if seconds.count == 2 {
                let digits = String(seconds[1].prefix(6))
                guard let fraction = Int64(digits + String(repeating: "0", count: 6 - digits.count)) else { return nil }
                microseconds += fraction
            }
        }
        return isNegative ? -microseconds : microseconds
    }

    /// The number at the start of a text, as SQL reads it; 0 where there is none.
    static func real(_ text: [UInt8]) -> Double {
        let text = String(decoding: text, as: UTF8.self).trimmed
        var end = text.endIndex
        while end > text.startIndex {
            if let number = Double(text[..<end]), text[..<end].allSatisfy({ "0123456789+-.eE".contains($0) }) {
                return number
            }
            end = text.index(before: end)
        }
        return 0
    }

    /// Compares whole and decimal numbers digit by digit; nil where one is of another form.
    static func compare(_ left: String, _ right: String) -> Int? {
        guard let left = Digits(left), let right = Digits(right) else { return nil }
        if left.isNegative != right.isNegative { return left.isNegative ? -1 : 1 }
        let order = left.compareSize(right)
        return left.isNegative ? -order : order
    }

    private struct Digits {
        let isNegative: Bool
        let whole: Substring
        let fraction: String

        init?(_ text: String) {
            var rest = text[...]
            var isNegative = false
            if let sign = rest.first, sign == "-" || sign == "+" {
                isNegative = sign == "-"
                rest.removeFirst()
            }
            let parts = rest.split(separator: ".", omittingEmptySubsequences: false)
            guard !rest.isEmpty, parts.count <= 2, rest.allSatisfy({ $0 == "." || ($0.isASCII && $0.isNumber) }) else {
                return nil
            }
            whole = parts[0].drop { $0 == "0" }
            var fraction = parts.count == 2 ? String(parts[1]) : ""
            while fraction.last == "0" { fraction.removeLast() }
            self.fraction = fraction
            self.isNegative = isNegative && !(whole.isEmpty && fraction.isEmpty)
        }

        func compareSize(_ other: Digits) -> Int {
            if whole.count != other.whole.count { return whole.count < other.whole.count ? -1 : 1 }
            if whole != other.whole { return whole < other.whole ? -1 : 1 }
            return fraction == other.fraction ? 0 : fraction < other.fraction ? -1 : 1
        }
    }
}

extension String {
    fileprivate var trimmed: Substring { drop { $0.isWhitespace } }
}
