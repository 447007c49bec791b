/// The span after `@every`: as ``TimeSpan`` (`1d12h`) or as Go writes durations (`1.5h`, `1h30m`, `1500ms`).
enum EverySpan {
    /// Microseconds in one unit; Go's nanoseconds are too short to matter.
    private static let units: [(suffix: Substring, microseconds: Double)] = [
        ("us", 1), ("ms", 1000), ("s", 1e6), ("m", 60e6), ("h", 3600e6), ("d", 86_400e6),
    ]

    /// Nil when it is no span, or shorter than a second, or longer than ten years.
    static func parse(_ text: Substring) -> TimeSpan? {
        guard let total = microseconds(text), total <= Double(TimeSpan.longest.milliseconds) * 1000 else { return nil }
        let milliseconds = Int64((total / 1000).rounded())
        return milliseconds >= 1000 ? TimeSpan(milliseconds: milliseconds) : nil
    }

    private static func microseconds(_ text: Substring) -> Double? {
        var rest = text
        var total = 0.0
        guard !rest.isEmpty, rest.utf8.count <= 64 else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0 == "." || ("0"..."9").contains($0) }
            rest = rest.dropFirst(digits.count)
            let suffix = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(suffix.count)
            guard digits.contains(where: { $0 != "." }), let count = Double("0\(digits)"),
                let unit = units.first(where: { $0.suffix == suffix })
            else { return nil }
            total += count * unit.microseconds
        }
        return total
    }
}
