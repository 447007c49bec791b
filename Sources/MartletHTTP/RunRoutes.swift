import HTTPTypes
import Hummingbird
import MartletCore
import MartletEngine

/// Reading runs and telling them what to do.
enum RunRoutes {
    static let routes: [Route] = [
        Route(
            .post, "/api/runs", "Start a run of a job or of a command; an array starts all or none",
            access: .covered(.run), .submitRun, submit),
        Route(.get, "/api/runs", "List runs, newest first", access: .covered(.read), .listRuns, list),
        Route(
            .get, "/api/runs/{id}", "Show a run; Prefer: wait=N answers when it has ended", access: .run(.read),
            .showRun, show),
        Route(.post, "/api/runs/{id}/stop", "End a run", access: .run(.run), .stopRun, stop),
        Route(.post, "/api/runs/{id}/rerun", "Start a new run of the same work", access: .run(.run), .rerunRun, rerun),
        Route(
            .post, "/api/runs/{id}/pause", "End a run so that it can be resumed", access: .run(.run), .pauseRun, pause),
        Route(.post, "/api/runs/{id}/resume", "Go on with a paused run", access: .run(.run), .resumeRun, resume),
    ]

    static func location(_ id: RunID) -> String { "/api/runs/\(id)" }

    // MARK: Reading

    @Sendable private static func show(_ call: Call) async throws -> Response {
        let id = try await call.runID()
        try QueryItems(call.request).finish()
        if let wait = call.preferredWait { _ = try await Waiting.end(of: id, upTo: wait, call) }
        return try await full(id, call)
    }

    /// The run in full, or 304 when the client has it.
    static func full(_ id: RunID, _ call: Call, headers: HTTPFields = [:]) async throws -> Response {
        let view = try await call.control.view(of: try await call.control.require(id))
        var fields = headers
        let tag = view.run.tag(view.reason)
        fields[.eTag] = tag
        if call.request.method == .get, call.request.has(tag) {
            return Response(status: .notModified, headers: fields)
        }
        let attempts = try await call.control.attempts(of: id)
        var json = JSONWriter(capacity: 2048)
        json.run(view, attempts: attempts)
        return .json(headers: fields, buffer: json.buffer)
    }

    @Sendable private static func list(_ call: Call) async throws -> Response {
        var query = try QueryItems(call.request)
        let wanted = runQuery(&query)
        let cursor = query.text("cursor")
        try query.finish()
        var filter = wanted
        filter.coverage = call.principal.rights
        filter.before = try cursor.map(Cursor.run)
        let page = try await call.control.runs(filter)
        let next = page.hasMore ? (page.end ?? page.items.last?.run.id).map(Cursor.text) : nil
        return .json(headers: Paging.link(to: next, call.request)) { json in
            json.array("items", page.items) { $0.runItem($1) }
            json.field("next", next)
        }
    }

    private static func runQuery(_ query: inout QueryItems) -> RunQuery {
        var filter = RunQuery()
        for word in query.text("state")?.split(separator: ",") ?? [] {
            if let state = RunState(rawValue: String(word)) {
                filter.states.append(state)
            } else {
                query.problem(
                    "state",
                    "\(word.prefix(32)) is not one of \(RunState.allCases.map(\.rawValue).joined(separator: ", "))")
            }
        }
        filter.group = query.text("group")
        filter.batch = query.text("batch")
        filter.driver = query.text("driver")
        filter.job = query.text("job")
        filter.key = query.text("key")
        filter.labels = labels(&query)
        filter.target = query.text("target")
        filter.text = query.text("text")
        for (name, text) in [("target", filter.target), ("text", filter.text)] where text?.utf8.count ?? 0 > 256 {
            query.problem(name, "must have at most 256 bytes")
        }
        filter.since = query.instant("since")
        filter.until = query.instant("until")
        filter.limit = query.int("limit", in: 1...1000).map(Int.init) ?? filter.limit
        return filter
    }

    /// `label=name=value` (the second `=` encoded or not) or `label.name=value`; every one must match.
    private static func labels(_ query: inout QueryItems) -> [String: String] {
        var labels: [String: String] = [:]
        for (name, value) in query.prefixed("label.") { labels[name] = value }
        for text in query.all("label") {
            let pair = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 {
                labels[String(pair[0])] = String(pair[1])
            } else {
                query.problem("label", "must be name=value")
            }
        }
        return labels
    }

    // MARK: Commands

    @Sendable private static func stop(_ call: Call) async throws -> Response {
        let id = try await call.runID()
        let problems = Fields.Problems()
        var grace: TimeSpan?
        if let body = try await call.optionalJSON() {
            var fields = Fields(body, problems: problems)
            grace = fields.span("grace")
            fields.finish()
        }
        try problems.check("the request")
        return try await answer(
            try await call.control.stop(id, grace: grace, ifVersion: try call.expectedVersions()), call)
    }

    @Sendable private static func pause(_ call: Call) async throws -> Response {
        let id = try await call.runID()
        try await call.refuseBody()
        return try await answer(try await call.control.pause(id, ifVersion: try call.expectedVersions()), call)
    }

    @Sendable private static func resume(_ call: Call) async throws -> Response {
        let id = try await call.runID()
        try await call.refuseBody()
        return try await answer(try await call.control.resume(id, ifVersion: try call.expectedVersions()), call)
    }

    @Sendable private static func rerun(_ call: Call) async throws -> Response {
        let id = try await call.runID()
        try await call.refuseBody()
        let record = try call.idempotency(.string("rerun \(id)"))
        let accepted = try await call.control.rerun(
            id, trigger: call.trigger, rights: call.principal.rights, idempotency: record,
            ifVersion: try call.expectedVersions())
        return try await accepted.answer(to: call, isBatch: false)
    }

    /// 202 while the run is on its way to what was asked, 200 when it is there.
    private static func answer(_ run: Run, _ call: Call) async throws -> Response {
        let view = try await call.control.view(of: run)
        var json = JSONWriter(capacity: 1024)
        json.runItem(view)
        return .json(
            run.state == .stopping ? .accepted : .ok, headers: [.eTag: run.tag(view.reason)], buffer: json.buffer)
    }
}

extension Call {
    /// The versions that `If-Match` names by the tags of a run; nil: any will do. The reason in a tag is left out: it
    /// changes by itself while the run waits.
    func expectedVersions() throws(MartletError) -> Set<Int>? {
        guard let header = request.headers[.ifMatch], header.trimming(" ") != "*" else { return nil }
        var versions: Set<Int> = []
        for tag in header.split(separator: ",") {
            let words = String(tag).trimming(" \"").split(separator: "-", maxSplits: 1)
            guard let version = words.first.flatMap({ Int($0) }) else {
                throw Problem.invalid("If-Match", "must be the ETag of the run, such as \"3\"")
            }
            versions.insert(version)
        }
        return versions
    }

    /// For commands that take nothing: an empty object is as good as no body.
    func refuseBody() async throws {
        guard let body = try await optionalJSON() else { return }
        let problems = Fields.Problems()
        Fields(body, problems: problems).finish()
        try problems.check("the request")
    }
}

/// Keyset pages as headers (RFC 8288).
enum Paging {
    static func link(to cursor: String?, _ request: Request) -> HTTPFields {
        guard let cursor else { return [:] }
        let kept = (request.uri.query ?? "").split(separator: "&").filter { !$0.hasPrefix("cursor=") }
        let query = (kept.map(String.init) + ["cursor=\(cursor)"]).joined(separator: "&")
        return [.link: "<\(request.uri.path)?\(query)>; rel=\"next\""]
    }
}
