/// The spelling of names in paths. Works on bytes: only ASCII letters and digits have a class, every other byte passes
/// through. Names that differ only in spelling may get the same path.
enum KebabCase {
    static func path(_ text: String) -> String {
        let bytes = Array(trimmed(text).utf8)
        var path: [UInt8] = []
        path.reserveCapacity(bytes.count + 8)
        for (index, byte) in bytes.enumerated() {
            let next = index + 1 < bytes.count ? Class(bytes[index + 1]) : nil
            switch (Class(byte), next) {
            case (.upper, .lower):
                // An acronym ends before its last capital: that one begins the next word.
                if index > 0, Class(bytes[index - 1]) == .upper { path.append(dash) }
                path.append(lowered(byte))
            case (.lower, .upper), (.lower, .digit), (.digit, .upper), (.digit, .lower), (.upper, .digit):
                path += [lowered(byte), dash]
            default: path.append(separators.contains(byte) ? dash : lowered(byte))
            }
        }
        return String(decoding: path, as: UTF8.self)
    }

    private static let dash = UInt8(ascii: "-")
    private static let separators = Array(" _-.".utf8)

    private static func lowered(_ byte: UInt8) -> UInt8 { Class(byte) == .upper ? byte | 0x20 : byte }

    private static func trimmed(_ text: String) -> String {
        var scalars = text.unicodeScalars[...]
        while let first = scalars.first, first.properties.isWhitespace { scalars.removeFirst() }
        while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
        return String(scalars)
    }

    private enum Class {
        case upper, lower, digit

        init?(_ byte: UInt8) {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): self = .upper
            case UInt8(ascii: "a")...UInt8(ascii: "z"): self = .lower
            case UInt8(ascii: "0")...UInt8(ascii: "9"): self = .digit
            default: return nil
            }
        }
    }
}
