import HTTPTypes
import Hummingbird
import MartletCore
import MartletEngine
package import MartletHTTP

/// What an agent serves to its controller, beside the native API. On no other listener.
package struct AgentRoutes: Sendable {
    let desk: AgentDesk
    let box: BackupBox

    /// Longest wait for news; the controller asks again.
    private static let longestWait: Int64 = 30

    package init(desk: AgentDesk, box: BackupBox) {
        self.desk = desk
        self.box = box
    }

    package var routes: [Route] {
        [
            Route(
                .get, "/api/agent", "Show the agent's name, store and plan", access: .server(.read), .showAgent, show),
            Route(.put, "/api/agent/plan", "Give the agent its plan", access: .server(.admin), .putPlan, putPlan),
            Route(
                .get, "/api/agent/records", "List the runs about volumes that changed after an event",
                access: .server(.read), .listRecords, records),
            Route(
                .post, "/api/agent/backups", "Start a backup of a volume of the plan", access: .server(.run),
                .startAgentBackup, backup),
            Route(
                .post, "/api/agent/restores", "Start a restore to a volume of the plan", access: .server(.run),
                .startAgentRestore, restore),
        ] + jobRoutes
    }

    func volumes(_ call: Call) -> Volumes { Volumes(control: call.control, box: box) }
    private func records(_ call: Call) -> AgentRecords { AgentRecords(desk: desk, control: call.control) }

    @Sendable private func show(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        return .json { $0.members(of: desk) }
    }

    @Sendable private func putPlan(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let body = try await call.optionalJSON(upTo: AgentPlan.longestDocument) ?? .null
        let problems = Fields.Problems()
        var fields = Fields(body, problems: problems)
        let version = fields.string("version", maxBytes: 64) ?? ""
        if !Token.isValid(version) { fields.problem("version", "must name this version of the plan: it \(Token.rule)") }
        let document = fields.value("plan")
        if document == nil { fields.problem("plan", "is missing") }
        fields.finish()
        try problems.check("the plan")
        let plan = try AgentPlan(parsing: document ?? .null, root: desk.settings.root)
        try await desk.confirm(plan, version: version, call.control)
        return .json { $0.members(of: desk) }
    }

    @Sendable private func records(_ call: Call) async throws -> Response {
        var query = try QueryItems(call.request)
        let after = query.int("after", in: 0...Int64.max) ?? 0
        let limit = query.int("limit", in: 1...Int64(AgentRecords.mostEvents)).map(Int.init) ?? 500
        let wait = query.int("wait", in: 0...Self.longestWait) ?? 0
        let words = query.text("runs")?.split(separator: ",").map(String.init)
        let runs = words?.compactMap { RunID($0) }
        if words?.count != runs?.count { query.problem("runs", "must be ids of runs with commas between them") }
        try query.finish()
        if let runs {
            let found = try await records(call).records(of: runs)
            return .json { json in
                json.members(of: desk)
                json.array("records", found) { $0.value($1.json) }
            }
        }
        let page = try await records(call).page(after: after, limit: limit, wait: .seconds(wait))
        return .json { json in
            json.members(of: desk)
            json.array("records", page.records) { $0.value($1.json) }
            json.field("next", Optional(page.next))
            json.field("hasMore", page.hasMore)
        }
    }

    @Sendable private func backup(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let body = try await call.optionalJSON() ?? .null
        let problems = Fields.Problems()
        var fields = Fields(body, problems: problems)
        let name = Self.required(&fields)
        let mode: VolumeMode? = fields.choice("mode")
        let mayWait = fields.bool("queue") ?? false
        fields.finish()
        try problems.check("the backup")
        if mayWait, let planned = planned.first(where: { $0.volume.name == name && $0.rule.mode == mode }) {
            let record = try await node(call).enqueue(planned, by: call.controller)
            return .json { json in
                json.field("id", record?.run?.description)
                json.field("queued", record == nil)
            }
        }
        let work = try await volumes(call).backupWork(of: try declared(name), mode: mode)
        return try await call.answer(
            try await volumes(call).submit(work, by: call.controller, call.idempotency(["backup": body])))
    }

    @Sendable private func restore(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let body = try await call.optionalJSON() ?? .null
        let problems = Fields.Problems()
        var fields = Fields(body, problems: problems)
        let name = Self.required(&fields)
        let snapshot = fields.string("snapshot", maxBytes: 64) ?? ""
        if !ResticLine.isSnapshot(snapshot) { fields.problem("snapshot", "must be 8 to 64 hex digits") }
        let version = fields.string("version", maxBytes: 1024) ?? ""
        let source = fields.string("source", maxBytes: 1024) ?? ""
        var wish = Volumes.RestoreWish()
        wish.paths = fields.strings("paths", maxCount: Volumes.mostPaths)
        wish.dryRun = fields.bool("dryRun") ?? false
        wish.keepState = fields.bool("keepState") ?? true
        fields.finish()
        try problems.check("the restore")
        let target = try volumes(call).declared(try declared(name))
        return try await call.answer(
            try await volumes(call).restore(
                snapshot, named: version, madeOn: source, to: target, wish, by: call.controller,
                call.idempotency(["restore": body])))
    }

    private static func required(_ fields: inout Fields) -> VolumeName? {
        let name = fields.volume("volume")
        if name == nil, fields.value("volume") == nil { fields.problem("volume", "is missing") }
        return name
    }

    /// Throws `notFound` for what the plan does not have.
    private func declared(_ name: VolumeName?) throws(MartletError) -> VolumeName {
        guard let name, box.inventory[name] != nil else {
            throw MartletError(.notFound, "the plan of this agent has no volume \(name?.description ?? "")")
        }
        return name
    }
}

extension Call {
    /// Whoever asked the controller is told in its records.
    var controller: Volumes.Caller { Volumes.Caller(trigger: trigger, rights: principal.rights) }
}

extension JSONWriter {
    mutating func members(of desk: AgentDesk) {
        field("node", desk.settings.node)
        field("instance", desk.instance)
        field("plan", desk.version)
        field("volumes", Optional(desk.plan?.volumes.count ?? 0))
    }
}
