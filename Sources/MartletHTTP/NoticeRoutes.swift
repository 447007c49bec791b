import HTTPTypes
import Hummingbird
import MartletCore
import MartletEngine

/// What was told to whom, and what came of it.
enum NoticeRoutes {
    static let routes: [Route] = [
        Route(
            .get, "/api/notices", "List the notices, newest first, and what became of each", access: .covered(.read),
            .listNotices, list),
        Route(
            .get, "/api/notices/channels", "List the channels and how they stand", access: .server(.read),
            .listNoticeChannels, channels),
        Route(
            .post, "/api/notices/test", "Send a test message to a channel", access: .server(.admin), .testNotice, test),
        Route(
            .get, "/api/notices/{notice}", "Show a notice with its text", access: .covered(.read), .showNotice, show),
        Route(
            .post, "/api/notices/{notice}/retry", "Send a notice that was given up once more", access: .server(.admin),
            .retryNotice, retry),
    ]

    @Sendable private static func list(_ call: Call) async throws -> Response {
        var items = try QueryItems(call.request)
        var query = NoticeQuery()
        query.channel = items.text("channel")
        query.state = items.choice("state")
        query.group = items.text("group")
        query.limit = items.int("limit", in: 1...1000).map(Int.init) ?? query.limit
        let run = items.text("run")
        let cursor = items.text("cursor")
        if let run, RunID(run) == nil { items.problem("run", "is not the id of a run") }
        try items.finish()
        query.run = run.flatMap { RunID($0) }
        query.before = try cursor.map(Cursor.notice)
        let page = try await call.control.notices(query, rights: call.principal.rights)
        let next = page.next.map { Cursor.text(noticeBefore: $0) }
        return .json(headers: Paging.link(to: next, call.request)) { json in
            json.array("items", page.items) { json, notice in json.object { $0.members(of: notice) } }
            json.field("next", next)
        }
    }

    @Sendable private static func show(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let notice = try await call.control.notice(try call.noticeNumber(), rights: call.principal.rights)
        let text = try await call.control.text(of: notice)
        return .json { json in
            json.members(of: notice)
            json.field("text", text)
        }
    }

    @Sendable private static func channels(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let channels = try await call.control.noticeChannels()
        return .json { json in
            json.array("items", channels) { json, channel in json.object { $0.members(of: channel) } }
        }
    }

    @Sendable private static func test(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let problems = Fields.Problems()
        var fields = Fields(try Call.parse(try await call.jsonBytes()), problems: problems)
        let channel = fields.string("channel")
        if channel == nil, fields.value("channel") == nil { fields.problem("channel", "is missing") }
        fields.finish()
        try problems.check("the request")
        return accepted(try await call.control.testNotice(to: channel ?? ""))
    }

    @Sendable private static func retry(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let number = try call.noticeNumber()
        try await call.refuseBody()
        return accepted(try await call.control.retryNotice(number))
    }

    private static func accepted(_ notice: Notice) -> Response {
        .json(.accepted, headers: [.location: "/api/notices/\(notice.number)"]) { $0.members(of: notice) }
    }
}

extension Call {
    fileprivate func noticeNumber() throws(MartletError) -> Int64 {
        let text = context.parameters.get("notice") ?? ""
        guard let number = Int64(text), number > 0 else {
            throw MartletError(.notFound, "there is no notice \(text.prefix(64))")
        }
        return number
    }
}

extension JSONWriter {
    fileprivate mutating func members(of notice: Notice) {
        field("number", Optional(notice.number))
        field("channel", notice.channel)
        field("state", notice.state.rawValue)
        field("title", notice.content.title)
        array("events", notice.content.events) { $0.value($1.rawValue) }
        field("group", notice.content.end?.group)
        field("batch", notice.batch)
        field("run", notice.run?.description)
        field("attempts", Optional(notice.attempts))
        field("mayBeRepeated", notice.mayBeRepeated)
        field("error", notice.error)
        field("digest", notice.digest)
        field("createdAt", notice.createdAt)
        field("dueAt", notice.state == .waiting ? notice.dueAt : nil)
        field("settledAt", notice.settledAt)
    }

    fileprivate mutating func members(of channel: NoticeChannelView) {
        field("name", channel.facts.name)
        field("kind", channel.facts.kind)
        field("target", channel.facts.target)
        field("perMinute", channel.facts.perMinute)
        field("waiting", Optional(channel.state.waiting))
        field("heldUntil", channel.state.heldUntil)
        field("lastMinute", Optional(channel.state.sends.count))
        object("deliveries") { json in
            for delivery in NoticeDesk.Delivery.allCases {
                json.field(delivery.rawValue, Optional(channel.deliveries[delivery] ?? 0))
            }
        }
    }
}
