package import Foundation

/// Which days of a calendar count.
package struct DayFilter: Sendable, Hashable, CustomStringConvertible {
    package enum Kind: String, Sendable, CaseIterable {
        case workdays
        /// Every day that is no workday: listed holidays, and weekends that are not worked.
        case holidays
    }

    package let calendar: WorkCalendar
    package let kind: Kind

    package init(calendar: WorkCalendar, kind: Kind) {
        self.calendar = calendar
        self.kind = kind
    }

    package func admits(_ day: CivilDay) -> Bool { calendar.isWorkday(day) == (kind == .workdays) }

    func admits(_ date: Date, in zone: TimeZone) -> Bool { admits(CivilDay(date, in: zone)) }

    /// As a schedule's `calendar` names it: `cn:workdays`.
    package var description: String { "\(calendar.name):\(kind.rawValue)" }
}

extension CivilDay {
    /// The day that `zone` has at `date`.
    package init(_ date: Date, in zone: TimeZone) {
        let civil = date.timeIntervalSince1970.rounded(.down) + Double(zone.secondsFromGMT(for: date))
        self.init(number: Int((civil / 86_400).rounded(.down)))
    }
}
