import Foundation
import GoWire
import HTTPTypes
import MartletCore
import MartletEngine
import MartletHTTP

/// Jobs as a whole.
extension NomadCall {
    @Sendable func listJobs() async throws -> NomadReply {
        try await watching(.jobs) {
            let list = try await store.nomadJobs(prefix: prefix)
            let stubs = try list.items.filter { covers($0.job.id) }.map {
                JobJSON.stub($0, try JobSpec(stored: $0.job.content))
            }
            return .read(.array(stubs), list.index)
        }
    }

    @Sendable func parse() async throws -> NomadReply {
        let bytes = try await body()
        return .plain(try refusing { () throws(GoJSONError) in try ParseRequest(body: bytes).answer() })
    }

    @Sendable func validate() async throws -> NomadReply {
        let bytes = try await body()
        return .plain(
            try refusing { () throws(GoJSONError) in try JobRequest(.validate, body: bytes) }.spec.validation())
    }

    @Sendable func register() async throws -> NomadReply { try await register(as: nil) }

    /// `id`: what the path says; nil: nothing.
    func register(as id: String?) async throws -> NomadReply {
        let bytes = try await body()
        let request = try refusing { () throws(GoJSONError) in try JobRequest(.register, body: bytes, id: id) }
        let registered = try await register(request)
        return .write(
            [
                "EvalCreateIndex": .int(registered.evaluation?.createIndex ?? 0),
                "EvalID": .string(registered.evaluation?.id ?? ""),
                "Index": .int(registered.evaluation?.createIndex ?? 0),
                "JobModifyIndex": .int(registered.job.jobModifyIndex), "KnownLeader": false, "LastContact": 0,
                "Warnings": .string(request.spec.warnings()),
            ], registered.evaluation?.createIndex ?? 0)
    }

    /// Stores a job that may be had and that its caller may have.
    func register(_ request: JobRequest) async throws -> NomadRegistered {
        let spec = request.spec
        if spec.region != settings.region { throw NomadRefusal(.internalServerError, "No path to region") }
        if let refusal = spec.refusal() { throw NomadRefusal(.internalServerError, refusal) }
        try demand(spec.id)
        try permit(spec)
        return try await store(spec, request)
    }

    private func store(_ spec: JobSpec, _ request: JobRequest) async throws -> NomadRegistered {
        let old = try await store.nomadJob(spec.id)?.job
        if let problem = spec.changeProblem(from: try old.map { try JobSpec(stored: $0.content) }) {
            throw NomadRefusal(.internalServerError, problem)
        }
        do {
            var draft = try await draft(spec, over: old)
            draft.isStopped = request.stop
            return try await nomad.register(
                draft, enforcing: request.enforceIndex ? .index(Int64(clamping: request.jobModifyIndex)) : .none)
        } catch let clash as NomadClash {
            let existing: UInt64? =
                switch clash {
                case .conflict(let actual): UInt64(actual)
                case .exists: UInt64(old?.jobModifyIndex ?? 0)
                case .absent, .moved, .unknown, .unready: nil
                }
            throw NomadRefusal(
                .internalServerError,
                request.enforcementProblem(existing: existing) ?? "the job was changed at this moment")
        }
    }

    /// A job with its passwords apart. What was made by another job stays that one's child.
    func draft(_ spec: JobSpec, over old: NomadJobRecord?) async throws -> NomadJobDraft {
        var known: [String: Secret] = [:]
        if let old { known = try await store.nomadContent(of: NomadJobEdition(old))?.secrets ?? [:] }
        let sealed = try SealedJob(spec, over: try old.map { try JobSpec(stored: $0.content).json }, known: known)
        let parent = old?.parentID ?? ""
        return NomadJobDraft(
            id: spec.id, type: NomadJobType(rawValue: spec.typeName) ?? .service, priority: spec.priority,
            parentID: parent, isTemplate: parent.isEmpty && (spec.periodic != nil || spec.parameterized != nil),
            content: sealed.content, secrets: sealed.secrets)
    }

    /// Whoever may have commands run is as powerful as this server.
    func permit(_ spec: JobSpec) throws(NomadRefusal) {
        let runsCommands = spec.groups.contains { $0.tasks.contains { node.drivers.contains($0.driver) } }
        let isAnonymous = call.principal.identity == .anonymous
        guard runsCommands, isAnonymous ? !settings.openCommands : rights.role < .admin else { return }
        throw NomadRefusal(
            .forbidden,
            "Permission denied: commands of one's own (raw_exec, exec) need a token with the role admin in X-Nomad-Token, or the setting jobs.openCommands on a listener without tokens"
        )
    }

    func refusing<Value>(_ body: () throws(GoJSONError) -> Value) throws(NomadRefusal) -> Value {
        do throws(GoJSONError) {
            return try body()
        } catch {
            throw NomadRefusal(.badRequest, error.message)
        }
    }
}
