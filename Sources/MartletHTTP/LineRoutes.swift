import HTTPTypes
import Hummingbird
import MartletCore
import MartletEngine

/// What a run wrote, line by line, with stream and time.
enum LineRoutes {
    static let routes: [Route] = [
        Route(
            .get, "/api/runs/{id}/lines",
            "Follow a run's log line by line to its end (SSE), or list or search its lines; Last-Event-ID resumes",
            access: .run(.read), .readLines, lines)
    ]

    private enum Follow: String, CaseIterable {
        case yes = "true"
        case no = "false"
    }

    /// Which lines of the log a list is of.
    private enum Wish {
        case after(LogPosition?)
        /// Nil: before the end.
        case before(LogPosition?)
        case matching(LineSearch, after: LogPosition?)
    }

    @Sendable private static func lines(_ call: Call) async throws -> Response {
        let id = try await call.runID()
        var query = try QueryItems(call.request)
        let follow = query.choice("follow", Follow.self) ?? .yes
        var after = position(&query, "after")
        let wish = wish(&query, after, isList: follow == .no)
        let limit = query.int("limit", in: 1...1000).map(Int.init)
        if limit != nil, follow == .yes { query.problem("limit", "needs follow=false") }
        try query.finish()
        if let header = call.request.headers[.lastEventID] {
            guard let position = LogPosition(header) else {
                throw Problem.invalid("Last-Event-ID", "must be the id of a line")
            }
            after = position
        }
        switch follow {
        case .yes:
            return call.eventStream(LineEvents(try await call.control.followLines(of: id, after: after)))
        case .no: return try await list(id, wish, limit ?? 100, call)
        }
    }

    private static func wish(_ query: inout QueryItems, _ after: LogPosition?, isList: Bool) -> Wish {
        let search = query.text("search")
        let isBefore = query.has("before")
        let before = query.takes("before", "end") ? nil : position(&query, "before")
        for (name, isGiven) in [("search", search != nil), ("before", isBefore)] where isGiven && !isList {
            query.problem(name, "needs follow=false")
        }
        if isBefore, after != nil || search != nil { query.problem("before", "cannot be joined with after or search") }
        if search?.contains("\0") == true { query.problem("search", "must have no NUL character") }
        if search?.utf8.count ?? 0 > 1024 { query.problem("search", "must have at most 1024 bytes") }
        if let search = search.flatMap(LineSearch.init) { return .matching(search, after: after) }
        return isBefore ? .before(before) : .after(after)
    }

    private static func position(_ query: inout QueryItems, _ name: String) -> LogPosition? {
        guard let text = query.text(name) else { return nil }
        let position = LogPosition(text)
        if position == nil { query.problem(name, "must be the id of a line") }
        return position
    }

    private static func list(_ id: RunID, _ wish: Wish, _ limit: Int, _ call: Call) async throws -> Response {
        let run = try await call.control.require(id)
        switch wish {
        case .after(let after):
            let lines = try await call.control.lines(of: id, after: after, limit: limit)
            return answer(lines.items, of: run, next: lines.items.last?.position ?? after, isEnd: lines.isEnd)
        case .before(let position):
            let lines = try await call.control.lines(of: id, before: position, limit: limit)
            return answer(
                lines.items, of: run, next: lines.items.last?.position, isEnd: false, isStart: lines.isStart)
        case .matching(let search, let after):
            let found = try await call.control.lines(of: id, matching: search, after: after, limit: limit)
            return answer(found.items, of: run, next: found.end, isEnd: found.isWhole)
        }
    }

    private static func answer(
        _ lines: [LogLine], of run: Run, next: LogPosition?, isEnd: Bool, isStart: Bool? = nil
    ) -> Response {
        .json { json in
            json.array("items", lines) { json, line in
                json.object { json in
                    json.field("id", line.position.description)
                    json.members(of: line, run)
                }
            }
            json.field("next", next?.description)
            json.field("end", isEnd)
            if let isStart { json.field("start", isStart) }
        }
    }
}
