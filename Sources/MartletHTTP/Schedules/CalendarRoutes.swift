import Foundation
import Hummingbird
import MartletCore
import MartletEngine

/// The times of all schedules.
enum CalendarRoutes {
    static let routes: [Route] = [
        Route(
            .get, "/api/fires", "List the times of all schedules in a range, passed and ahead, oldest first",
            access: .covered(.read), .listCalendar, list)
    ]

    @Sendable private static func list(_ call: Call) async throws -> Response {
        var query = try QueryItems(call.request)
        let limit = query.int("limit", in: 1...1000).map(Int.init) ?? 200
        let after = query.text("after")
        let times = query.range(atMost: CalendarQuery.longest, at: call.control.now())
        try query.finish()
        let page = try await call.control.calendar(
            CalendarQuery(times, after: try after.map(Cursor.calendar), limit: limit), rights: call.principal.rights)
        let next = page.next.map { Cursor.text(calendarAfter: $0) }
        return .json { json in
            json.array("items", page.items) { json, entry in json.object { $0.members(of: entry) } }
            json.field("next", next)
        }
    }
}

extension QueryItems {
    private static let standardRange = TimeSpan.seconds(31 * 86_400)

    /// `from`, else now, up to `to`, else a month later. Empty with a problem when they are no range.
    fileprivate mutating func range(atMost longest: TimeSpan, at now: Date) -> Range<Date> {
        let from = instant("from") ?? now
        let to = instant("to") ?? from.adding(Self.standardRange)
        if from >= to {
            problem("to", "must be after from")
        } else if TimeSpan(milliseconds: to.milliseconds - from.milliseconds) > longest {
            problem("to", "must be at most \(longest) after from; ask for the rest with another call")
        }
        return from..<max(from, to)
    }
}

extension JSONWriter {
    fileprivate mutating func members(of entry: CalendarEntry) {
        let fire = entry.fire
        field("schedule", entry.schedule)
        field("job", entry.job)
        field("at", Optional(entry.at))
        field("state", fire?.outcome.rawValue ?? "planned")
        field("kind", (fire?.kind ?? .due).rawValue)
        field("why", fire?.why)
        field("run", fire?.run?.description)
        field("through", fire?.through)
        field("count", Optional(fire?.count ?? 1))
    }
}
