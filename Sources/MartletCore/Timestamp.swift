package import Foundation

/// RFC 3339 in UTC with milliseconds, by arithmetic: a Foundation formatter costs a microsecond per call and cuts the
/// fraction, so that every second millisecond comes out as the one before.
package enum Timestamp {
    package static func text(_ date: Date) -> String {
        let total = date.milliseconds
        let rest = floorRemainder(total, by: 86_400_000)
        let (year, month, day) = CivilDay(number: Int((total - rest) / 86_400_000)).parts
        var text: [UInt8] = []
        text.reserveCapacity(24)
        digits(Int64(year), 4, &text)
        text.append(UInt8(ascii: "-"))
        digits(Int64(month), 2, &text)
        text.append(UInt8(ascii: "-"))
        digits(Int64(day), 2, &text)
        text.append(UInt8(ascii: "T"))
        digits(rest / 3_600_000, 2, &text)
        text.append(UInt8(ascii: ":"))
        digits(rest / 60_000 % 60, 2, &text)
        text.append(UInt8(ascii: ":"))
        digits(rest / 1000 % 60, 2, &text)
        text.append(UInt8(ascii: "."))
        digits(rest % 1000, 3, &text)
        text.append(UInt8(ascii: "Z"))
        return String(decoding: text, as: UTF8.self)
    }

    /// As the clocks of `zone` show it, with their offset: `2026-03-01T08:00:00+08:00`. Milliseconds only where there are.
    package static func local(_ date: Date, in zone: TimeZone) -> String {
        let offset = zone.secondsFromGMT(for: date)
        let shown = text(Date(milliseconds: date.milliseconds + Int64(offset) * 1000)).dropLast()
        let minutes = abs(offset) / 60
        var sign = [UInt8(ascii: offset < 0 ? "-" : "+")]
        digits(Int64(minutes / 60), 2, &sign)
        sign.append(UInt8(ascii: ":"))
        digits(Int64(minutes % 60), 2, &sign)
        return (shown.hasSuffix(".000") ? shown.dropLast(4) : shown) + String(decoding: sign, as: UTF8.self)
    }

    /// An instant as RFC 3339 writes it, with or without a fraction; what is finer than a millisecond is cut.
    package static func date(_ text: String) -> Date? {
        guard text.utf8.count <= 40,
            let date = (try? Date(text, strategy: style)) ?? (try? Date(text, strategy: .iso8601))
        else { return nil }
        // Seconds are read as a binary fraction: 0.536 may come a little short of itself.
        let microseconds = (date.timeIntervalSince1970 * 1_000_000).rounded()
        return Date(milliseconds: Int64((microseconds / 1000).rounded(.down)))
    }

    private static let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    private static func digits(_ value: Int64, _ width: Int, _ text: inout [UInt8]) {
        var divisor: Int64 = 1
        for _ in 1..<width { divisor *= 10 }
        while divisor > 0 {
            text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / divisor % 10))
            divisor /= 10
        }
    }
}
