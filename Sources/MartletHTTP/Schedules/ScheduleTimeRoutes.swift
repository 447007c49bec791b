import Foundation
import HTTPTypes
import Hummingbird
import MartletCore
import MartletEngine

/// The times of schedules: those ahead, those that passed, and those that somebody asks for.
enum ScheduleTimeRoutes {
    static let routes: [Route] = [
        Route(
            .get, "/api/schedules/{schedule}/next", "List its next times, whether or not it is paused",
            access: .schedule(.read), .nextTimes, next),
        Route(
            .post, "/api/schedules/preview", "List the next times of a schedule that need not be stored",
            access: .covered(.read), isAudited: false, .previewSchedule, preview),
        Route(
            .get, "/api/schedules/{schedule}/fires", "List what became of its times, newest first",
            access: .schedule(.read), .listFires, fires),
        Route(
            .post, "/api/schedules/{schedule}/run", "Start its work now, beside its own times",
            access: .schedule(.run), .runSchedule, run),
        Route(
            .post, "/api/schedules/{schedule}/backfill", "Make up for the times of a range in the past without a run",
            access: .schedule(.run), .backfillSchedule, backfill),
        Route(
            .get, "/api/calendars", "List the work calendars, and the lists that they lack", access: .covered(.read),
            .listCalendars, calendars),
    ]

    private static let standardCount: Int64 = 10
    private static let counts = 1...Int64(Control.mostTimes)

    // MARK: Ahead

    @Sendable private static func next(_ call: Call) async throws -> Response {
        var query = try QueryItems(call.request)
        let count = query.int("count", in: counts) ?? standardCount
        let after = query.text("after")
        let stored = try await call.control.schedule(try call.scheduleName(), rights: call.principal.rights)
        let zone = call.control.zone(of: stored.schedule, anchor: stored.anchor)
        let start = after.flatMap { Cadence.instant($0, TimeZone(identifier: zone)) }
        if after != nil, start == nil { query.problem("after", notAnInstant) }
        try query.finish()
        let times = try call.control.times(
            of: stored.schedule, anchor: stored.anchor, after: start ?? call.control.now(), count: Int(count))
        return .json { $0.members(of: times, zone: zone) }
    }

    @Sendable private static func preview(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let body = try Call.parse(try await call.jsonBytes())
        let wish = try PreviewWish(body, zone: call.control.schedules.zone)
        let control = call.control
        let warnings = try await control.warnings(about: wish.schedule, rights: call.principal.rights)
        let times = try control.times(of: wish.schedule, after: wish.after ?? control.now(), count: wish.count)
        let zone = control.zone(of: wish.schedule, anchor: control.now())
        return .json { json in
            json.members(of: times, zone: zone)
            json.array("warnings", warnings) { $0.value($1) }
        }
    }

    /// A definition with `count` and `after` beside it. What decides no time may be left out.
    private struct PreviewWish {
        let schedule: Schedule
        let count: Int
        let after: Date?

        init(_ body: JSONValue, zone: String) throws(MartletError) {
            guard var members = body.object else {
                throw Problem.invalid("", "expected an object, found \(body.typeName)")
            }
            let own = members.filter { ["count", "after"].contains($0.key) }
            for key in own.keys { members[key] = nil }
            if members["name"] == nil { members["name"] = "preview" }
            if !["job", "command", "tasks", "work", "watch"].contains(where: { members[$0] != nil }) {
                members["watch"] = true
            }
            let schedule = try Schedule(parsing: .object(members), zone: zone)
            let problems = Fields.Problems()
            var fields = Fields(.object(own), problems: problems)
            count = fields.int("count", in: counts) ?? Int(standardCount)
            let text = fields.string("after", maxBytes: 64)
            after = text.flatMap { Cadence.instant($0, TimeZone(identifier: schedule.zone)) }
            if text != nil, after == nil { fields.problem("after", notAnInstant) }
            fields.finish()
            try problems.check("the preview")
            self.schedule = schedule
        }
    }

    @Sendable private static func calendars(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let now = call.control.now()
        return .json { json in
            json.array("items", call.control.schedules.calendars.all) { json, calendar in
                json.object { json in
                    json.field("name", calendar.name)
                    json.field("title", calendar.title)
                    json.field("zone", calendar.zone.identifier)
                    json.array("years", calendar.years) { $0.value(.int(Int64($1))) }
                    json.array("missing", calendar.missing(at: now)) { $0.value(.int(Int64($1))) }
                }
            }
        }
    }

    // MARK: Passed

    @Sendable private static func fires(_ call: Call) async throws -> Response {
        var items = try QueryItems(call.request)
        let limit = items.int("limit", in: 1...1000).map(Int.init) ?? 50
        let outcome: FireOutcome? = items.choice("outcome")
        let cursor = items.text("cursor")
        try items.finish()
        let query = FireQuery(
            schedule: try call.scheduleName(), outcome: outcome, before: try cursor.map(Cursor.fire), limit: limit + 1)
        let fires = try await call.control.fires(query, rights: call.principal.rights)
        let page = fires.prefix(limit)
        let next = fires.count > limit ? page.last.map { Cursor.text(fireBefore: $0.number) } : nil
        return .json(headers: Paging.link(to: next, call.request)) { json in
            json.array("items", page) { json, fire in json.object { $0.members(of: fire) } }
            json.field("next", next)
        }
    }

    // MARK: Asked for

    @Sendable private static func run(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let name = try call.scheduleName()
        try await call.refuseBody()
        let fire = try await call.control.runSchedule(name, rights: call.principal.rights)
        let headers: HTTPFields = fire.run.map { [.location: RunRoutes.location($0)] } ?? [:]
        return .json(.accepted, headers: headers) { $0.members(of: fire) }
    }

    @Sendable private static func backfill(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let name = try call.scheduleName()
        let body = try Call.parse(try await call.jsonBytes())
        let rights = call.principal.rights
        let stored = try await call.control.schedule(name, rights: rights)
        let zone = TimeZone(identifier: call.control.zone(of: stored.schedule, anchor: stored.anchor))
        let problems = Fields.Problems()
        var fields = Fields(body, problems: problems)
        let from = fields.instant("from", zone)
        let to = fields.instant("to", zone)
        let isDry = fields.bool("dryRun") ?? false
        fields.finish()
        try problems.check("the backfill")
        let made = try await call.control.backfill(
            name, from: from ?? .distantPast, through: to ?? .distantPast, dryRun: isDry, rights: rights)
        return .json(isDry ? .ok : .accepted) { json in
            json.field("dryRun", isDry)
            json.array("times", made.times) { $0.value(Timestamp.text($1)) }
            json.field("skipped", Optional(made.skipped))
            json.array("fires", made.fires) { json, fire in json.object { $0.members(of: fire) } }
        }
    }

    fileprivate static let notAnInstant =
        "is no time such as 2030-01-01T03:00:00Z, or 2030-01-01T03:00:00 in the schedule's zone"
}

extension Fields {
    /// An RFC 3339 time, or one without an offset in `zone`. Nil with a problem when it is missing or none.
    fileprivate mutating func instant(_ key: String, _ zone: TimeZone?) -> Date? {
        guard value(key) != nil else {
            problem(key, "is missing")
            return nil
        }
        guard let text = string(key, maxBytes: 64) else { return nil }
        if let date = Cadence.instant(text, zone) { return date }
        problem(key, ScheduleTimeRoutes.notAnInstant)
        return nil
    }
}
