import Foundation
import HTTPTypes
import Hummingbird
import MartletCore
import MartletEngine

/// How much there is, and how it went.
enum FigureRoutes {
    static let routes: [Route] = [
        Route(
            .get, "/api/figures",
            "Tell how many runs there are now, and for each hour how many ended and how long they took",
            access: .covered(.read), .showFigures, show)
    ]

    private static let hour: TimeInterval = 3600

    @Sendable private static func show(_ call: Call) async throws -> Response {
        var query = try QueryItems(call.request)
        let count = query.int("hours", in: 1...2160) ?? 24
        try query.finish()
        let now = call.control.now()
        // The present hour counts as one.
        let first = (now.timeIntervalSince1970 / hour).rounded(.down) - Double(count - 1)
        let start = Date(timeIntervalSince1970: first * hour)
        let rights = call.principal.rights
        let figures = try await call.control.figures(since: start, rights: rights)
        let present = try await call.control.present(rights: rights)
        return .json { json in
            json.field("at", now)
            json.field("since", figures.since)
            json.object("present") { json in
                for state in RunState.allCases where !state.isEnd {
                    json.field(state.rawValue, Optional(present.runs[state] ?? 0))
                }
            }
            json.array("hours", figures.hours) { json, hour in json.object { $0.members(of: hour) } }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func members(of hour: HourFigures) {
        field("at", hour.at)
        object("ended") { json in
            for state in RunState.allCases where state.isEnd {
                json.field(state.rawValue, Optional(hour.ended[state] ?? 0))
            }
        }
        field("median", hour.median.map { JSONValue.double($0.inSeconds) } ?? .null)
        field("slow", hour.slow.map { JSONValue.double($0.inSeconds) } ?? .null)
    }
}
