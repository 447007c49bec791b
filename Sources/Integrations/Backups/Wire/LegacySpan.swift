import MartletCore

/// How long backups are kept, as the replaced system writes it: a whole number with `m`, `h` or `d`.
enum LegacySpan {
    /// Nil for anything else, and for more than ``TimeSpan/longest``.
    static func parse(_ text: String) -> TimeSpan? {
        guard let unit = text.last, let number = Int64(text.dropLast()), (0...1_000_000).contains(number) else {
            return nil
        }
        let span: TimeSpan
        switch unit {
        case "m": span = .seconds(number * 60)
        case "h": span = .seconds(number * 3600)
        case "d": span = .seconds(number * 86_400)
        default: return nil
        }
        return span.milliseconds <= TimeSpan.longest.milliseconds ? span : nil
    }
}
