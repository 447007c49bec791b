import GoWire
import HTTPTypes
import MartletCore
import MartletEngine

/// What is asked of deployments.
extension NomadCall {
    func fail(deployment id: String) async throws -> NomadReply {
        let found = try await active(id, "can't fail terminal deployment")
        let target = try await revertTarget(of: found)
        return try await order(.fail(deployment: found.id), revertsTo: target)
    }

    /// Has it wait, or go on.
    func pause(deployment id: String) async throws -> NomadReply {
        let body = try await object()
        try check(body, names: id)
        let found = try await active(id, "can't pause terminal deployment")
        return try await order(.pauseDeployment(found.id, isPaused: body.member("Pause") == true))
    }

    func promote(deployment id: String) async throws -> NomadReply {
        let body = try await object()
        try check(body, names: id)
        let found = try await active(id, "can't promote terminal deployment")
        let groups = (body.member("Groups")?.array ?? []).compactMap(\.string)
        let isWhole = body.member("All") == true
        if !isWhole, groups.isEmpty {
            throw NomadRefusal(.badRequest, "say which canaries: All as true, or their groups in Groups")
        }
        if let unknown = groups.first(where: { found.groups[$0] == nil }) {
            throw NomadRefusal(
                .badRequest, "Groups names \(GoErrors.quoted(unknown)), which is no group of the deployment")
        }
        do {
            return try await order(.promote(deployment: found.id, groups: isWhole ? nil : Set(groups)))
        } catch NomadClash.unready(let groups) {
            let lines = groups.map {
                "Task group \(GoErrors.quoted($0.group)) has \($0.healthy)/\($0.desired) healthy allocations"
            }
            throw NomadRefusal(.internalServerError, GoErrors.text(lines))
        }
    }

    /// Throws the 404 of a deployment that is not there, and 500 with `refusal` for one that has ended.
    private func active(_ id: String, _ refusal: String) async throws -> NomadDeployment {
        let id = try uuid(id, "deployment")
        guard let found = try await store.nomadDeployments(.deployment(id)).items.first, covers(found.edition.job)
        else {
            throw NomadRefusal(.notFound, "deployment not found")
        }
        guard found.status.isActive else { throw NomadRefusal(.internalServerError, refusal) }
        return found
    }

    private func check(_ body: JSONValue, names id: String) throws(NomadRefusal) {
        guard let named = body.member("DeploymentID")?.string, !named.isEmpty else {
            throw NomadRefusal(.badRequest, "DeploymentID must be specified")
        }
        guard named == id else { throw NomadRefusal(.badRequest, "Deployment ID does not match") }
    }

    /// The version that a failure takes the job back to.
    private func revertTarget(of deployment: NomadDeployment) async throws -> Int? {
        let edition = deployment.edition
        guard deployment.mayRevert, let job = try await store.nomadJob(edition.job)?.job else { return nil }
        let stable = try await store.nomadVersions(of: edition.job).first {
            $0.isStable && $0.version < edition.version
        }
        return stable?.content == job.content ? nil : stable?.version
    }

    private func order(_ wish: NomadWish, revertsTo version: Int? = nil) async throws -> NomadReply {
        let (evaluation, index) = try await nomad.ask(wish)
        return .write(
            [
                "DeploymentModifyIndex": .int(index), "EvalCreateIndex": .int(index), "EvalID": .string(evaluation),
                "Index": .int(index), "RevertedJobVersion": version.map { .int(Int64($0)) } ?? .null,
            ], index)
    }
}
