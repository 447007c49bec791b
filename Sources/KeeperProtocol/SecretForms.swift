/// The ways in which a secret shows up in output without anybody's ill will.
enum SecretForms {
    /// A shorter pattern would mask ordinary text.
    static let shortest = 5

    /// Raw, base64, URL- and JSON-escaped forms of the value and of each of its lines.
    static func all(of secret: [UInt8]) -> Set<[UInt8]> {
        let newlines: Set<UInt8> = [10, 13]
        let lines = secret.split { newlines.contains($0) }.map(Array.init)
        var forms: Set<[UInt8]> = []
        for value in lines.count > 1 || lines.first != secret ? [secret] + lines : [secret]
        where value.count >= shortest {
            forms.insert(value)
            forms.formUnion(base64(value))
            forms.formUnion(url(value))
            forms.formUnion(json(value))
        }
        return forms.filter { $0.count >= shortest }
    }

    // MARK: Base64

    private static let standard = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let urlSafe = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// Each alignment without the characters that also depend on neighbouring bytes; and as the end of what is
    /// encoded, with or without a newline, up to the padding.
    static func base64(_ value: [UInt8]) -> Set<[UInt8]> {
        var forms: Set<[UInt8]> = []
        for alignment in 0..<3 {
            let before = [UInt8](repeating: 0, count: alignment) + value
            let first = (8 * alignment + 5) / 6
            for alphabet in [standard, urlSafe] {
                forms.insert((first..<max(first, 8 * before.count / 6)).map { alphabet[sextet(before, $0)] })
                for whole in [before, before + [10]] {
                    let end = (8 * whole.count + 5) / 6
                    let text = (first..<end).map { alphabet[sextet(whole, $0)] }
                    forms.insert(text)
                    forms.insert(text + [UInt8](repeating: UInt8(ascii: "="), count: (4 - end % 4) % 4))
                }
            }
        }
        return forms
    }

    private static func sextet(_ bytes: [UInt8], _ index: Int) -> Int {
        let bit = index * 6
        let high = UInt16(bytes[bit / 8]) << 8
        let low = bit / 8 + 1 < bytes.count ? UInt16(bytes[bit / 8 + 1]) : 0
        return Int((high | low) >> UInt16(10 - bit % 8) & 63)
    }

    // MARK: Escapes

    /// What escapers leave alone beside letters and digits: RFC 3986, with `/`, a browser's component, its URI.
    private static let unescaped = ["-._~", "-._~/", "-_.!~*'()", "-_.!~*'();/?:@&=+$,#", "-._*"]

    static func url(_ value: [UInt8]) -> Set<[UInt8]> {
        var forms: Set<[UInt8]> = []
        for kept in unescaped.map({ Set($0.utf8) }) {
            for digits in [Array("0123456789ABCDEF".utf8), Array("0123456789abcdef".utf8)] {
                for plus in [false, true] {
                    forms.insert(escape(value, keeping: kept, digits: digits, spaceAsPlus: plus))
                }
            }
        }
        return forms
    }

    private static func escape(
        _ value: [UInt8], keeping kept: Set<UInt8>, digits: [UInt8], spaceAsPlus: Bool
    ) -> [UInt8] {
        var text: [UInt8] = []
        for byte in value {
            if isAlphanumeric(byte) || kept.contains(byte) {
                text.append(byte)
            } else if byte == 32, spaceAsPlus {
                text.append(UInt8(ascii: "+"))
            } else {
                text += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return text
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }

    /// With and without escaped slashes, with other scripts raw or as `\u` in either case.
    static func json(_ value: [UInt8]) -> Set<[UInt8]> {
        let scalars = String(decoding: value, as: UTF8.self).unicodeScalars
        let isText = value.elementsEqual(String(decoding: value, as: UTF8.self).utf8)
        var forms: Set<[UInt8]> = []
        for slash in [false, true] {
            forms.insert(value.flatMap { escaped($0, slash: slash) })
            guard isText else { continue }
            for digits in ["0123456789ABCDEF", "0123456789abcdef"].map({ Array($0.utf8) }) {
                forms.insert(
                    scalars.flatMap { scalar -> [UInt8] in
                        scalar.isASCII
                            ? escaped(UInt8(scalar.value), slash: slash, digits: digits)
                            : Character(scalar).utf16.flatMap { unicodeEscape($0, digits) }
                    })
            }
        }
        return forms
    }

    private static func escaped(
        _ byte: UInt8, slash: Bool, digits: [UInt8] = Array("0123456789abcdef".utf8)
    ) -> [UInt8] {
        let letter: Unicode.Scalar? =
            switch byte {
            case 8: "b"
            case 9: "t"
            case 10: "n"
            case 12: "f"
            case 13: "r"
            case UInt8(ascii: "\""): "\""
            case UInt8(ascii: "\\"): "\\"
            case UInt8(ascii: "/") where slash: "/"
            default: nil
            }
        if let letter { return [UInt8(ascii: "\\"), UInt8(ascii: letter)] }
        return byte < 32 ? unicodeEscape(UInt16(byte), digits) : [byte]
    }

    private static func unicodeEscape(_ unit: UInt16, _ digits: [UInt8]) -> [UInt8] {
        [UInt8(ascii: "\\"), UInt8(ascii: "u")] + (0..<4).map { digits[Int(unit >> UInt16(12 - 4 * $0) & 15)] }
    }
}
