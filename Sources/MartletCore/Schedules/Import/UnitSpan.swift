/// Spans as systemd writes them: `5min 20s`, `1.5h`, `2w`, or seconds alone; format: systemd.time(7).
enum UnitSpan {
    private static let units: [(words: [Substring], milliseconds: Double)] = [
        (["usec", "us", "µs", "μs"], 0.001), (["msec", "ms"], 1), (["seconds", "second", "sec", "s", ""], 1000),
        (["minutes", "minute", "min", "m"], 60_000), (["hours", "hour", "hr", "h"], 3_600_000),
        (["days", "day", "d"], 86_400_000), (["weeks", "week", "w"], 604_800_000),
        (["months", "month", "M"], 2_629_800_000), (["years", "year", "y"], 31_557_600_000),
    ]

    /// Nil when it is no span, `infinity`, or longer than ten years.
    static func parse(_ text: String) -> TimeSpan? {
        guard text.utf8.count <= 128 else { return nil }
        var rest = text.drop { $0 == " " }
        var total = 0.0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0 == "." || ("0"..."9").contains($0) }
            rest = rest.dropFirst(digits.count).drop { $0 == " " }
            let word = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(word.count).drop { $0 == " " }
            guard digits.first?.isNumber == true, let count = Double(digits),
                let unit = units.first(where: { $0.words.contains(word) })
            else { return nil }
            total += count * unit.milliseconds
        }
        return total <= Double(TimeSpan.longest.milliseconds) ? TimeSpan(milliseconds: Int64(total.rounded())) : nil
    }
}
