import Foundation
import MartletCore
import Testing

/// Workdays and holidays: the built-in list, lists of the user, and schedules that follow them.
@Suite struct WorkCalendarTests {
    private static func china() throws -> WorkCalendar { try #require(WorkCalendars.builtIn["cn"]) }

    private static func day(_ text: String) throws -> CivilDay {
        let parts = text.split(separator: "-").compactMap { Int($0) }
        return CivilDay(year: parts[0], month: parts[1], day: parts[2])
    }

    /// Year, weekdays that are free, weekends that are worked, workdays in all.
    static let years = [(2024, 19, 8, 251), (2025, 18, 5, 248), (2026, 19, 6, 248)]

    @Test(arguments: years)
    func `the lists of the State Council have these counts`(year: Int, free: Int, worked: Int, workdays: Int) throws {
        let china = try Self.china()
        let first = CivilDay(year: year, month: 1, day: 1).number
        let days = (first..<CivilDay(year: year + 1, month: 1, day: 1).number).map { CivilDay(number: $0) }
        #expect(days.count { !$0.isWeekend && !china.isWorkday($0) } == free)
        #expect(days.count { $0.isWeekend && china.isWorkday($0) } == worked)
        #expect(days.count(where: china.isWorkday) == workdays)
    }

    @Test func `days of the lists`() throws {
        let china = try Self.china()
        let free = [
            "2024-01-01", "2024-02-10", "2024-02-16", "2024-06-10", "2024-09-17", "2025-01-28", "2025-02-04",
            "2025-06-02",
            "2025-10-08", "2026-01-02", "2026-02-16", "2026-02-23", "2026-06-19", "2026-09-25", "2026-10-07",
            "2026-11-21",
        ]
        for text in free { #expect(try !china.isWorkday(Self.day(text)), "\(text)") }
        let worked = [
            "2024-02-04", "2024-05-11", "2024-10-12", "2025-01-26", "2025-09-28", "2026-01-04", "2026-02-14",
            "2026-02-28",
            "2026-05-09", "2026-09-20", "2026-10-10", "2025-01-02", "2026-11-20", "2024-02-09",
        ]
        for text in worked { #expect(try china.isWorkday(Self.day(text)), "\(text)") }
        #expect(china.years == [2024, 2025, 2026])
    }

    @Test func `a year without a list has Mondays to Fridays, and is told`() throws {
        let china = try Self.china()
        #expect(try china.isWorkday(Self.day("2030-10-01")) && !china.isWorkday(Self.day("2030-10-05")))
        #expect(try china.missing(at: Times.date("2026-11-30T15:59:59Z")) == [])
        // The first of December in Shanghai.
        #expect(try china.missing(at: Times.date("2026-11-30T16:00:00Z")) == [2027])
        #expect(try china.missing(at: Times.date("2026-12-31T16:00:00Z")) == [2027])
        #expect(try china.missing(at: Times.date("2027-12-01T00:00:00Z")) == [2027, 2028])
    }

    @Test func `schedules follow the calendar`() throws {
        let workdays = try Times.table(.cron("0 9 * * *"), zone: "Asia/Shanghai", calendar: "workdays")
        // Sunday 20 September is worked, Friday 25 is free.
        #expect(
            try Times.next(6, of: workdays, after: "2026-09-19T00:00:00Z").map { $0.dropFirst(5).prefix(5) }
                == ["09-20", "09-21", "09-22", "09-23", "09-24", "09-28"])
        let holidays = try Times.table(.cron("0 9 * * 1-5"), zone: "Asia/Shanghai", calendar: "cn:holidays")
        #expect(
            try Times.next(4, of: holidays, after: "2026-09-19T00:00:00Z").map { $0.dropFirst(5).prefix(5) }
                == ["09-25", "10-01", "10-02", "10-05"])
        // No list says that a weekday of a later year is free.
        #expect(try Times.next(9, of: holidays, after: "2026-10-08T00:00:00Z") == [])
        // Midnight in Shanghai belongs to the new day.
        let midnight = try Times.table(.cron("0 0 * * *"), zone: "Asia/Shanghai", calendar: "workdays")
        #expect(try Times.next(1, of: midnight, after: "2026-09-30T15:00:00Z") == ["2026-10-07T16:00:00Z"])
    }

    @Test func `a calendar of the user is read, and may take the place of the built-in one`() throws {
        let office: JSONValue = [
            "name": "office", "title": "Office", "zone": "Europe/Berlin",
            "years": ["2026": ["holidays": ["12-24..12-31"], "workdays": ["12-19"]]],
        ]
        let cn: JSONValue = ["name": "cn", "years": ["2027": ["holidays": ["01-01"]]]]
        let calendars = WorkCalendars(adding: [try WorkCalendar(parsing: office), try WorkCalendar(parsing: cn)])
        #expect(calendars.all.map(\.name) == ["cn", "office"])
        #expect(calendars["cn"]?.years == [2027])
        let filter = try calendars.filter("office:holidays")
        #expect(filter.description == "office:holidays")
        #expect(try filter.admits(Self.day("2026-12-24")) && !filter.admits(Self.day("2026-12-19")))
        #expect(try calendars.filter("workdays").description == "cn:workdays")
    }

    static let wrongFilters = ["", "cn", "workdays:cn", "mars:workdays", "cn:Workdays", "cn:workdays:x", ":workdays"]

    @Test(arguments: wrongFilters) func `a wrong calendar is refused`(text: String) {
        let error = #expect(throws: MartletError.self) { try WorkCalendars.builtIn.filter(text) }
        #expect(error?.code == .invalid && error?.problems.map(\.field) == ["calendar"])
    }

    @Test func `every problem of a calendar is told`() {
        let document: JSONValue = [
            "name": "a b", "zone": "CST", "color": "red",
            "years": [
                "26": [:],
                "2026": [
                    "holidays": ["02-30", "1-1", "05-05..05-01", "05-01..05-03", "05-02", 7, "12-31..01-01"],
                    "worked": [],
                ],
            ],
        ]
        let error = #expect(throws: MartletError.self) { try WorkCalendar(parsing: document) }
        #expect(
            error?.problems.map(\.field) == [
                "name", "zone", "years.2026.holidays[0]", "years.2026.holidays[1]", "years.2026.holidays[2]",
                "years.2026.holidays[4]", "years.2026.holidays[5]", "years.2026.holidays[6]", "years.2026.worked",
                "years.26", "color",
            ])
        for document in [JSONValue.null, [], ["name": "x"], ["name": "x", "years": []], ["years": [:]]] {
            #expect(throws: MartletError.self) { try WorkCalendar(parsing: document) }
        }
    }

    @Test func `civil days agree with Foundation`() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        var number = -60_000
        while number < 200_000 {
            let day = CivilDay(number: number)
            let parts = calendar.dateComponents(
                [.year, .month, .day, .weekday], from: Date(timeIntervalSince1970: Double(number) * 86_400))
            let ours = day.parts
            #expect(
                [ours.year, ours.month, ours.day, day.weekday + 1] == [
                    parts.year, parts.month, parts.day, parts.weekday,
                ])
            #expect(CivilDay(year: ours.year, month: ours.month, day: ours.day) == day)
            number += 37
        }
    }
}
