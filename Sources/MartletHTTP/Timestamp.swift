package import Foundation
import MartletCore

/// RFC 3339 in UTC with milliseconds, by arithmetic: a Foundation formatter costs a microsecond per call.
package enum Timestamp {
    package static func text(_ date: Date) -> String {
        let total = date.milliseconds
        let days = floorDivide(total, 86_400_000)
        let rest = total - days * 86_400_000
        let (year, month, day) = civil(days)
        var text: [UInt8] = []
        text.reserveCapacity(24)
        digits(year, 4, &text)
        text.append(UInt8(ascii: "-"))
        digits(month, 2, &text)
        text.append(UInt8(ascii: "-"))
        digits(day, 2, &text)
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

    /// Days since 1970-01-01 to a date of the proleptic Gregorian calendar (Howard Hinnant's `civil_from_days`).
    private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        value >= 0 ? value / divisor : -((divisor - 1 - value) / divisor)
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
