import HTTPTypes
import Hummingbird
import MartletCore
import MartletEngine
import NIOCore
import ServiceLifecycle
import Synchronization

/// What happened, as a list or as a stream of server-sent events.
enum EventRoutes {
    static let routes: [Route] = [
        Route(
            .get, "/api/runs/{id}/events", "List a run's events, oldest first", access: .run(.read), .listEvents, ofRun),
        Route(
            .get, "/api/events", "Stream the events of all runs (SSE); Last-Event-ID resumes",
            access: .covered(.read), .streamEvents, stream),
    ]

    @Sendable private static func ofRun(_ call: Call) async throws -> Response {
        let id = try await call.runID()
        var query = try QueryItems(call.request)
        let after = query.int("after", in: 0...Int64.max) ?? 0
        let limit = query.int("limit", in: 1...1000).map(Int.init) ?? 100
        try query.finish()
        _ = try await call.control.require(id)
        let events = try await call.control.events(of: id, after: after, limit: limit)
        return .json { json in json.array("items", events) { $0.event($1) } }
    }

    @Sendable private static func stream(_ call: Call) async throws -> Response {
        var query = try QueryItems(call.request)
        var after = query.int("after", in: 0...Int64.max)
        try query.finish()
        if let header = call.request.headers[.lastEventID] {
            guard let number = Int64(header), number >= 0 else {
                throw Problem.invalid("Last-Event-ID", "must be the number of an event")
            }
            after = number
        }
        // Subscribed before the position is read: nothing falls between.
        let subscription = EventSubscription(control: call.control, coverage: call.principal.rights)
        let start = try await subscription.start(after: after)
        let request = call.request
        let watch = call.watch
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/event-stream", .cacheControl: "no-store",
                .xContentTypeOptions: "nosniff", .connection: "close",
            ],
            body: ResponseBody { writer in
                async let _: Void = watch.guarding { subscription.end() }
                try await request.body.consumeWithInboundCloseHandler { _ in
                    try await subscription.send(from: start, to: &writer)
                } onInboundClosed: {
                    subscription.end()
                }
                try await writer.finish(nil)
            })
    }
}

/// One subscriber of the event stream. It holds no event: it reads the store after each wake-up, so a slow
/// client costs nothing but its own delay.
struct EventSubscription: Sendable {
    /// A subscriber that is so far behind while it streams is cut; it comes back with its cursor.
    static let mostBehind = 1000
    private static let pageOfThePast = 256
    static let heartbeat = Duration.seconds(15)

    struct Start: Sendable {
        var after: Int64
        /// What was asked for is gone: the client must read the state anew.
        var isReset: Bool
    }

    private let control: Control
    private let coverage: Rights
    private let changes: AsyncStream<Void>
    private let hints: AsyncStream<RunFeed.Hint>
    private let hinted = Hinted()
    private let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    /// Only events of runs that `coverage` covers are sent.
    init(control: Control, coverage: Rights) {
        self.control = control
        self.coverage = coverage
        changes = control.feed.changes()
        hints = control.feed.hints()
        (wakes, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func start(after: Int64?) async throws -> Start {
        let range = try await control.eventRange()
        guard let after else { return Start(after: range?.upperBound ?? 0, isReset: false) }
        guard let range else { return Start(after: after, isReset: false) }
        if after < range.lowerBound - 1 { return Start(after: range.lowerBound - 1, isReset: true) }
        if after > range.upperBound { return Start(after: range.upperBound, isReset: true) }
        return Start(after: after, isReset: false)
    }

    func end() { wake.finish() }

    /// Sends until the client goes, is cut, or the server shuts down.
    func send(from start: Start, to writer: inout any ResponseBodyWriter) async throws {
        try await opening(start, &writer)
        var last = start.after
        // A client that catches up is never cut.
        var hasCaughtUp = false
        wake.yield()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in changes { wake.yield() } }
            group.addTask { for await hint in hints where hinted.add(hint) { wake.yield() } }
            group.addTask {
                while true {
                    try await Task.sleep(for: Self.heartbeat)
                    wake.yield()
                }
            }
            var sentAt = ContinuousClock.now
            for await _ in wakes.cancelOnGracefulShutdown() {
                let limit = hasCaughtUp ? Self.mostBehind + 1 : Self.pageOfThePast
                let events = try await control.events(of: nil, after: last, limit: limit)
                if events.count > Self.mostBehind { break }
                if events.count < limit { hasCaughtUp = true } else { wake.yield() }
                let sent = try await covered(events)
                if let newest = events.last { last = newest.number }
                let news = try await texts(of: hinted.take())
                if !sent.isEmpty || news.readableBytes > 0 {
                    try await write(sent, then: news, &writer)
                    sentAt = .now
                } else if sentAt + Self.heartbeat * 0.9 < .now {
                    try await writer.write(ByteBuffer(string: ": still here\n\n"))
                    sentAt = .now
                }
            }
            group.cancelAll()
        }
    }

    /// The reset, when there is one.
    private func opening(_ start: Start, _ writer: inout any ResponseBodyWriter) async throws {
        var text = "retry: 1000\n\n"
        if start.isReset {
            text += "id: \(start.after)\nevent: reset\ndata: {\"after\":\(start.after)}\n\n"
        }
        try await writer.write(ByteBuffer(string: text))
    }

    private func covered(_ events: [RunEvent]) async throws -> [RunEvent] {
        guard coverage.isRestricted, !events.isEmpty else { return events }
        let runs = try await control.runs(Array(Set(events.map(\.run))))
        let visible = Set(runs.filter(coverage.covers).map(\.id))
        return events.filter { visible.contains($0.run) }
    }

    /// They have no id: whoever comes back reads everything anew.
    private func texts(of hints: Set<RunFeed.Hint>) async throws -> ByteBuffer {
        var buffer = ByteBuffer()
        var runs: [RunID] = []
        for hint in hints {
            switch hint {
            case .progress(let run): runs.append(run)
            case .notice(let number):
                guard let notice = try await control.store.notice(number), notice.isCovered(by: coverage) else {
                    continue
                }
                buffer.writeEvent("notice") { json in
                    json.field("number", Optional(notice.number))
                    json.field("state", notice.state.rawValue)
                    json.field("channel", notice.channel)
                }
            }
        }
        guard !runs.isEmpty else { return buffer }
        for run in try await control.runs(runs) where coverage.covers(run) {
            buffer.writeEvent("progress") { $0.field("run", run.id.description) }
        }
        return buffer
    }

    private func write(
        _ events: [RunEvent], then news: ByteBuffer, _ writer: inout any ResponseBodyWriter
    ) async throws {
        var buffer = ByteBuffer()
        for event in events {
            var json = JSONWriter()
            json.event(event)
            var data = json.buffer
            buffer.writeString("id: \(event.number)\nevent: run\ndata: ")
            buffer.writeBuffer(&data)
            buffer.writeStaticString("\n\n")
        }
        var news = news
        buffer.writeBuffer(&news)
        try await writer.write(buffer)
    }
}

extension ByteBuffer {
    fileprivate mutating func writeEvent(_ name: String, _ data: (inout JSONWriter) -> Void) {
        var json = JSONWriter.document(data)
        writeString("event: \(name)\ndata: ")
        writeBuffer(&json)
        writeStaticString("\n\n")
    }
}

/// Hints that wait to be told, each once.
private final class Hinted: Sendable {
    private static let most = 1000
    private let hints = Mutex<Set<RunFeed.Hint>>([])

    /// False: there are so many that a client reads everything anew for the others anyhow.
    func add(_ hint: RunFeed.Hint) -> Bool {
        hints.withLock { $0.count < Self.most && $0.insert(hint).inserted }
    }

    func take() -> Set<RunFeed.Hint> {
        hints.withLock { hints in
            defer { hints = [] }
            return hints
        }
    }
}
