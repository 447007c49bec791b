import GoWire
import Hummingbird
import MartletCore
import MartletEngine
import MartletHTTP
import Replication

/// Calls about jobs that are replications.
extension NomadJobRoutes {
    var replicationRoutes: [Route] {
        let one = Self.path + "/{nomadJob}"
        return [
            Route(
                .get, one + "/lag", "How a replication went lately: its lag and its rows a second",
                access: .covered(.read), .replicationLag, lag),
            Route(
                .post, one + "/verify", "Compare both sides of a replication, while it goes on",
                access: .covered(.run), .verifyReplication, verify),
        ]
    }

    @Sendable private func lag(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let id = try await found(call).job.id
        let history = parts.replications.known(of: id)?.history ?? ReplicationHistory()
        return .json { $0.members(of: history) }
    }

    /// Throws `conflict` naming the run while another comparison goes on.
    @Sendable private func verify(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let record = try await found(call).job
        let comparison = try await comparison(of: record, call)
        let task = TaskSpec(name: "verify", driver: ComparisonDriver.name, spec: comparison.spec)
        let name = "nomad." + record.id
        let job = Job(
            name: Token.isValid(name) ? name : nil, tasks: [task], labels: ComparisonDriver.labels(of: record))
        return try await call.answer(
            try await call.control.submit(
                Submission(
                    work: .inline(job), key: "\(ComparisonDriver.name):\(record.id)",
                    ambientSecrets: comparison.secrets, trigger: call.trigger, rights: call.principal.rights)))
    }

    private func comparison(
        of job: NomadJobRecord, _ call: Call
    ) async throws -> (spec: JSONValue, secrets: [String: Secret]) {
        let known = try await call.control.store.nomadContent(of: NomadJobEdition(job))?.secrets ?? [:]
        let spec = try JobSpec(stored: job.content)
        var configs: [ReplicationRole: [String: JSONValue]] = [:]
        var secrets: [String: Secret] = [:]
        for group in spec.groups {
            for task in group.tasks where task.driver == ReplicationDriver.name {
                guard let role = ReplicationCheck.role(of: task, in: group, of: spec),
                    ReplicationCheck.refusal(of: task, in: group, of: spec) == nil
                else { continue }
                let hidden = ReplicationSecrets.hiding(
                    .object(task.config), as: "\(ReplicationSecrets.variable)\(role.word.uppercased())_"
                ) { path in known["\(group.name)\0\(task.name)\(path)"] }
                configs[role] = hidden.config.object ?? [:]
                secrets.merge(hidden.secrets) { $1 }
            }
        }
        guard let source = configs[.source], let target = configs[.target] else {
            throw MartletError(
                .conflict,
                "the job \(job.id) has not both a source and a target of the driver \(ReplicationDriver.name)")
        }
        let folder = "\(parts.box.settings.replicationsDirectory)/\(ReplicationFolder.name(of: job.id))"
        return (
            ReplicationComparison(job: job.id, folder: folder, source: source, target: target).spec, secrets
        )
    }
}
