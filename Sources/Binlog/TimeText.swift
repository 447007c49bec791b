/// Dates and times as servers print them, in ASCII.
enum TimeText {
    static func year(_ packed: UInt8) -> [UInt8] {
        var text: [UInt8] = []
        append(packed == 0 ? 0 : 1900 + UInt64(packed), 4, to: &text)
        return text
    }

    /// DATE: five bits of day, four of month, the rest the year.
    static func date(packed: UInt32) -> [UInt8] {
        var text: [UInt8] = []
        appendDate(UInt64(packed >> 9), UInt64(packed >> 5 & 15), UInt64(packed & 31), to: &text)
        return text
    }

    /// See `PackedTime`.
    static func time(packed: Int64, digits: Int) -> [UInt8] {
        let value = packed.magnitude
        var text: [UInt8] = packed < 0 ? [UInt8(ascii: "-")] : []
        let clock = value >> 24
        appendClock(clock >> 12 & 0x3ff, clock >> 6 & 63, clock & 63, to: &text)
        appendFraction(value & 0xff_ffff, digits, to: &text)
        return text
    }

    /// See `PackedTime`.
    static func dateTime(packed: Int64, digits: Int) -> [UInt8] {
        let value = packed.magnitude
        let day = value >> 41
        let clock = value >> 24 & 0x1_ffff
        var text: [UInt8] = []
        appendDate((day >> 5) / 13, (day >> 5) % 13, day & 31, to: &text)
        text.append(UInt8(ascii: " "))
        appendClock(clock >> 12, clock >> 6 & 63, clock & 63, to: &text)
        appendFraction(value & 0xff_ffff, digits, to: &text)
        return text
    }

    /// The date alone of such a number.
    static func date(packed64: Int64) -> [UInt8] {
        let day = packed64.magnitude >> 41
        var text: [UInt8] = []
        appendDate((day >> 5) / 13, (day >> 5) % 13, day & 31, to: &text)
        return text
    }

    /// Seconds since 1970 in UTC; 0 is the zero date.
    static func timestamp(_ seconds: UInt32, microseconds: UInt32, digits: Int) -> [UInt8] {
        var text: [UInt8] = []
        let (days, rest) = UInt64(seconds).quotientAndRemainder(dividingBy: 86_400)
        let (year, month, day) = seconds == 0 && microseconds == 0 ? (0, 0, 0) : civil(days)
        appendDate(year, month, day, to: &text)
        text.append(UInt8(ascii: " "))
        appendClock(rest / 3600, rest / 60 % 60, rest % 60, to: &text)
        appendFraction(UInt64(microseconds), digits, to: &text)
        return text
    }

    /// Before MySQL 5.6: the decimal digits hhmmss, signed.
    static func oldTime(_ raw: UInt32) -> [UInt8] {
        let value = Int32(bitPattern: raw << 8) >> 8
        let digits = UInt64(value.magnitude)
        var text: [UInt8] = value < 0 ? [UInt8(ascii: "-")] : []
        appendClock(digits / 10_000, digits / 100 % 100, digits % 100, to: &text)
        return text
    }

    /// Before MySQL 5.6: the decimal digits YYYYMMDDhhmmss.
    static func oldDateTime(_ digits: UInt64) throws(BinlogError) -> [UInt8] {
        guard digits <= 9999_99_99_99_99_99 else { throw BinlogError(.malformed, "DATETIME \(digits)") }
        let (date, clock) = digits.quotientAndRemainder(dividingBy: 1_000_000)
        var text: [UInt8] = []
        appendDate(date / 10_000, date / 100 % 100, date % 100, to: &text)
        text.append(UInt8(ascii: " "))
        appendClock(clock / 10_000, clock / 100 % 100, clock % 100, to: &text)
        return text
    }

    /// Year, month and day of a number of days since 1970.
    private static func civil(_ days: UInt64) -> (UInt64, UInt64, UInt64) {
        // Days since 1 March of the year 0, in cycles of 400 years; March is month 0.
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * month + 2) / 5 + 1
        return (era * 400 + yearOfEra + (month > 9 ? 1 : 0), month > 9 ? month - 9 : month + 3, day)
    }

    private static func appendDate(_ year: UInt64, _ month: UInt64, _ day: UInt64, to text: inout [UInt8]) {
        append(year, 4, to: &text)
        text.append(UInt8(ascii: "-"))
        append(month, 2, to: &text)
        text.append(UInt8(ascii: "-"))
        append(day, 2, to: &text)
    }

    private static func appendClock(_ hour: UInt64, _ minute: UInt64, _ second: UInt64, to text: inout [UInt8]) {
        append(hour, hour > 99 ? 3 : 2, to: &text)
        text.append(UInt8(ascii: ":"))
        append(minute, 2, to: &text)
        text.append(UInt8(ascii: ":"))
        append(second, 2, to: &text)
    }

    private static func appendFraction(_ microseconds: UInt64, _ digits: Int, to text: inout [UInt8]) {
        guard digits > 0 else { return }
        text.append(UInt8(ascii: "."))
        let scale: UInt64 = [1, 100_000, 10_000, 1000, 100, 10, 1][min(digits, 6)]
        append(microseconds / scale, digits, to: &text)
    }

    private static func append(_ number: UInt64, _ width: Int, to text: inout [UInt8]) {
        var divisor: UInt64 = 1
        for _ in 1..<max(width, 1) { divisor *= 10 }
        while divisor > 0 {
            text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10))
            divisor /= 10
        }
    }
}
