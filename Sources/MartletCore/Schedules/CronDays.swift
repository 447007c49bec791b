/// The days of a cron expression, as bits: 40 bytes, so that a hundred thousand schedules stay small.
struct CronDays: Sendable, Hashable {
    /// Bit 1 to 31.
    var days: UInt32 = 0
    /// `L`, `L-n`: bit n is the day n days before the last.
    var fromEnd: UInt32 = 0
    /// `15W`: bit 15 is the Monday to Friday nearest to the 15th, in the same month.
    var nearest: UInt32 = 0
    /// `LW`: the last Monday to Friday of the month.
    var hasLastWorkday = false
    /// Bit 0 is Sunday.
    var weekdays: UInt8 = 0
    /// `5L`: bit 5 is the last Friday.
    var last: UInt8 = 0
    /// `5#3`: bit 5 * 8 + 3 is the third Friday.
    var nth: UInt64 = 0
    /// Bit 1 to 12.
    var months: UInt16 = 0
    /// Both day fields are restricted, neither contains a star: one that matches is enough.
    var isEither = false

    /// The matching days of one month, bit 1 to 31.
    func mask(_ year: Int, _ month: Int) -> UInt32 {
        guard months >> UInt16(month) & 1 == 1 else { return 0 }
        let length = CivilDay.length(ofMonth: month, in: year)
        let first = CivilDay(year: year, month: month, day: 1).weekday
        let byDay = dayMask(length, first)
        let byWeekday = weekdayMask(length, first)
        return isEither ? byDay | byWeekday : byDay & byWeekday
    }

    private func dayMask(_ length: Int, _ first: Int) -> UInt32 {
        var mask = days & Self.whole(length)
        if fromEnd != 0 {
            for back in 0..<length where fromEnd >> UInt32(back) & 1 == 1 { mask |= 1 << UInt32(length - back) }
        }
        if nearest != 0 {
            for day in 1...length where nearest >> UInt32(day) & 1 == 1 {
                mask |= 1 << UInt32(Self.workday(near: day, length, first))
            }
        }
        if hasLastWorkday { mask |= 1 << UInt32(Self.workday(near: length, length, first)) }
        return mask
    }

    private func weekdayMask(_ length: Int, _ first: Int) -> UInt32 {
        // Every day of every week is the usual case.
        if weekdays == 0x7F { return Self.whole(length) }
        var mask: UInt32 = 0
        for weekday in 0..<7 {
            let start = 1 + floorRemainder(weekday - first, by: 7)
            if weekdays >> UInt8(weekday) & 1 == 1 { mask |= 0x1020_4081 << UInt32(start) }
            if last >> UInt8(weekday) & 1 == 1 { mask |= 1 << UInt32(start + (length - start) / 7 * 7) }
            for count in 1...5 where nth >> UInt64(weekday * 8 + count) & 1 == 1 {
                mask |= 1 << UInt32(start + 7 * (count - 1))
            }
        }
        return mask & Self.whole(length)
    }

    /// Saturday goes back and Sunday goes on, except across the end of the month.
    private static func workday(near day: Int, _ length: Int, _ first: Int) -> Int {
        switch (first + day - 1) % 7 {
        case 6: day == 1 ? 3 : day - 1
        case 0: day == length ? day - 2 : day + 1
        default: day
        }
    }

    private static func whole(_ length: Int) -> UInt32 { ~0 >> UInt32(31 - length) & ~1 }

    /// False for a date that never comes, like 30 February. In 28 years every date meets every weekday.
    var isPossible: Bool {
        (2000..<2028).contains { year in (1...12).contains { mask(year, $0) != 0 } }
    }

    /// The fewest days between two of them; nil when they are a year and more apart.
    var shortestGap: Int? {
        var shortest: Int?
        var previous: Int?
        for year in 2000..<2028 {
            for month in 1...12 {
                var rest = mask(year, month)
                while rest != 0 {
                    let day = CivilDay(year: year, month: month, day: rest.trailingZeroBitCount).number
                    if let previous { shortest = min(shortest ?? .max, day - previous) }
                    if shortest == 1 { return 1 }
                    previous = day
                    rest &= rest - 1
                }
            }
        }
        return shortest
    }
}
