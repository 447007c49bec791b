import HTTPTypes
import Hummingbird
import MartletCore
import MartletEngine

/// What a run wrote, line by line, with stream and time.
enum LineRoutes {
    static let routes: [Route] = [
        Route(
            .get, "/api/runs/{id}/lines",
            "Follow a run's log line by line to its end (SSE), or list its lines; Last-Event-ID resumes",
            access: .run(.read), .readLines, lines)
    ]

    private enum Follow: String, CaseIterable {
        case yes = "true"
        case no = "false"
    }

    @Sendable private static func lines(_ call: Call) async throws -> Response {
        let id = try await call.runID()
        var query = try QueryItems(call.request)
        let follow = query.choice("follow", Follow.self) ?? .yes
        var after = position(&query)
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
        case .no: return try await list(id, after, limit ?? 100, call)
        }
    }

    private static func position(_ query: inout QueryItems) -> LogPosition? {
        guard let text = query.text("after") else { return nil }
        let position = LogPosition(text)
        if position == nil { query.problem("after", "must be the id of a line") }
        return position
    }

    private static func list(_ id: RunID, _ after: LogPosition?, _ limit: Int, _ call: Call) async throws -> Response {
        let run = try await call.control.require(id)
        let lines = try await call.control.lines(of: id, after: after, limit: limit)
        return .json { json in
            json.array("items", lines.items) { json, line in
                json.object { json in
                    json.field("id", line.position.description)
                    json.members(of: line, run)
                }
            }
            json.field("next", (lines.items.last?.position ?? after)?.description)
            json.field("end", lines.isEnd)
        }
    }
}
