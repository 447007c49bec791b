package import Foundation
package import MartletCore

/// One time of a schedule: what became of it, or that it is planned.
package struct CalendarEntry: Sendable, Hashable {
    package let schedule: String
    /// The stored job that it starts; nil: it does other work, or is gone.
    package let job: String?
    package let at: Date
    /// Nil: it lies ahead.
    package let fire: Fire?

    package var position: CalendarPosition { CalendarPosition(at: at, number: fire?.number, schedule: schedule) }
}

/// Where an entry stands: by time, what is decided before what is planned, then by number or name.
package struct CalendarPosition: Sendable, Hashable, Comparable {
    package let at: Date
    /// Of an entry of a ledger; nil: planned.
    package let number: Int64?
    package let schedule: String

    package init(at: Date, number: Int64?, schedule: String) {
        self.at = at
        self.number = number
        self.schedule = schedule
    }

    package static func < (one: CalendarPosition, other: CalendarPosition) -> Bool {
        if one.at != other.at { return one.at < other.at }
        let (first, second) = (one.number ?? .max, other.number ?? .max)
        return first == second ? one.schedule < other.schedule : first < second
    }
}

/// A page of the calendar.
package struct CalendarQuery: Sendable {
    /// The longest range that is told at once.
    package static let longest = TimeSpan.seconds(366 * 86_400)

    /// The first is in, the last is not.
    package let times: Range<Date>
    package let after: CalendarPosition?
    package let limit: Int

    package init(_ times: Range<Date>, after: CalendarPosition?, limit: Int) {
        self.times = times
        self.after = after
        self.limit = limit
    }
}

package struct CalendarPage: Sendable {
    package var items: [CalendarEntry] = []
    /// More may follow after it.
    package var next: CalendarPosition?
}

extension Control {
    /// Entries of ledgers that are looked at for one page.
    private static let mostLooked = 5000

    /// Times of all schedules that `rights` cover, oldest first. Whoever may see little of long ledgers gets short pages,
    /// even empty ones, that go on.
    package func calendar(_ query: CalendarQuery, rights: Rights) async throws -> CalendarPage {
        let passed = try await passed(query, rights)
        let times = PlannedTimes(query: query, rights: rights, control: self)
        let planned = try await times.first(query.limit + 1)
        let all = (passed.items + planned).sorted { $0.position < $1.position }
        let known = passed.next.map { end in all.prefix { $0.position <= end } } ?? all[...]
        var page = CalendarPage(items: Array(known.prefix(query.limit)))
        page.next = known.count > query.limit ? page.items.last?.position : passed.next
        return page
    }

    /// One entry more than the page takes, where there are as many. `next`: nothing after it was looked at.
    private func passed(_ query: CalendarQuery, _ rights: Rights) async throws -> CalendarPage {
        var page = CalendarPage()
        var schedules: [String: StoredSchedule?] = [:]
        var rest = FireTimePage(query.times, limit: 1000)
        if let after = query.after, after.at >= query.times.lowerBound {
            guard after.at < query.times.upperBound else { return page }
            rest = FireTimePage(after.at..<query.times.upperBound, after: after.number ?? .max, limit: 1000)
        }
        for _ in 0..<Self.mostLooked / rest.limit {
            let fires = try await store.fires(rest)
            for fire in fires {
                if schedules[fire.schedule] == nil {
                    // One that cannot be read is as one that is gone.
                    schedules.updateValue(try? await store.schedule(fire.schedule), forKey: fire.schedule)
                }
                let stored = schedules[fire.schedule] ?? nil
                // Whom a schedule was for that is gone is not known any more.
                guard stored.map({ $0.schedule.isCovered(by: rights) }) ?? !rights.isRestricted else { continue }
                page.items.append(
                    CalendarEntry(schedule: fire.schedule, job: stored?.schedule.job, at: fire.due, fire: fire))
                if page.items.count > query.limit { return CalendarPage(items: page.items) }
            }
            guard fires.count == rest.limit, let last = fires.last else { return CalendarPage(items: page.items) }
            page.next = CalendarPosition(at: last.due, number: last.number, schedule: last.schedule)
            rest = FireTimePage(last.due..<query.times.upperBound, after: last.number, limit: rest.limit)
        }
        return page
    }
}

/// Walks what lies ahead of many schedules in the order of time, and reads no more of them than that takes.
private struct PlannedTimes {
    /// The next time of one schedule.
    private struct Open {
        let entry: CalendarEntry
        let timetable: Timetable
    }

    private static let pageSize = 200

    let query: CalendarQuery
    let rights: Rights
    let control: Control

    func first(_ count: Int) async throws -> [CalendarEntry] {
        var found: [CalendarEntry] = []
        // The earliest comes last.
        var open: [Open] = []
        var last: PlannedSchedule?
        var hasMore = true
        while found.count < count {
            while hasMore, last.map({ last in open.last.map { $0.entry.at >= last.nextDue } ?? true }) ?? true {
                let page = try await control.store.plannedSchedules(
                    before: query.times.upperBound, after: last, limit: Self.pageSize)
                open += page.compactMap { $0.stored.flatMap(begin) }
                open.sort { $0.entry.position > $1.entry.position }
                hasMore = page.count == Self.pageSize
                last = page.last ?? last
            }
            guard let earliest = open.popLast() else { break }
            found.append(earliest.entry)
            if let next = following(earliest) {
                open.insert(next, at: Self.place(of: next.entry.position, in: open))
            }
        }
        return found
    }

    /// Where the order is kept, by halves.
    private static func place(of position: CalendarPosition, in open: [Open]) -> Int {
        var (low, high) = (0, open.count)
        while low < high {
            let middle = (low + high) / 2
            if open[middle].entry.position > position { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Nil: it is not to be told of, or none of its times is.
    private func begin(_ stored: StoredSchedule) -> Open? {
        guard stored.schedule.isCovered(by: rights), let due = stored.nextDue,
            let timetable = try? control.schedules.timetable(of: stored)
        else { return nil }
        let start = max(query.times.lowerBound, query.after?.at ?? .distantPast)
        let before = Date(milliseconds: start.milliseconds - 1)
        guard let first = due >= start ? due : timetable.next(after: before) else { return nil }
        let open = Open(entry: entry(stored.schedule, first), timetable: timetable)
        if let after = query.after, open.entry.position <= after { return following(open) }
        return first < query.times.upperBound ? open : nil
    }

    private func following(_ open: Open) -> Open? {
        guard let next = open.timetable.next(after: open.entry.at), next < query.times.upperBound else { return nil }
        let entry = CalendarEntry(schedule: open.entry.schedule, job: open.entry.job, at: next, fire: nil)
        return Open(entry: entry, timetable: open.timetable)
    }

    private func entry(_ schedule: Schedule, _ at: Date) -> CalendarEntry {
        CalendarEntry(schedule: schedule.name, job: schedule.job, at: at, fire: nil)
    }
}
