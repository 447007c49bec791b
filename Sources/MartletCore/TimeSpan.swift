/// A length of time as people write it: `500ms`, `30s`, `5m`, `2h`, `1d`, or several joined (`1h30m`).
/// Encoded as such a text; a bare number is read as seconds. Resolution: one millisecond.
package struct TimeSpan: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }
    package static func seconds(_ count: Int64) -> TimeSpan { TimeSpan(milliseconds: count * 1000) }

    /// The longest span taken from outside: ten years. Anything longer is a typing error.
    package static let longest = TimeSpan.seconds(10 * 366 * 86_400)

    private static let units: [(suffix: String, factor: Int64)] = [
        ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]

    package init?(_ text: String) {
        var rest = text[...]
        var total: Int64 = 0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            guard let count = Int64(digits), count <= Self.longest.milliseconds else { return nil }
            rest = rest.dropFirst(digits.count)
            let suffix = rest.prefix { $0.isLetter }
            guard let unit = Self.units.first(where: { $0.suffix == suffix }) else { return nil }
            rest = rest.dropFirst(suffix.count)
            let (product, overflow) = count.multipliedReportingOverflow(by: unit.factor)
            guard !overflow else { return nil }
            total += product
            guard total <= Self.longest.milliseconds else { return nil }
        }
        milliseconds = total
    }

    /// From a JSON text or a non-negative number of seconds.
    package init?(_ value: JSONValue) {
        switch value {
        case .string(let text):
            guard let span = TimeSpan(text) else { return nil }
            self = span
        case .int(let seconds) where (0...Self.longest.milliseconds / 1000).contains(seconds):
            self = .seconds(seconds)
        case .double(let seconds) where seconds >= 0 && seconds * 1000 <= Double(Self.longest.milliseconds):
            self.init(milliseconds: Int64(seconds * 1000))
        default: return nil
        }
    }

    package var duration: Duration { .milliseconds(milliseconds) }
    package var seconds: Double { Double(milliseconds) / 1000 }

    package var description: String {
        guard milliseconds > 0 else { return "0s" }
        var rest = milliseconds
        var text = ""
        for unit in Self.units.reversed() where rest >= unit.factor {
            text += "\(rest / unit.factor)\(unit.suffix)"
            rest %= unit.factor
        }
        return text
    }

    package static func < (left: TimeSpan, right: TimeSpan) -> Bool {
        left.milliseconds < right.milliseconds
    }
}

extension TimeSpan: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let span = TimeSpan(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a time span")
        }
        self = span
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
