/// A number of bytes as people write it: `500`, `64MiB`, `10GB`. Decimal units are powers of 1000.
enum ByteSize {
    private static let units: [(suffix: String, factor: Int64)] = [
        ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40), ("KB", 1000),
        ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000), ("B", 1), ("", 1),
    ]

    static func parse(_ text: String) -> Int64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let suffix = String(text.dropFirst(digits.count)).drop { $0 == " " }
        guard let count = Int64(digits),
            let unit = units.first(where: { $0.suffix.lowercased() == suffix.lowercased() })
        else { return nil }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: unit.factor)
        return overflow ? nil : bytes
    }

    /// In the largest unit that leaves no rest.
    static func text(_ bytes: Int64) -> String {
        let unit = units.prefix(8).sorted { $0.factor > $1.factor }.first {
            bytes >= $0.factor && bytes % $0.factor == 0
        }
        return unit.map { "\(bytes / $0.factor)\($0.suffix)" } ?? "\(bytes)B"
    }

    /// To read, not to compute with.
    static func rough(_ bytes: Int64) -> String {
        let unit = units.prefix(8).filter { $0.suffix.contains("i") }.last { bytes >= 10 * $0.factor }
        return unit.map { "\(bytes / $0.factor) \($0.suffix)" } ?? "\(bytes) B"
    }
}
