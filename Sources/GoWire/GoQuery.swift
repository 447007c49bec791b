/// The query of a URL, or a form, as Go's net/url reads it: the first value of a name counts where one is asked for, what
/// is not correctly encoded is left out, and names that nobody asks for are ignored.
package struct GoQuery: Sendable {
    private var values: [String: [String]] = [:]

    package init(_ query: String?) {
        for part in (query ?? "").split(separator: "&") where !part.contains(";") {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decoded(pair[0]), let value = pair.count == 2 ? Self.decoded(pair[1]) : "" else {
                continue
            }
            values[name, default: []].append(value)
        }
    }

    /// Nil when it is absent or empty.
    package subscript(_ name: String) -> String? { values[name]?.first.flatMap { $0.isEmpty ? nil : $0 } }

    /// In their order, empty ones included.
    package func all(_ name: String) -> [String] { values[name] ?? [] }

    package var names: Set<String> { Set(values.keys) }

    /// With the values of `other` behind its own.
    package func adding(_ other: GoQuery) -> GoQuery {
        var joined = self
        joined.values.merge(other.values) { $0 + $1 }
        return joined
    }

    /// Nil where a `%` is not followed by two hexadecimal digits.
    private static func decoded(_ text: Substring) -> String? {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else {
            return String(text)
        }
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                    return nil
                }
                bytes.append(high << 4 | low)
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        Character(UnicodeScalar(byte)).hexDigitValue.map(UInt8.init)
    }
}
