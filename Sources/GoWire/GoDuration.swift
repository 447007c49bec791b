import MartletEngine

/// Lengths of time as Go's `time.Duration` writes and reads them; a value is a number of nanoseconds.
package enum GoDuration {
    private static let units: [(name: String, nanoseconds: Int64)] = [
        ("ns", 1), ("us", 1000), ("µs", 1000), ("μs", 1000), ("ms", 1_000_000), ("s", 1_000_000_000),
        ("m", 60_000_000_000), ("h", 3_600_000_000_000),
    ]

    /// `1h0m0s`, `1.5s`, `0s`.
    package static func text(_ nanoseconds: Int64) -> String { GoText.duration(nanoseconds) }

    /// Reads `30s`, `1h30m`, `-1.5h`, `0`. Throws Go's words for what is wrong.
    package static func nanoseconds(_ text: String) throws(GoJSONError) -> Int64 {
        let invalid = GoJSONError("time: invalid duration \"\(text)\"")
        var rest = text[...]
        let isNegative = rest.first == "-"
        if isNegative || rest.first == "+" { rest.removeFirst() }
        if rest == "0" { return 0 }
        guard !rest.isEmpty, text.utf8.count <= 100 else { throw invalid }
        var total: Int64 = 0
        while !rest.isEmpty {
            let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(number.count)
            let name = rest.prefix { !($0.isASCII && ($0.isNumber || $0 == ".")) }
            rest = rest.dropFirst(name.count)
            guard number != ".", !number.isEmpty else { throw invalid }
            guard !name.isEmpty else { throw GoJSONError("time: missing unit in duration \"\(text)\"") }
            guard let unit = units.first(where: { $0.name == name }) else {
                throw GoJSONError("time: unknown unit \"\(name)\" in duration \"\(text)\"")
            }
            guard let part = product(number, unit.nanoseconds) else { throw invalid }
            let (sum, isOver) = total.addingReportingOverflow(part)
            guard !isOver else { throw invalid }
            total = sum
        }
        return isNegative ? -total : total
    }

    private static func product(_ number: Substring, _ unit: Int64) -> Int64? {
        let parts = number.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts[0].isEmpty ? 0 : Int64(parts[0]) else { return nil }
        let (product, isOver) = whole.multipliedReportingOverflow(by: unit)
        guard !isOver else { return nil }
        guard parts.count == 2, !parts[1].isEmpty else { return product }
        guard let fraction = Double("0." + parts[1]) else { return nil }
        let (sum, isFull) = product.addingReportingOverflow(Int64(fraction * Double(unit)))
        return isFull ? nil : sum
    }
}
