import Foundation
import HTTPTypes
import Hummingbird
import MartletCore
import MartletEngine

/// Schedules: what is defined. ``ScheduleTimeRoutes`` has their times and what became of them.
enum ScheduleRoutes {
    static let routes: [Route] = [
        Route(.get, "/api/schedules", "List schedules by name", access: .covered(.read), .listSchedules, list),
        Route(
            .post, "/api/schedules", "Store a new schedule; its name must be free", access: .covered(.run),
            .createSchedule, create),
        Route(
            .get, "/api/schedules/{schedule}", "Show a schedule", access: .schedule(.read), .showSchedule, show),
        Route(
            .put, "/api/schedules/{schedule}", "Store a schedule; If-Match or If-None-Match: * guard it",
            access: .covered(.run), .putSchedule, put),
        Route(
            .patch, "/api/schedules/{schedule}", "Change a schedule by a JSON merge patch", access: .schedule(.run),
            .patchSchedule, patch),
        Route(
            .delete, "/api/schedules/{schedule}", "Delete a schedule; its runs and its ledger stay",
            access: .schedule(.run), .deleteSchedule, delete),
        Route(
            .post, "/api/schedules/{schedule}/pause", "Act on none of its times until it is resumed",
            access: .schedule(.run), .pauseSchedule, { try await turn(isPaused: true, $0) }),
        Route(
            .post, "/api/schedules/{schedule}/resume", "Act on its times again", access: .schedule(.run),
            .resumeSchedule, { try await turn(isPaused: false, $0) }),
    ]

    static func location(_ name: String) -> String { "/api/schedules/\(name)" }

    // MARK: Reading

    @Sendable private static func list(_ call: Call) async throws -> Response {
        var query = try QueryItems(call.request)
        let limit = query.int("limit", in: 1...1000).map(Int.init) ?? 50
        let cursor = query.text("cursor")
        try query.finish()
        let rights = call.principal.rights
        let schedules = try await call.control.schedules(
            after: try cursor.map(Cursor.schedule), limit: limit + 1, rights: rights)
        var page: [ScheduleView] = []
        for stored in schedules.prefix(limit) { page.append(try await call.control.view(of: stored, rights: rights)) }
        let next =
            schedules.count > limit ? page.last.map { Cursor.text(scheduleAfter: $0.stored.schedule.name) } : nil
        return .json(headers: Paging.link(to: next, call.request)) { json in
            json.array("items", page) { json, view in json.object { $0.members(of: view) } }
            json.field("next", next)
        }
    }

    @Sendable private static func show(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let stored = try await call.control.schedule(try call.scheduleName(), rights: call.principal.rights)
        return try await answer(stored, .ok, call)
    }

    // MARK: Writing

    @Sendable private static func create(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let schedule = try Schedule(
            parsing: try Call.parse(try await call.jsonBytes()), zone: call.control.schedules.zone)
        let stored = try await call.control.putSchedule(schedule, ifVersion: 0, rights: call.principal.rights)
        return try await answer(stored, .created, call)
    }

    @Sendable private static func put(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let name = try call.scheduleName()
        let schedule = try Schedule(
            parsing: try Call.parse(try await call.jsonBytes()), name: name, zone: call.control.schedules.zone)
        let (stored, status) = try await Precondition(call.request, of: "schedule").storing {
            try await call.control.putSchedule(schedule, ifVersion: $0, rights: call.principal.rights)
        }
        return try await answer(stored, status, call)
    }

    /// The patch is of what was read: a change in between is not lost, with `If-Match` or without.
    @Sendable private static func patch(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let name = try call.scheduleName()
        let patch = try Call.parse(try await call.patchBytes())
        let rights = call.principal.rights
        let stored = try await Precondition(call.request, of: "schedule").guarding { version in
            let old = try await call.control.schedule(name, rights: rights)
            let schedule = try Schedule(
                parsing: old.schedule.definition.merged(with: patch), name: name, zone: old.schedule.zone)
            return try await call.control.putSchedule(
                schedule, source: old.source, ifVersion: version ?? old.version, rights: rights)
        }
        return try await answer(stored, .ok, call)
    }

    @Sendable private static func delete(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let name = try call.scheduleName()
        try await Precondition(call.request, of: "schedule").guarding {
            try await call.control.deleteSchedule(name, ifVersion: $0, rights: call.principal.rights)
        }
        return Response(status: .noContent)
    }

    private static func turn(isPaused: Bool, _ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let name = try call.scheduleName()
        try await call.refuseBody()
        let stored = try await Precondition(call.request, of: "schedule").guarding {
            try await call.control.pauseSchedule(name, isPaused, ifVersion: $0, rights: call.principal.rights)
        }
        return try await answer(stored, .ok, call)
    }

    private static func answer(
        _ stored: StoredSchedule, _ status: HTTPResponse.Status, _ call: Call
    ) async throws -> Response {
        let view = try await call.control.view(of: stored, rights: call.principal.rights)
        var headers: HTTPFields = [.eTag: "\"\(stored.version)\""]
        if status == .created { headers[.location] = location(stored.schedule.name) }
        return .json(status, headers: headers) { $0.members(of: view) }
    }
}

extension Call {
    /// The schedule's name of the path, checked before anything is done with it.
    func scheduleName() throws(MartletError) -> String {
        let text = context.parameters.get("schedule") ?? ""
        guard let name = text.removingPercentEncoding, Token.isValid(name) else {
            throw Problem.invalid("schedule", "\(text.prefix(64)) is no name of a schedule: it \(Token.rule)")
        }
        return name
    }
}
