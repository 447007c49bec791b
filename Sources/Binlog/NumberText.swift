/// Floating point numbers in the shortest form that reads back as the same number.
enum NumberText {
    /// As servers print it in JSON: never mistaken for a whole number, with an exponent from 1e15 on and below 1e-15.
    static func json(_ value: Double) -> [UInt8] {
        guard value.isFinite, value != 0 else { return Array(String(describing: value).utf8) }
        let (digits, point) = decimal(value.magnitude)
        let sign = value < 0 ? "-" : ""
        let text: String
        if point > 15 || point < -14 {
            let fraction = digits.count > 1 ? ".\(digits.dropFirst())" : ""
            text = "\(sign)\(digits.prefix(1))\(fraction)e\(point - 1)"
        } else if point <= 0 {
            text = "\(sign)0.\(String(repeating: "0", count: -point))\(digits)"
        } else if point >= digits.count {
            text = "\(sign)\(digits)\(String(repeating: "0", count: point - digits.count)).0"
        } else {
            text = "\(sign)\(digits.prefix(point)).\(digits.dropFirst(point))"
        }
        return Array(text.utf8)
    }

    /// Shortest digits without zeros around them, and where the decimal point stands in or beside them.
    private static func decimal(_ value: Double) -> (digits: Substring, point: Int) {
        let parts = value.description.split(separator: "e")
        let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        let halves = parts[0].split(separator: ".")
        let whole = halves[0]
        let all = whole + (halves.count > 1 ? halves[1] : "")
        let leading = all.prefix { $0 == "0" }.count
        var digits = all.dropFirst(leading)
        while digits.last == "0" { digits.removeLast() }
        return (digits, whole.count + exponent - leading)
    }
}

enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encoded(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let group = bytes[index..<min(index + 3, bytes.endIndex)]
            let number = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for place in 0..<4 {
                let digit = alphabet[Int(number >> UInt32(18 - 6 * place) & 63)]
                text.append(place <= group.count ? digit : UInt8(ascii: "="))
            }
            index += 3
        }
        return text
    }
}
