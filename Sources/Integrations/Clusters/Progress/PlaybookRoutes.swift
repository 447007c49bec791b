import HTTPTypes
import Hummingbird
import MartletCore
import MartletEngine
package import MartletHTTP
import NIOCore

/// The structure of a playbook's run: plays, tasks, hosts, and how each host stands.
package struct PlaybookRoutes: Sendable {
    private let book = PlaybookProgressBook()

    package init() {}

    package var routes: [Route] {
        [
            Route(
                .get, "/api/runs/{id}/playbook", "Show a playbook's plays, tasks and hosts, and how each host stands",
                access: .run(.read), .showPlaybook, show),
            Route(
                .get, "/api/runs/{id}/playbook/events",
                "Follow a playbook's events to its end (SSE), or list them; Last-Event-ID resumes",
                access: .run(.read), .readPlaybookEvents, events),
        ]
    }

    private func run(_ call: Call) async throws -> (Run, PlaybookWork) {
        let run = try await call.control.require(try await call.runID())
        guard let work = run.playbookWork else {
            throw MartletError(.notFound, "run \(run.id) is no run of a playbook")
        }
        return (run, work)
    }

    @Sendable private func show(_ call: Call) async throws -> Response {
        var query = try QueryItems(call.request)
        let attempt = query.int("attempt", in: 1...1_000_000).map(Int.init)
        let after = query.int("after", in: 0...10_000_000).map(Int.init) ?? 0
        let limit = query.int("limit", in: 1...1000).map(Int.init) ?? 100
        try query.finish()
        let (run, work) = try await run(call)
        let task = try call.control.playbookTask(of: run, attempt: attempt)
        let progress = try await book.progress(of: task, call.control.files)
        return .json { json in
            json.field("run", run.id.description)
            json.field("attempt", Optional(task.attempt))
            json.field("action", work.action.rawValue)
            json.field("isCheck", work.isCheck)
            json.members(of: progress, expected: work.expectedHosts)
            json.tasks(of: progress, after: after, limit: limit)
        }
    }

    @Sendable private func events(_ call: Call) async throws -> Response {
        var query = try QueryItems(call.request)
        let attempt = query.int("attempt", in: 1...1_000_000).map(Int.init)
        let follow = query.text("follow") ?? "true"
        if follow != "true", follow != "false" { query.problem("follow", "must be true or false") }
        var after = query.int("after", in: 0...Int64.max) ?? 0
        let limit = query.int("limit", in: 1...1000).map(Int.init)
        if limit != nil, follow == "true" { query.problem("limit", "needs follow=false") }
        try query.finish()
        if let header = call.request.headers[.lastEventID] {
            guard let offset = Int64(header), offset >= 0 else {
                throw MartletError(
                    .invalid, "the request is not valid",
                    problems: [FieldProblem(field: "Last-Event-ID", problem: "must be the id of an event")])
            }
            after = offset
        }
        let (run, _) = try await run(call)
        let task = try call.control.playbookTask(of: run, attempt: attempt)
        let reader = EventReader(task, call.control.files, after: after)
        if follow == "true" { return call.eventStream(PlaybookEvents(reader, of: run, call.control)) }
        let isOver = task.isOver(in: run.state, attempt: run.attempt, task: run.task)
        return try list(reader, after, limit ?? 100, isOver: isOver)
    }

    private func list(_ start: EventReader, _ after: Int64, _ limit: Int, isOver: Bool) throws -> Response {
        var reader = start
        var entries: [EventReader.Entry] = []
        var isEnd = false
        while entries.count <= limit {
            guard let more = try reader.next() else {
                isEnd = isOver
                break
            }
            entries += more
        }
        let isCut = entries.count > limit
        entries = Array(entries.prefix(limit))
        return .json { json in
            json.array("items", entries) { json, entry in
                json.object { json in
                    json.field("id", String(entry.end))
                    json.field("event", entry.event.name)
                    json.members(of: entry.event)
                }
            }
            json.field("next", String(entries.last?.end ?? after))
            json.field("end", isEnd && !isCut)
        }
    }
}

extension JSONWriter {
    fileprivate mutating func members(of progress: PlaybookProgress, expected: [String]) {
        field("playbook", progress.playbook)
        field("current", progress.current)
        field("tasksBegun", Optional(progress.tasks.count))
        field("tasksExpected", progress.expectedTasks)
        field("hasRecap", progress.recap != nil)
        field("isTruncated", progress.isTruncated)
        field("badLines", Optional(progress.badLines))
        array("plays", progress.plays) { json, play in
            json.object { json in
                json.field("number", Optional(play.number))
                json.field("name", play.name)
            }
        }
        let known = Set(progress.hosts.map(\.name))
        let missing = expected.filter { !known.contains($0) }.map { PlaybookProgress.Host(name: $0) }
        array("hosts", progress.hosts + missing) { json, host in
            json.object { json in
                json.field("host", host.name)
                json.field("standing", progress.standing(of: host.name).rawValue)
                json.members(of: host.tally)
            }
        }
        array("failedHosts", progress.failedHosts(of: expected)) { $0.value($1) }
        array("failures", progress.failures) { json, failure in
            json.object { json in
                json.field("task", Optional(failure.task))
                json.field("name", progress.task(failure.task)?.name)
                json.field("host", failure.host)
                json.field("result", failure.result.rawValue)
                json.field("message", failure.message)
            }
        }
    }

    /// Those after a number, in their order.
    fileprivate mutating func tasks(of progress: PlaybookProgress, after: Int, limit: Int) {
        let rest = progress.tasks.drop { $0.number <= after }
        let page = rest.prefix(limit)
        array("tasks", page) { json, task in
            json.object { json in
                json.field("number", Optional(task.number))
                json.field("play", task.play.map { progress.plays[$0].number })
                json.field("name", task.name)
                json.field("role", task.role)
                json.field("isHandler", task.isHandler)
                json.field("startedAt", task.startedAt)
                json.members(of: task.counts)
                json.field("results", String(decoding: task.results, as: UTF8.self))
            }
        }
        field("next", rest.count > page.count ? page.last?.number : nil)
    }

    fileprivate mutating func members(of tally: HostTally) {
        field("ok", Optional(tally.ok))
        field("changed", Optional(tally.changed))
        field("failed", Optional(tally.failed))
        field("unreachable", Optional(tally.unreachable))
        field("skipped", Optional(tally.skipped))
        field("rescued", Optional(tally.rescued))
        field("ignored", Optional(tally.ignored))
    }
}
