import GoWire
import Hummingbird
import MartletCore
import MartletEngine
import MartletHTTP

// Jobs and what is done with them.
extension BackupAnswer {
    /// `isWhole`: version 1 shows the machine's paths, too.
    func jobs(of app: String, isWhole: Bool) async throws -> Response {
        _ = try await views(of: app)
        let filter = JobFilter(query)
        let entries = try await fleet.entries(of: app, rights).filter { filter.admits($0.job) }
        return .wire(
            .ok,
            .array(
                entries.map { entry in
                    var entry = entry
                    if !isWhole { entry.job = entry.job.forOwners }
                    return entry.wire
                }))
    }

    func job(_ id: String, of app: String) async throws -> Response {
        _ = try await views(of: app)
        guard let entry = try await fleet.entries(of: app, rights).first(where: { $0.job.id == id }) else {
            throw Self.noJob(id, app)
        }
        return .wire(.ok, entry.job.forOwners.wire)
    }

    /// `word`: run, sleep or wakeup, in any case.
    func act(_ word: String, _ id: String, of app: String) async throws -> Response {
        _ = try await views(of: app)
        guard let action = JobAction(rawValue: word.lowercased()) else {
            throw BackupRefusal(
                .badRequest, "unknown_action",
                "\(word.prefix(50)) is not one of \(JobAction.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        guard let planned = fleet.job(id, of: app, rights) else { throw Self.noJob(id, app) }
        switch action {
        case .run: return try await start(planned)
        case .sleep, .wakeup: try await fleet.setAsleep(action == .sleep, planned, by: caller)
        }
        return .wire(.ok, "OK")
    }

    /// 202 and no record yet where `queue=true` lets it wait for the volume.
    private func start(_ planned: PlannedBackup) async throws -> Response {
        let mayWait = ["true", "1"].contains(try await form()["queue"])
        do {
            let record = try call.idempotency(["run": .string(planned.job.id)], scope: "backups ")
            return .record(try await fleet.start(planned, by: caller, record))
        } catch let error as MartletError where error.code == .conflict && mayWait {
            if let record = try await fleet.enqueue(planned, by: caller) { return .record(record) }
            return .wire(.accepted, .object([("queued", .bool(true))]))
        } catch let error as MartletError where error.code == .conflict {
            throw try await busy(error, VolumeJobs.key(planned.volume.name))
        }
    }

    private static func noJob(_ id: String, _ app: String) -> BackupRefusal {
        BackupRefusal(.notFound, "job_not_found", "\(app) has no job \(id.prefix(64))")
    }

    // MARK: Of machines

    /// Of every node, by its address.
    func allJobs() async throws -> Response {
        let plans = try await fleet.informedPlans(rights)
        let nodes = Dictionary(grouping: plans, by: \.address).sorted { $0.key.number < $1.key.number }
        return .wire(
            .ok,
            .object(
                nodes.map { ($0.key.description, .array($0.value.flatMap(\.jobs).map(\.wire))) }))
    }

    func jobs(at address: String) async throws -> Response {
        let address = try Self.address(address)
        let plans = try await fleet.informedPlans(rights).filter { $0.address == address }
        return .wire(.ok, .array(plans.flatMap(\.jobs).map(\.wire)))
    }

    func state(at address: String) async throws -> Response {
        try needAllRights()
        return .wire(.ok, try await fleet.state(at: Self.address(address)).wire)
    }

    /// `word`: start or stop.
    func act(_ word: String, at address: String) async throws -> Response {
        try needAllRights()
        let address = try Self.address(address)
        guard ["start", "stop"].contains(word) else {
            throw BackupRefusal(.badRequest, "unknown_action", "\(word.prefix(50)) is not one of start, stop")
        }
        try await fleet.setStopped(word == "stop", at: address, by: caller)
        return .wire(.ok, "OK")
    }

    private static func address(_ text: String) throws(BackupRefusal) -> IPv4 {
        if let address = IPv4(text) { return address }
        throw BackupRefusal(.badRequest, "bad_address", "unvalid ip addr")
    }

    /// Only below the place that the settings name. The copy holds the keys: where tokens are asked for it takes an
    /// administrator's. An open listener has no administrators, and its callers had this call before.
    func copyStore() async throws -> Response {
        try needAllRights()
        guard call.principal.identity == .anonymous || rights.role == .admin else {
            throw BackupRefusal(.forbidden, "forbidden", "this needs a token with the role admin")
        }
        guard let directory = try await form()["dir"] else {
            throw BackupRefusal(.forbidden, "dir_empty", "dir is empty")
        }
        let place = facade.box.settings.copies
        let path = directory.hasPrefix("/") ? directory : "\(place)/\(directory)"
        if let problem = PathPattern.problem(path) { throw BackupRefusal.badPath(directory, problem) }
        guard path == place || path.hasPrefix(place + "/") else {
            throw BackupRefusal.badPath(directory, "must lie below the place of backups.copies")
        }
        let inner = String(path.dropFirst(place.count))
        try await facade.copyStore(inner)
        AuditScope.current?.note("store copy \(inner.isEmpty ? "/" : String(inner.drop { $0 == "/" }))")
        return .wire(.ok, "CREATED")
    }
}

/// What can be done with a job.
private enum JobAction: String, CaseIterable {
    case run, sleep, wakeup
}

extension BackupJob {
    /// Where a volume lies on its machine is not for its owners.
    fileprivate var forOwners: BackupJob {
        var job = self
        job.arguments["path"] = nil
        job.arguments["archive"] = nil
        return job
    }
}
