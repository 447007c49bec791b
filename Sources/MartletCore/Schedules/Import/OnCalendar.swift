import Foundation

/// A value of `OnCalendar=` as a cadence; format: systemd.time(7), "Calendar events". What cron's fields cannot say is
/// refused with the reason.
struct OnCalendar {
    let cadence: Cadence
    /// The zone at its end.
    let zone: String?

    private static let words: [String: String] = [
        "minutely": "*-*-* *:*:00", "hourly": "*-*-* *:00:00", "daily": "*-*-* 00:00:00", "monthly": "*-*-01 00:00:00",
        "weekly": "Mon *-*-* 00:00:00", "yearly": "*-01-01 00:00:00", "annually": "*-01-01 00:00:00",
        "quarterly": "*-01,04,07,10-01 00:00:00", "semiannually": "*-01,07-01 00:00:00",
        "semi-annually": "*-01,07-01 00:00:00", "biannually": "*-01,07-01 00:00:00",
        "bi-annually": "*-01,07-01 00:00:00",
    ]

    init(_ text: String) throws(CronProblem) {
        guard text.utf8.count <= 1024 else { throw CronProblem("it is longer than 1024 bytes") }
        var parts = text.split { $0 == " " || $0 == "\t" }.map(String.init)
        zone = try Self.takeZone(&parts)
        if parts.count == 1, let long = Self.words[parts[0].lowercased()] {
            parts = long.split(separator: " ").map(String.init)
        }
        guard !parts.isEmpty else { throw CronProblem("it is empty") }
        let weekdays = parts[0].first?.isLetter == true ? try Self.weekdays(parts.removeFirst()) : nil
        var date = OnCalendarDate()
        if let next = parts.first, !next.contains(":") { date = try OnCalendarDate(parts.removeFirst()) }
        let time = parts.isEmpty ? try OnCalendarTime("0:0") : try OnCalendarTime(parts.removeFirst())
        guard parts.isEmpty else { throw CronProblem("there is more than weekdays, a date, a time and a zone") }
        if let years = date.years {
            cadence = .at(try Self.instant(years, date, time, weekdays, zone))
        } else {
            cadence = .cron("\(time.text) \(try date.text(weekdays))")
        }
    }

    private static func takeZone(_ parts: inout [String]) throws(CronProblem) -> String? {
        guard let last = parts.last, last == "UTC" || last.contains("/") && last.first?.isLetter == true else {
            return nil
        }
        do throws(MartletError) { _ = try TimeZone(named: last) } catch {
            throw CronProblem(error.problems.map(\.problem).joined(separator: "; "))
        }
        return parts.removeLast()
    }

    private static let names = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]

    /// Bits 0 to 6 from Sunday; `Mon..Fri,Sun`.
    private static func weekdays(_ text: String) throws(CronProblem) -> Set<Int> {
        func number(_ name: Substring) throws(CronProblem) -> Int {
            let name = name.lowercased()
            guard let index = names.firstIndex(where: { $0 == name || $0.prefix(3) == name }) else {
                throw CronProblem("\(CronProblem.quote(name)) is not a weekday or a known word")
            }
            return index
        }
        var days: Set<Int> = []
        for part in text.split(separator: ",") {
            let ends = part.contains("..") ? part.split(separator: "..") : part.split(separator: "-")
            guard let first = ends.first, let last = ends.last, ends.count <= 2 else {
                throw CronProblem("\(CronProblem.quote(part)) is not a weekday or two with .. between")
            }
            // A week begins on Monday here.
            let (from, to) = (floorRemainder(try number(first) - 1, by: 7), floorRemainder(try number(last) - 1, by: 7))
            guard from <= to else { throw CronProblem("\(CronProblem.quote(part)) runs backwards") }
            days.formUnion((from...to).map { ($0 + 1) % 7 })
        }
        guard !days.isEmpty else { throw CronProblem("it has no weekday") }
        return days
    }

    private static func instant(
        _ years: Set<Int>, _ date: OnCalendarDate, _ time: OnCalendarTime, _ weekdays: Set<Int>?, _ zone: String?
    ) throws(CronProblem) -> Date {
        guard let year = years.first, let month = date.months.first, let day = date.days.first,
            let hour = time.hours.first, let minute = time.minutes.first, let second = time.seconds.first,
            [years, date.months, date.days, time.hours, time.minutes, time.seconds].allSatisfy({ $0.count == 1 }),
            !date.isFromEnd, weekdays == nil
        else {
            throw CronProblem(
                "years are only taken in a single time; leave out the year, or give one date and one time")
        }
        guard let zone, let known = TimeZone(identifier: zone) else {
            throw CronProblem("a single time needs its zone at the end, such as Asia/Shanghai or UTC")
        }
        guard day <= CivilDay.length(ofMonth: month, in: year) else { throw CronProblem("the date does not exist") }
        let civil =
            Int64(CivilDay(year: year, month: month, day: day).number) * 86_400
            + Int64((hour * 60 + minute) * 60 + second)
        let clock = ZoneClock(zone: known)
        // The later offset first: a time that the clocks show twice is the first of both.
        for nearby in [civil - 2 * ZoneClock.longestShift, civil + 2 * ZoneClock.longestShift] {
            let instant = civil - clock.offset(at: nearby)
            if clock.offset(at: instant) + instant == civil { return Date(milliseconds: instant * 1000) }
        }
        throw CronProblem("the clocks jump over this time")
    }
}
