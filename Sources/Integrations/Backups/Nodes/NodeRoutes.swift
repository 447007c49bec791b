import HTTPTypes
import Hummingbird
import MartletCore
import MartletEngine
import MartletHTTP

/// What a controller knows of its nodes and of what they ran.
struct NodeRoutes: Sendable {
    let box: BackupBox
    let desk: NodeDesk

    var routes: [Route] {
        [
            Route(.get, "/api/nodes", "List the nodes and how they are", access: .server(.read), .listNodes, list),
            Route(
                .get, "/api/nodes/runs", "List the copies of what nodes ran, newest first", access: .covered(.read),
                .listNodeRuns, runs),
            Route(
                .get, "/api/nodes/runs/{run}", "Show a backup or a restore, of any machine", access: .covered(.read),
                .showNodeRun, show),
        ]
    }

    private func volumes(_ call: Call) -> Volumes { Volumes(control: call.control, box: box, nodes: desk) }

    @Sendable private func list(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        return .json { json in
            json.array("items", desk.all) { json, status in
                json.object { json in
                    json.field("name", status.name)
                    json.field("address", status.address)
                    json.field("state", status.state.rawValue)
                    json.field("plan", status.plan)
                    json.field("isConfirmed", status.isConfirmed)
                    json.field("heardAt", status.heardAt)
                    json.field("problem", status.problem)
                }
            }
        }
    }

    @Sendable private func runs(_ call: Call) async throws -> Response {
        var items = try QueryItems(call.request)
        var query = NodeRecordQuery(app: items.text("app"), node: items.text("node"))
        query.limit = items.int("limit", in: 1...1000).map(Int.init) ?? 100
        if let cursor = items.text("cursor") {
            query.before = RunID(cursor)
            if query.before == nil {
                items.problem("cursor", "is not one of ours; take it from `next` of the page before")
            }
        }
        try items.finish()
        let records = try await call.control.store.nodeRecords(query)
        let volumes = volumes(call)
        let visible = records.filter { volumes.covers($0.volume, call.principal.rights) }
        return .json { json in
            json.array("items", visible) { $0.value($1.shown) }
            json.field("next", records.count == query.limit ? records.last?.run.description : nil)
        }
    }

    @Sendable private func show(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        guard let run = RunID(call.parameter("run")) else {
            throw MartletError(.notFound, "there is no record of the run \(call.parameter("run").prefix(64))")
        }
        var record = try await volumes(call).record(run, call.principal.rights)
        if let wait = call.preferredWait, !record.state.isEnd {
            if try await call.control.store.nodeRecord(run) != nil {
                record = try await desk.wait(for: run, upTo: wait, call.control)
            } else {
                _ = try await call.control.wait(for: run, upTo: wait)
                record = try await volumes(call).record(run, call.principal.rights)
            }
        }
        return .json { $0.members(of: record) }
    }
}

extension Call {
    /// As a submission is answered, wherever it runs: 202, or after `Prefer: wait` 200 with what became of it.
    func answer(_ started: Volumes.Started, _ nodes: NodeDesk?) async throws -> Response {
        switch started {
        case .here(let accepted): return try await answer(accepted)
        case .there(let run, let node):
            if let nodes, let wait = preferredWait {
                let record = try await nodes.wait(for: run, upTo: wait, control)
                if record.state.isEnd { return .json { $0.members(of: record) } }
            }
            return .json(.accepted, headers: [.location: "/api/nodes/runs/\(run)"]) { json in
                json.field("id", run.description)
                json.field("state", RunState.pending.rawValue)
                json.field("node", node)
            }
        }
    }
}

extension NodeRecord {
    /// As callers see it: `id` as of every run.
    var shown: JSONValue {
        var members = json.object ?? [:]
        members["id"] = members.removeValue(forKey: "run")
        members["made"] = nil
        return .object(members)
    }
}

extension JSONWriter {
    mutating func members(of record: NodeRecord) {
        for (name, value) in (record.shown.object ?? [:]).sorted(by: { $0.key < $1.key }) { field(name, value) }
    }
}
