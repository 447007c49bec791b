import Foundation
import HTTPTypes
import MartletCore
import MartletEngine

/// Evaluations, allocations, deployments.
extension NomadCall {
    // MARK: Ids

    /// The prefix of a list of UUIDs: hexadecimal, of even length. `kind`: as the error names it.
    func uuidPrefix(_ kind: String) throws(NomadRefusal) -> String {
        let digits = prefix.filter { $0 != "-" }
        func refuse(_ text: String) -> NomadRefusal {
            NomadRefusal(.internalServerError, "\(kind) lookup failed: index error: \(text)")
        }
        if digits.count % 2 != 0 { throw refuse("Input (without hyphens) must be even length") }
        if prefix.utf8.count > 36 || !digits.allSatisfy(\.isHexDigit) {
            throw refuse("Invalid UUID: \(prefix.prefix(40))")
        }
        return prefix.lowercased()
    }

    func uuid(_ id: String, _ kind: String) throws(NomadRefusal) -> String {
        func refuse(_ text: String) -> NomadRefusal {
            NomadRefusal(.internalServerError, "\(kind) lookup failed: index error: \(text)")
        }
        guard id.utf8.count == 36 else { throw refuse("UUID must be 36 characters") }
        guard id.allSatisfy({ $0.isHexDigit || $0 == "-" }) else { throw refuse("Invalid UUID: \(id)") }
        return id.lowercased()
    }

    // MARK: Evaluations

    @Sendable func listEvaluations() async throws -> NomadReply {
        let prefix = try uuidPrefix("eval")
        return try await watching(.evaluations) { try await evaluations(.prefix(prefix)) }
    }

    func evaluations(of job: String) async throws -> NomadReply {
        try await watching(.evaluations) { try await evaluations(.job(job)) }
    }

    private func evaluations(_ selection: NomadSelection) async throws -> NomadReply {
        let list = try await store.nomadEvaluations(selection)
        return .read(.array(list.items.filter { covers($0.jobID) }.map(LedgerJSON.evaluation)), list.index)
    }

    func evaluation(_ id: String) async throws -> NomadReply {
        let id = try uuid(id, "eval")
        return try await watching(.evaluations) {
            let list = try await store.nomadEvaluations(.prefix(id))
            guard let found = list.items.first, covers(found.jobID) else {
                throw NomadRefusal(.notFound, "eval not found", index: list.index)
            }
            return .read(LedgerJSON.evaluation(found), found.modifyIndex)
        }
    }

    func placed(by evaluation: String) async throws -> NomadReply {
        let id = try uuid(evaluation, "eval")
        return try await watching(.allocations) { try await allocations(.evaluation(id)) }
    }

    // MARK: Allocations

    @Sendable func listAllocations() async throws -> NomadReply {
        let prefix = try uuidPrefix("alloc")
        return try await watching(.allocations) { try await allocations(.prefix(prefix)) }
    }

    /// Of the present life of a job alone, unless `?all=true` asks for those of an earlier one of the same name; once it is
    /// purged, of all.
    func allocations(of job: String) async throws -> NomadReply {
        let wantsAll = try isTrue("all")
        return try await watching(.allocations) {
            let created = wantsAll ? nil : try await store.nomadJob(job)?.job.createIndex
            return try await allocations(.job(job)) { created == nil || $0.created == created }
        }
    }

    func allocations(on node: String) async throws -> NomadReply {
        let id = try uuid(node, "node")
        return try await watching(.allocations) {
            let list = try await store.nomadAllocations(.node(id), withHistory: true)
            let whole = try await whole(list.items.filter { covers($0.record.jobID) })
            return .read(.array(whole), list.index)
        }
    }

    func deployed(by deployment: String) async throws -> NomadReply {
        let id = try uuid(deployment, "deployment")
        return try await watching(.allocations) {
            try await allocations(.deployment(id))
        }
    }

    private func allocations(
        _ selection: NomadSelection, where isMeant: (NomadJobEdition) -> Bool = { _ in true }
    ) async throws -> NomadReply {
        let list = try await store.nomadAllocations(selection, withHistory: true)
        let found = list.items.filter { covers($0.record.jobID) && isMeant($0.record.edition) }
        return .read(.array(stubs(found)), list.index)
    }

    private func stubs(_ all: [NomadAllocationRuns]) -> [JSONValue] {
        all.map { LedgerJSON.stub(NomadAllocationView($0), node: node.facts.name) }
    }

    func allocation(_ id: String) async throws -> NomadReply {
        let id = try uuid(id, "alloc")
        return try await watching(.allocations) {
            let list = try await store.nomadAllocations(.prefix(id), withHistory: true)
            guard let found = list.items.first, covers(found.record.jobID) else {
                throw NomadRefusal(.notFound, "alloc not found", index: list.index)
            }
            return .read(try await whole([found])[0], found.record.modifyIndex)
        }
    }

    /// Each with the job of its version.
    private func whole(_ all: [NomadAllocationRuns]) async throws -> [JSONValue] {
        var jobs: [NomadJobEdition: JSONValue] = [:]
        var shown: [JSONValue] = []
        for runs in all {
            let edition = runs.record.edition
            if jobs[edition] == nil { jobs[edition] = try await job(edition, runs.record.type) }
            shown.append(
                LedgerJSON.allocation(NomadAllocationView(runs), job: jobs[edition], node: node.facts.name))
        }
        return shown
    }

    /// As it was when it was placed.
    private func job(_ edition: NomadJobEdition, _ type: NomadJobType) async throws -> JSONValue? {
        guard let (version, _) = try await store.nomadContent(of: edition) else { return nil }
        let spec = try JobSpec(stored: version.content)
        let record = NomadJobRecord(
            id: edition.job, type: type, priority: spec.priority, version: version.version, isStable: version.isStable,
            submitTime: version.submitTime, createIndex: edition.created, modifyIndex: version.jobModifyIndex,
            jobModifyIndex: version.jobModifyIndex)
        return JobJSON.record(record, spec, status: JobJSON.status(of: spec, version: version.version))
    }

    /// Throws the 404 of an allocation that is not there, or not the caller's.
    func runs(of allocation: String, withHistory: Bool = false) async throws -> NomadAllocationRuns {
        let id = try uuid(allocation, "alloc")
        guard let found = try await store.nomadAllocations(.prefix(id), withHistory: withHistory).items.first,
            covers(found.record.jobID)
        else { throw NomadRefusal(.notFound, "alloc not found") }
        return found
    }

    func stop(_ allocation: String) async throws -> NomadReply {
        let found = try await runs(of: allocation)
        let (evaluation, index) = try await nomad.ask(.stop(allocation: found.record.id))
        return .write(["EvalID": .string(evaluation), "Index": .int(index)], index)
    }

    // MARK: Deployments

    @Sendable func listDeployments() async throws -> NomadReply {
        let prefix = try uuidPrefix("deployment")
        return try await watching(.deployments) { try await deployments(.prefix(prefix)) }
    }

    /// As ``allocations(of:)``.
    func deployments(of job: String) async throws -> NomadReply {
        let wantsAll = try isTrue("all")
        return try await watching(.deployments) {
            let created = wantsAll ? nil : try await store.nomadJob(job)?.job.createIndex
            return try await deployments(.job(job)) { created == nil || $0.created == created }
        }
    }

    private func deployments(
        _ selection: NomadSelection, where isMeant: (NomadJobEdition) -> Bool = { _ in true }
    ) async throws -> NomadReply {
        let list = try await store.nomadDeployments(selection)
        let found = list.items.filter { covers($0.edition.job) && isMeant($0.edition) }
        return .read(.array(found.map(LedgerJSON.deployment)), list.index)
    }

    /// The newest; null where there is none. That of an earlier life says nothing of the job as it is.
    func deployment(of job: String) async throws -> NomadReply {
        try await watching(.deployments) {
            let created = try await store.nomadJob(job)?.job.createIndex
            let list = try await store.nomadDeployments(.job(job))
            let newest = list.items
                .filter { covers($0.edition.job) && (created == nil || $0.edition.created == created) }
                .max { $0.createIndex < $1.createIndex }
            return .read(newest.map(LedgerJSON.deployment) ?? .null, newest?.modifyIndex ?? list.index)
        }
    }

    func oneDeployment(_ id: String) async throws -> NomadReply {
        let id = try uuid(id, "deployment")
        return try await watching(.deployments) {
            let list = try await store.nomadDeployments(.prefix(id))
            guard let found = list.items.first, covers(found.edition.job) else {
                throw NomadRefusal(.notFound, "deployment not found", index: list.index)
            }
            return .read(LedgerJSON.deployment(found), found.modifyIndex)
        }
    }
}
