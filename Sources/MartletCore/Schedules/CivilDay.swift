/// A day of the Gregorian calendar, without a zone. Arithmetic on integers: a calendar of Foundation costs a hundred
/// times as much, and schedules ask for thousands of days.
package struct CivilDay: Sendable, Hashable, Comparable {
    /// Days since 1970-01-01.
    package let number: Int

    package init(number: Int) { self.number = number }

    /// Days and months beyond their range are not checked; see `length(ofMonth:in:)`.
    package init(year: Int, month: Int, day: Int) {
        // Years begin in March here, so that the leap day is the last day of a year.
        let year = month <= 2 ? year - 1 : year
        let era = floorDivided(year, by: 400)
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        number = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    package var parts: (year: Int, month: Int, day: Int) {
        let shifted = number + 719_468
        let era = floorDivided(shifted, by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (
            yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * marchMonth + 2) / 5 + 1
        )
    }

    package var year: Int { parts.year }
    /// 0 is Sunday, as in cron.
    package var weekday: Int { floorRemainder(number + 4, by: 7) }
    package var isWeekend: Bool { weekday == 0 || weekday == 6 }

    package static func < (left: CivilDay, right: CivilDay) -> Bool { left.number < right.number }

    package static func length(ofMonth month: Int, in year: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    package static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }
}

/// Rounds towards minus infinity, also before 1970.
func floorDivided<I: BinaryInteger>(_ value: I, by divisor: I) -> I {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
}

/// From 0 to `divisor` - 1.
func floorRemainder<I: BinaryInteger>(_ value: I, by divisor: I) -> I {
    let remainder = value % divisor
    return remainder < 0 ? remainder + divisor : remainder
}
