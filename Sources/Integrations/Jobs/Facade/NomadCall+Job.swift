import Foundation
import GoWire
import HTTPTypes
import MartletCore
import MartletEngine

/// One job.
extension NomadCall {
    /// Throws the 404 of a job that is not there, or not the caller's.
    func state(of id: String) async throws -> NomadJobState {
        guard covers(id), let state = try await store.nomadJob(id) else {
            throw NomadRefusal(.notFound, "job not found", index: try await store.nomadIndexes()[.jobs] ?? 0)
        }
        return state
    }

    func job(_ id: String) async throws -> NomadReply {
        try await watching(.jobs) {
            let state = try await state(of: id)
            let spec = try JobSpec(stored: state.job.content)
            return .read(JobJSON.record(state.job, spec, status: state.status.rawValue), state.job.modifyIndex)
        }
    }

    /// 200 for an unknown job, too.
    func deregister(_ id: String) async throws -> NomadReply {
        let purges = try isTrue("purge")
        try demand(id)
        if id.utf8.count > JobCheck.longestID {
            throw NomadRefusal(.badRequest, "Job ID is longer than \(JobCheck.longestID) bytes")
        }
        let (evaluation, index) = try await nomad.deregister(id, purge: purges)
        return .write(
            [
                "EvalCreateIndex": .int(evaluation?.createIndex ?? 0), "EvalID": .string(evaluation?.id ?? ""),
                "Index": .int(evaluation?.createIndex ?? index), "JobModifyIndex": .int(index), "KnownLeader": false,
                "LastContact": 0, "VolumeEvalID": "", "VolumeEvalIndex": 0,
            ], evaluation?.createIndex ?? index)
    }

    func summary(of id: String) async throws -> NomadReply {
        try await watching(.jobs) {
            let state = try await state(of: id)
            return .read(JobJSON.summary(state, try JobSpec(stored: state.job.content)), state.summaryIndex)
        }
    }

    func versions(of id: String) async throws -> NomadReply {
        try await watching(.jobs) {
            guard covers(id), let state = try await store.nomadJob(id) else {
                throw NomadRefusal(
                    .notFound, "job versions not found", index: try await store.nomadIndexes()[.jobs] ?? 0)
            }
            let versions = try await store.nomadVersions(of: id).map { ($0, try JobSpec(stored: $0.content)) }
            let shown = versions.map { version, spec in
                let isNewest = version.version == state.job.version
                return JobJSON.record(
                    state.job, spec, status: JobJSON.status(of: spec, version: version.version),
                    version: isNewest ? nil : version)
            }
            var diffs = JSONValue.null
            if query["diffs"] == "true", versions.count > 1 {
                diffs = .array(
                    zip(versions, versions.dropFirst()).map { new, old in JobDiff(from: old.1, to: new.1).json })
            }
            let index = state.job.modifyIndex
            return .read(
                [
                    "Diffs": diffs, "Index": .int(index), "KnownLeader": true, "LastContact": 0,
                    "Versions": .array(shown),
                ],
                index)
        }
    }

    func evaluate(_ id: String) async throws -> NomadReply {
        let options = try await object(orEmpty: true)
        if let named = options.member("JobID")?.string, !named.isEmpty, named != id {
            throw NomadRefusal(.badRequest, "JobID not same as job name")
        }
        let state = try await state(of: id)
        if state.job.isTemplate {
            throw NomadRefusal(
                .internalServerError, "can't evaluate \(JobJSON.kind(try JobSpec(stored: state.job.content))) job")
        }
        let isForced = options.member("EvalOptions")?.member("ForceReschedule") == true
        let (evaluation, index) = try await nomad.ask(.evaluate(job: id, forceReschedule: isForced))
        return .write(
            [
                "EvalCreateIndex": .int(index), "EvalID": .string(evaluation), "Index": .int(index),
                "JobModifyIndex": .int(state.job.modifyIndex), "KnownLeader": false, "LastContact": 0, "Warnings": "",
            ], index)
    }

    /// What registering the posted job would do; nothing is stored.
    func plan(_ id: String) async throws -> NomadReply {
        let bytes = try await body()
        let request = try refusing { () throws(GoJSONError) in try JobRequest(.plan, body: bytes, id: id) }
        let spec = request.spec
        if spec.region != settings.region { throw NomadRefusal(.internalServerError, "No path to region") }
        if let refusal = spec.refusal() { throw NomadRefusal(.internalServerError, refusal) }
        try demand(id)
        let old = try await store.nomadJob(id)
        let before = try old.map { try JobSpec(stored: $0.job.content) }
        let sealed = try await draft(spec, over: old?.job)
        let after = try JobSpec(stored: sealed.content)
        let desired = PlanPreview(try await nomad.preview(sealed))
        let diff = JobDiff(
            from: before, to: after, stopped: (old?.job.isStopped ?? false, false), updates: desired.updates)
        let index = old?.job.jobModifyIndex ?? 0
        return .write(
            [
                "Annotations": ["DesiredTGUpdates": desired.json, "PreemptedAllocs": .null], "CreatedEvals": .null,
                "Diff": request.diff ? diff.json : .null, "FailedTGAllocs": desired.failed, "Index": .int(index),
                "JobModifyIndex": .int(index), "NextPeriodicLaunch": try nextLaunch(of: after),
                "Warnings": .string(spec.warnings()),
            ], index)
    }

    private func nextLaunch(of spec: JobSpec) throws -> JSONValue {
        guard let periodic = spec.periodic, periodic.isEnabled else { return .null }
        return try periodic.timetable().next(after: control.now()).map { .string(GoText.time($0.nanoseconds)) } ?? .null
    }

    func stable(_ id: String) async throws -> NomadReply {
        let body = try await object()
        try check(body, names: id)
        let version = Int(body.member("JobVersion")?.whole ?? 0)
        _ = try await state(of: id)
        let index: Int64
        do {
            index = try await nomad.setStable(id, version: version, body.member("Stable") == true)
        } catch NomadClash.unknown {
            throw NomadRefusal(.internalServerError, "job \(GoErrors.quoted(id)) at version \(version) not found")
        }
        return .write(["Index": .int(index)], index)
    }

    /// Registers an older version once more.
    func revert(_ id: String) async throws -> NomadReply {
        let body = try await object()
        try check(body, names: id)
        let version = Int(body.member("JobVersion")?.whole ?? 0)
        let state = try await state(of: id)
        if version == state.job.version { throw NomadRefusal(.internalServerError, "can't revert to current version") }
        let edition = NomadJobEdition(job: id, created: state.job.createIndex, version: version)
        guard let (content, secrets) = try await store.nomadContent(of: edition) else {
            throw NomadRefusal(.internalServerError, "job \(GoErrors.quoted(id)) at version \(version) not found")
        }
        if case .int(let prior)? = body.member("EnforcePriorVersion"), prior != Int64(state.job.version) {
            throw NomadRefusal(
                .internalServerError,
                "Current job has version \(state.job.version); enforcing version \(prior)")
        }
        let spec = try JobSpec(stored: content.content)
        try permit(spec)
        var draft = try nomad.planner.draft(of: content.content, like: state.job)
        draft.secrets = secrets
        let registered = try await nomad.register(draft)
        let index = registered.evaluation?.createIndex ?? registered.job.jobModifyIndex
        return .write(
            [
                "EvalCreateIndex": .int(registered.evaluation?.createIndex ?? 0),
                "EvalID": .string(registered.evaluation?.id ?? ""), "Index": .int(index),
                "JobModifyIndex": .int(registered.job.jobModifyIndex), "KnownLeader": false, "LastContact": 0,
                "Warnings": "",
            ], index)
    }

    private func check(_ body: JSONValue, names id: String) throws(NomadRefusal) {
        guard let named = body.member("JobID")?.string, !named.isEmpty else {
            throw NomadRefusal(.badRequest, "JobID must be specified")
        }
        guard named == id else { throw NomadRefusal(.badRequest, "Job ID does not match") }
    }

    // MARK: Children

    func force(_ id: String) async throws -> NomadReply {
        let state = try await state(of: id)
        guard try JobSpec(stored: state.job.content).periodic != nil else {
            throw NomadRefusal(.internalServerError, "can't force launch non-periodic job")
        }
        if state.job.isStopped {
            throw NomadRefusal(.internalServerError, "Specified job \(GoErrors.quoted(id)) is stopped")
        }
        let registered = try await nomad.force(state.job)
        let index = registered.evaluation?.createIndex ?? 0
        return .write(
            ["EvalCreateIndex": .int(index), "EvalID": .string(registered.evaluation?.id ?? ""), "Index": .int(index)],
            index)
    }

    func dispatch(_ id: String) async throws -> NomadReply {
        let body = try await object(orEmpty: true)
        if let named = body.member("JobID")?.string, !named.isEmpty, named != id {
            throw NomadRefusal(.badRequest, "Job ID does not match")
        }
        let state = try await state(of: id)
        guard let parameterized = try JobSpec(stored: state.job.content).parameterized else {
            throw NomadRefusal(
                .internalServerError, "Specified job \(GoErrors.quoted(id)) is not a parameterized job")
        }
        if state.job.isStopped {
            throw NomadRefusal(.internalServerError, "Specified job \(GoErrors.quoted(id)) is stopped")
        }
        let payload = body.member("Payload")?.string ?? ""
        let given = body.member("Meta")?.object ?? [:]
        if let wrong = given.first(where: { $0.value.string == nil })?.key {
            throw NomadRefusal(
                .badRequest, "json: cannot unmarshal Meta.\(wrong.prefix(64)) into Go value of type string")
        }
        let meta = given.compactMapValues(\.string)
        try Self.check(payload, meta, parameterized)
        var changes: [String: JSONValue] = [:]
        if !payload.isEmpty { changes["Payload"] = .string(payload) }
        if !meta.isEmpty {
            let own = try JobSpec(stored: state.job.content).meta
            changes["Meta"] = .object(own.merging(meta) { $1 }.mapValues(JSONValue.string))
        }
        let digits = String(UInt32.random(in: .min ... .max), radix: 16)
        let suffix = String(repeating: "0", count: 8 - digits.count) + digits
        let child = "\(id)/dispatch-\(Int64(Date().timeIntervalSince1970))-\(suffix)"
        let registered = try await launch(child, of: state.job, changes)
        let index = registered.evaluation?.createIndex ?? 0
        return .write(
            [
                "DispatchedJobID": .string(child), "EvalCreateIndex": .int(index),
                "EvalID": .string(registered.evaluation?.id ?? ""), "Index": .int(index),
                "JobCreateIndex": .int(registered.job.createIndex),
            ], index)
    }

    private static func check(
        _ payload: String, _ meta: [String: String], _ rule: JobSpec.Parameterized
    ) throws(NomadRefusal) {
        func refuse(_ text: String) throws(NomadRefusal) { throw NomadRefusal(.internalServerError, text) }
        if payload.utf8.count > 16 << 10 {
            try refuse("Payload exceeds maximum size; \(payload.utf8.count) > \(16 << 10)")
        }
        if Data(base64Encoded: payload) == nil {
            throw NomadRefusal(.badRequest, "json decode error: illegal base64 data in Payload")
        }
        if rule.payload == "forbidden", !payload.isEmpty { try refuse("Payload is not allowed") }
        if rule.payload == "required", payload.isEmpty {
            try refuse("Payload is not provided but required by parameterized job")
        }
        let unknown = meta.keys.filter { !rule.metaRequired.contains($0) && !rule.metaOptional.contains($0) }.sorted()
        if !unknown.isEmpty {
            try refuse("Dispatch request included unpermitted metadata keys: [\(unknown.joined(separator: " "))]")
        }
        let missing = rule.metaRequired.filter { meta[$0] == nil }.sorted()
        if !missing.isEmpty {
            try refuse("Dispatch did not provide required meta keys: [\(missing.joined(separator: " "))]")
        }
    }

    private func launch(
        _ child: String, of parent: NomadJobRecord, _ changes: [String: JSONValue]
    ) async throws -> NomadRegistered {
        let secrets = try await store.nomadContent(of: NomadJobEdition(parent))?.secrets ?? [:]
        let planner = JobsPlanner(node, settings, places)
        do {
            return try await nomad.register(try planner.child(of: parent, named: child, changes, secrets: secrets))
        } catch let error as GoJSONError {
            throw NomadRefusal(.badRequest, error.message)
        }
    }
}
