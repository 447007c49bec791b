import Foundation
import GoWire
import HTTPTypes
import Hummingbird
import MartletCore
import MartletEngine
import MartletHTTP

extension CacheLoadFacade {
    /// One action on one or many paths.
    func post(_ call: FacadeCall) async throws -> Response {
        guard let bytes = try await call.body(upTo: CacheRequest.largestBody) else {
            return .failure(.contentTooLarge, "the body is larger than \(CacheRequest.largestBody) bytes")
        }
        let settings = settings.value
        let request = try CacheRequest(bytes, settings)
        try Self.check(settings)
        switch request.action {
        case .load, .metadata, .forceLoad:
            let format = try ReplyFormat(call.query, settings)
            return try await submit(request.jobs(settings), call, format)
        case .list: return try await list(request, call)
        case .free: return try await free(request, call)
        case .report: return .failure(.badRequest, "GET /api/v1/gfs/report gives the report")
        }
    }

    /// Without the program nothing is accepted: it could not run.
    static func check(_ settings: CacheLoadSettings) throws(MartletError) {
        guard settings.bin == nil else { return }
        throw MartletError(
            .unavailable, "cacheLoad.bin is not set: it names the goosefs program (MARTLET_CACHE_LOAD_BIN)")
    }

    /// All of them are stored when this returns, or none. `members`: runs that are in the new batch, too.
    func submit(
        _ jobs: [CacheJob], _ call: FacadeCall, _ format: ReplyFormat, isKeyed: Bool = true, with members: [RunID] = []
    ) async throws -> Response {
        let accepted = try await accept(jobs, call, isKeyed: isKeyed, with: members)
        let entries = zip(accepted.tasks, jobs).map { task, job in
            Submitted(id: task.id, path: job.paths.first ?? "", isJoined: task.isJoined)
        }
        var response = Response.wire(.ok, format.wire(entries))
        response.headers[.joined] = Self.joined(entries)
        if accepted.isReplayed { response.headers[.idempotentReplayed] = "true" }
        return response
    }

    struct Accepted: Sendable {
        /// In the order of the jobs.
        let tasks: [(id: String, run: RunID, isJoined: Bool)]
        let isReplayed: Bool
    }

    /// `isKeyed`: whether the call's idempotency key stands for the jobs.
    func accept(
        _ jobs: [CacheJob], _ call: FacadeCall, isKeyed: Bool = true, with members: [RunID] = []
    ) async throws -> Accepted {
        let names = jobs.map { _ in UUID().uuidString.lowercased() }
        var submissions = zip(jobs, names).map { job, name in
            Submission(
                work: .inline(job.job), groups: job.groups,
                aliases: [RunAlias(facade: Self.aliasName, alias: name)], claim: job.claim,
                trigger: Trigger(source: Self.aliasName, caller: call.caller, trace: call.trace),
                rights: call.principal.rights)
        }
        if !submissions.isEmpty { submissions[0].members = members }
        let record =
            isKeyed ? try call.idempotency(.array(jobs.map(\.record)), scope: "\(Self.aliasName) ") : nil
        let accepted = try await call.control.submit(submissions, idempotency: record)
        let known =
            accepted.isNew ? [:] : try await call.control.aliases(of: accepted.ids, facade: Self.aliasName)
        let own = Set(names)
        let tasks = zip(accepted.ids, names).map { id, name in
            let task = accepted.isNew ? name : known[id] ?? id.description
            // A path that comes twice in a request joins the run that was made for its first mention.
            return (id: task, run: id, isJoined: accepted.joined.contains(id) && !own.contains(task))
        }
        return Accepted(tasks: tasks, isReplayed: accepted.replayed)
    }

    /// The first ids that stand for loads already going.
    private static func joined(_ entries: [Submitted]) -> String? {
        let joined = entries.filter(\.isJoined).map(\.id)
        if joined.isEmpty { return nil }
        let more = joined.count > mostJoined ? ["... \(joined.count) in all"] : []
        return (joined.prefix(mostJoined) + more).joined(separator: ", ")
    }

    private static let mostJoined = 50
}

/// A task of an answer to a load.
struct Submitted: Sendable {
    let id: String
    let path: String
    /// A load of the same was going already: the id is that one's.
    let isJoined: Bool
}

/// The two forms of the answer to loads.
typealias ReplyFormat = CacheLoadSettings.ReplyFormat

extension ReplyFormat {
    /// What the query says, or the settings.
    init(_ query: GoQuery, _ settings: CacheLoadSettings) throws(MartletError) {
        guard let word = query["format"] else {
            self = settings.replyFormat
            return
        }
        guard let format = ReplyFormat(rawValue: word) else {
            throw MartletError(
                .invalid, "the query is not valid",
                problems: [FieldProblem(field: "format", problem: "must be ids or object")])
        }
        self = format
    }

    func wire(_ entries: [Submitted]) -> WireValue {
        switch self {
        case .ids: return .array(entries.map { .string($0.id) })
        case .object:
            let results = entries.map { entry -> WireValue in
                let joined: [(String, WireValue)] = entry.isJoined ? [("joined", true)] : []
                return .object([("task_id", .string(entry.id)), ("path", .string(entry.path))] + joined)
            }
            return .object([("results", .array(results)), ("total", .int(Int64(entries.count)))])
        }
    }
}

extension CacheRequest {
    /// One run for each path.
    func jobs(_ settings: CacheLoadSettings) -> [CacheJob] {
        paths.map { path in
            CacheJob(
                action: action, paths: [path], taskName: taskName, allowsWildcards: allowsWildcards,
                continuesAfterMetadata: continuesAfterMetadata ?? settings.continueAfterMetadata,
                timeout: settings.timeout, user: settings.user)
        }
    }
}

extension CacheJob {
    /// Queries are of no batch: one by a load's name would stand in the place of the loads.
    var groups: [GroupMembership] {
        action.isLoad ? [GroupMembership(group: taskName ?? "", batch: "")] : []
    }

    /// What an idempotency key stands for.
    fileprivate var record: JSONValue {
        [
            "action": .string(action.rawValue), "paths": .array(paths.map(JSONValue.string)),
            "name": .string(taskName ?? ""), "proceed": .bool(continuesAfterMetadata),
        ]
    }
}
