/// A cron expression, read and checked: which civil times match. It knows no zone.
package struct CronExpression: Sendable, Hashable {
    /// Bit 0 to 59.
    let seconds: UInt64
    /// Bit 0 to 59.
    let minutes: UInt64
    /// Bit 0 to 23.
    let hours: UInt64
    let days: CronDays
    /// The hour field contains `*`, `?` or a step over all: the expression follows elapsed time through a change of
    /// clocks. See docs/schedules.md, "Clock changes".
    let followsElapsedTime: Bool

    /// `fields` are five, or six with leading seconds, in lower case. Throws `invalid` with every problem, each at `cron`.
    init(_ fields: [Substring], seed: String) throws(MartletError) {
        let problems = Fields.Problems()
        let texts = fields.count == 5 ? ["0"] + fields : fields
        var readers: [CronFieldReader] = []
        for (field, text) in zip(CronField.allCases, texts) {
            var reader = CronFieldReader(field, seed: seed)
            do throws(CronProblem) { try reader.read(text) } catch { problems.add("cron", error.message) }
            readers.append(reader)
        }
        if texts.count != 6 {
            problems.add(
                "cron",
                "has \(fields.count) fields: write five (minute hour day month weekday) or six with leading seconds")
        }
        try problems.check("the schedule")
        self.init(readers)
        guard days.isPossible else {
            problems.add("cron", "no date ever matches its day, month and weekday; the time would never come")
            throw MartletError(.invalid, "the schedule is not valid", problems: problems.all)
        }
    }

    private init(_ readers: [CronFieldReader]) {
        seconds = readers[0].bits
        minutes = readers[1].bits
        hours = readers[2].bits
        followsElapsedTime = readers[2].hasStar
        let (day, weekday) = (readers[3], readers[5])
        var days = CronDays()
        days.days = UInt32(day.bits)
        days.fromEnd = day.special.fromEnd
        days.nearest = day.special.nearest
        days.hasLastWorkday = day.special.hasLastWorkday
        days.months = UInt16(readers[4].bits)
        days.weekdays = UInt8(weekday.bits)
        days.last = weekday.special.last
        days.nth = weekday.special.nth
        days.isEither = !day.hasStar && !weekday.hasStar
        self.days = days
    }

    /// The first matching civil time at or after `civil`, both in seconds since 1970-01-01 00:00 on the clock; nil:
    /// none in the next 41 years (a leap day on one weekday can be 40 years away), or 11 with a filter, whose lists
    /// say nothing about later years.
    func next(from civil: Int64, days filter: DayFilter?) -> Int64? {
        let today = CivilDay(number: Int(floorDivided(civil, by: 86_400)))
        var (year, month, day) = today.parts
        if days.mask(year, month) >> UInt32(day) & 1 == 1, filter?.admits(today) != false,
            let second = time(from: Int(floorRemainder(civil, by: 86_400)))
        {
            return Int64(today.number) * 86_400 + Int64(second)
        }
        let horizon = year + (filter == nil ? 41 : 11)
        while year <= horizon {
            var rest = day >= 31 ? 0 : (days.mask(year, month) >> UInt32(day + 1)) << UInt32(day + 1)
            while rest != 0 {
                let found = CivilDay(year: year, month: month, day: rest.trailingZeroBitCount)
                if filter?.admits(found) != false { return Int64(found.number) * 86_400 + Int64(firstTime) }
                rest &= rest - 1
            }
            (year, month, day) = month == 12 ? (year + 1, 1, 0) : (year, month + 1, 0)
        }
        return nil
    }

    /// The first and the last matching second of a day.
    private var firstTime: Int { (hours.lowest * 60 + minutes.lowest) * 60 + seconds.lowest }
    private var lastTime: Int { (hours.highest * 60 + minutes.highest) * 60 + seconds.highest }

    /// The first matching second of a day at or after `second`.
    private func time(from second: Int) -> Int? {
        let (hour, minute) = (second / 3600, second / 60 % 60)
        if hours.hasBit(hour) {
            if minutes.hasBit(minute), let found = seconds.bit(from: second % 60) {
                return second - second % 60 + found
            }
            if let found = minutes.bit(from: minute + 1) { return (hour * 60 + found) * 60 + seconds.lowest }
        }
        return hours.bit(from: hour + 1).map { ($0 * 60 + minutes.lowest) * 60 + seconds.lowest }
    }

    /// The fewest seconds between two times by the clock; a change of clocks may bring two closer together.
    var shortestGap: Int {
        let inMinute = seconds.shortestGap
        let inHour = minutes.shortestGap.map { $0 * 60 - (seconds.highest - seconds.lowest) }
        let minuteSpan = (minutes.highest - minutes.lowest) * 60 + seconds.highest - seconds.lowest
        let inDay = hours.shortestGap.map { $0 * 3600 - minuteSpan }
        let overDays = (days.shortestGap ?? 365) * 86_400 - (lastTime - firstTime)
        return [inMinute, inHour, inDay].compactMap(\.self).reduce(overDays, min)
    }
}

extension UInt64 {
    fileprivate func hasBit(_ index: Int) -> Bool { self >> UInt64(index) & 1 == 1 }
    fileprivate var lowest: Int { trailingZeroBitCount }
    fileprivate var highest: Int { 63 - leadingZeroBitCount }

    /// The lowest set bit at or above `index`.
    fileprivate func bit(from index: Int) -> Int? {
        let rest = self >> UInt64(index)
        return rest == 0 ? nil : index + rest.trailingZeroBitCount
    }

    /// The shortest distance between two set bits; nil when there is only one.
    fileprivate var shortestGap: Int? {
        guard nonzeroBitCount > 1 else { return nil }
        return (1..<64).first { self & self >> UInt64($0) != 0 }
    }
}
