import Foundation
import GoWire
import HTTPTypes
import Hummingbird
import MartletCore
import MartletEngine
import MartletHTTP

/// The native API of jobs as Nomad has them: everything about one in a single answer.
struct NomadJobRoutes: Sendable {
    static let path = "/api/nomad-jobs"

    let parts: JobsParts

    var routes: [Route] {
        let one = Self.path + "/{nomadJob}"
        return [
            Route(.get, Self.path, "List the jobs of the job API", access: .covered(.read), .listNomadJobs, list),
            Route(
                .post, Self.path, "Register a job of the job API, in JSON or HCL", access: .covered(.run),
                .registerNomadJob, register),
            Route(
                .get, one, "Show a job of the job API with its allocations, tasks and their progress",
                access: .covered(.read), .showNomadJob, show),
            Route(.post, one + "/stop", "Stop a job of the job API", access: .covered(.run), .stopNomadJob, stop),
            Route(
                .post, one + "/pause", "Have the tasks of a job of the job API end so that they can go on",
                access: .covered(.run), .pauseNomadJob, pause),
            Route(
                .post, one + "/resume", "Have the tasks of a paused job of the job API go on", access: .covered(.run),
                .resumeNomadJob, resume),
            passwordRoute,
        ] + replicationRoutes
    }

    // MARK: Reading

    @Sendable private func list(_ call: Call) async throws -> Response {
        var items = try QueryItems(call.request)
        let prefix = items.text("prefix") ?? ""
        try items.finish()
        let jobs = try await call.control.store.nomadJobs(prefix: prefix).items.filter { call.covers(nomad: $0.job.id) }
        return .json { json in
            json.array("items", jobs) { json, state in
                json.object { json in
                    json.members(of: state)
                    json.standing(of: parts.replications.known(of: state.job.id))
                }
            }
        }
    }

    @Sendable private func show(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let state = try await found(call)
        let report = try await NomadJobReport(state, in: call.control.store)
        let replication = try await ReplicationView(state.job, parts.replications, in: call.control.store)
        return .json { json in
            json.members(of: report)
            json.replication(replication)
        }
    }

    /// Throws `notFound` also for a job that the caller's token does not cover.
    func found(_ call: Call) async throws -> NomadJobState {
        let id = call.parameter("nomadJob")
        guard call.covers(nomad: id), let state = try await call.control.store.nomadJob(id) else {
            throw MartletError(.notFound, "there is no job \(id.prefix(128)) of the job API")
        }
        return state
    }

    // MARK: Changing

    @Sendable private func register(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let job = try Self.job(in: try await call.optionalJSON(upTo: NomadCall.largestBody) ?? [:])
        let body = WireWriter.bytes(.json(["Job": job]))
        let request = try Self.refusing { () throws(GoJSONError) in try JobRequest(.register, body: body) }
        let problems = request.spec.problems()
        guard problems.isEmpty else {
            throw MartletError(
                .invalid, "the job is not valid", problems: problems.map { FieldProblem(field: "job", problem: $0) })
        }
        let registered = try await refusing { try await nomadCall(call).register(request) }
        let path = "\(Self.path)/\(URLSegment.encode(registered.job.id))"
        return .json(.accepted, headers: [.location: path]) { json in
            json.field("id", registered.job.id)
            json.field("version", Optional(registered.job.version))
            json.field("evaluation", registered.evaluation?.id)
            json.field("warnings", request.spec.warnings())
        }
    }

    /// From `{"job": …}` or `{"hcl": "…"}`.
    private static func job(in body: JSONValue) throws -> JSONValue {
        let problems = Fields.Problems()
        var fields = Fields(body, problems: problems)
        let (job, text) = (fields.value("job"), fields.string("hcl"))
        fields.finish()
        if (job == nil) == (text == nil) {
            problems.add("job", "send one of job, a job as Nomad has it in JSON, and hcl, its text")
        } else if let job, job.object == nil {
            problems.add("job", "must be an object")
        }
        try problems.check("the request")
        if let job { return job }
        do throws(GoJSONError) {
            return try JobFile.json(text ?? "", isCanonical: false)
        } catch {
            throw MartletError(
                .invalid, "the text is no job", problems: [FieldProblem(field: "hcl", problem: error.message)])
        }
    }

    @Sendable private func stop(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let problems = Fields.Problems()
        var fields = Fields(try await call.optionalJSON() ?? [:], problems: problems)
        let purge = fields.bool("purge") ?? false
        fields.finish()
        try problems.check("the request")
        let state = try await found(call)
        let nomad = nomadCall(call).nomad
        let stopped = try await nomad.deregister(state.job.id, purge: purge)
        return .json(.accepted) { $0.field("evaluation", stopped.evaluation?.id) }
    }

    @Sendable private func pause(_ call: Call) async throws -> Response {
        try await order(call) { try await $0.pause($1) }
    }

    @Sendable private func resume(_ call: Call) async throws -> Response {
        try await order(call) { try await $0.resume($1) }
    }

    /// The job as it is after the order.
    private func order(_ call: Call, _ body: (Nomad, String) async throws -> Void) async throws -> Response {
        try QueryItems(call.request).finish()
        let id = try await found(call).job.id
        do {
            try await body(nomadCall(call).nomad, id)
        } catch NomadClash.unknown {
            throw MartletError(.notFound, "there is no job \(id) of the job API")
        }
        let state = try await found(call)
        return .json { json in
            json.members(of: state)
            json.standing(of: parts.replications.known(of: id))
        }
    }

    // MARK: The facade's work

    /// What the facade does for a call of its own, it does for these, too.
    private func nomadCall(_ call: Call) -> NomadCall {
        NomadCall(
            call.asFacadeCall, parts.nomad(call.control), parts.node, parts.box.settings, parts.places)
    }

    private static func refusing<Value>(_ body: () throws(GoJSONError) -> Value) throws(MartletError) -> Value {
        do throws(GoJSONError) {
            return try body()
        } catch {
            throw MartletError(
                .invalid, "the job is not valid", problems: [FieldProblem(field: "job", problem: error.message)])
        }
    }

    /// Says what the facade refuses as the rest of the house does.
    private func refusing<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let refusal as NomadRefusal {
            switch refusal.status {
            case .forbidden: throw MartletError(.forbidden, refusal.text)
            case .notFound: throw MartletError(.notFound, refusal.text)
            default:
                throw MartletError(
                    .invalid, "the job is not taken", problems: [FieldProblem(field: "job", problem: refusal.text)])
            }
        }
    }
}

extension Call {
    /// Whether the caller's token reaches a job of the job API.
    fileprivate func covers(nomad job: String) -> Bool {
        principal.rights.covers(job: nil, labels: [NomadLabel.job: job])
    }
}

/// A text as one segment of a path: ids of jobs may have slashes.
enum URLSegment {
    private static let kept = CharacterSet(
        charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
    static func encode(_ text: String) -> String { text.addingPercentEncoding(withAllowedCharacters: kept) ?? "" }
}
