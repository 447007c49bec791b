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

    /// An instant as RFC 3339 writes it: `2026-12-24T18:00:00Z`, with an offset instead of the Z, with a fraction; what is
    /// finer than a millisecond is cut. Nil for days and hours that do not exist, which formatters take for later ones.
    package static func date(_ text: String) -> Date? {
        var rest = Array(text.utf8.prefix(49))[...]
        guard rest.count <= 48, let year = rest.takeNumber(4), rest.take("-"), let month = rest.takeNumber(2),
            rest.take("-"), let day = rest.takeNumber(2), rest.take("T") || rest.take("t"),
            let hour = rest.takeNumber(2), rest.take(":"), let minute = rest.takeNumber(2), rest.take(":"),
            let second = rest.takeNumber(2), (1...12).contains(month), day >= 1,
            day <= CivilDay.length(ofMonth: month, in: year), hour < 24, minute < 60, second < 60,
            let fraction = rest.takeFraction(), let offset = rest.takeOffset(), rest.isEmpty
        else { return nil }
        let days = CivilDay(year: year, month: month, day: day).number
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset
        return Date(milliseconds: Int64(seconds) * 1000 + Int64(fraction))
    }

    private static func digits(_ value: Int64, _ width: Int, _ text: inout [UInt8]) {
        var divisor: Int64 = 1
        for _ in 1..<width { divisor *= 10 }
        while divisor > 0 {
            text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / divisor % 10))
            divisor /= 10
        }
    }
}

extension ArraySlice<UInt8> {
    /// Whether it began with this.
    fileprivate mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard first == UInt8(ascii: character) else { return false }
        removeFirst()
        return true
    }

    fileprivate mutating func takeNumber(_ width: Int) -> Int? {
        let digits = prefix(width)
        guard digits.count == width, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        removeFirst(width)
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    /// In milliseconds; nil for a point without digits.
    fileprivate mutating func takeFraction() -> Int? {
        guard take(".") else { return 0 }
        let digits = prefix { (0x30...0x39).contains($0) }
        guard !digits.isEmpty else { return nil }
        removeFirst(digits.count)
        return (digits + [0x30, 0x30]).prefix(3).reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    /// In seconds east of Greenwich; nil when there is none.
    fileprivate mutating func takeOffset() -> Int? {
        if take("Z") || take("z") { return 0 }
        let isWest = first == UInt8(ascii: "-")
        guard take("+") || take("-"), let hours = takeNumber(2), take(":"), let minutes = takeNumber(2), hours < 24,
            minutes < 60
        else { return nil }
        return (hours * 3600 + minutes * 60) * (isWest ? -1 : 1)
    }
}
