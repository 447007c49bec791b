package import Foundation

/// Holidays and make-up working days by year. Without a list for a year its Mondays to Fridays are the workdays.
package struct WorkCalendar: Sendable, Hashable {
    package let name: String
    package let title: String
    /// Decides when a year begins for `missing`; schedules read days in their own zone.
    package let zone: TimeZone
    /// The years that have a list, in order.
    package let years: [Int]
    /// Days that are not what their weekday says: true is a working weekend, false a free weekday.
    private let exceptions: [CivilDay: Bool]

    init(name: String, title: String, zone: TimeZone, years: [Int], exceptions: [CivilDay: Bool]) {
        self.name = name
        self.title = title
        self.zone = zone
        self.years = years
        self.exceptions = exceptions
    }

    package func isWorkday(_ day: CivilDay) -> Bool { exceptions[day] ?? !day.isWeekend }

    /// The years to warn about: this one when it has no list, and from 1 December on the next one (China publishes
    /// its list in November).
    package func missing(at now: Date) -> [Int] {
        let today = CivilDay(now, in: zone).parts
        let wanted = today.month == 12 ? [today.year, today.year + 1] : [today.year]
        return wanted.filter { !years.contains($0) }
    }
}
