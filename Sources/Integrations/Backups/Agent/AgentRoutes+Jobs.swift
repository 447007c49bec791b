import HTTPTypes
import Hummingbird
import MartletCore
import MartletEngine
import MartletHTTP

// Rules that start by themselves, and the agent as a whole.
extension AgentRoutes {
    var jobRoutes: [Route] {
        [
            Route(
                .get, "/api/agent/jobs", "List the rules of the plan with their times", access: .server(.read),
                .listAgentJobs, jobs),
            Route(
                .put, "/api/agent/jobs", "Let a rule sleep, or wake it up", access: .server(.run), .putAgentJob, putJob),
            Route(
                .get, "/api/agent/state", "Show what the agent is doing", access: .server(.read), .showAgentState, state
            ),
            Route(
                .put, "/api/agent/state", "Keep every rule from starting, or let them go on", access: .server(.admin),
                .putAgentState, putState),
        ]
    }

    func node(_ call: Call) -> LocalNode { LocalNode(volumes(call)) }

    var planned: [PlannedBackup] {
        box.inventory.plans(own: desk.settings.node).flatMap(\.backups)
    }

    @Sendable private func jobs(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let planned = planned
        let times = try await node(call).times(of: planned)
        return .json { json in
            json.members(of: desk)
            json.array("items", zip(planned, times)) { json, entry in
                let (planned, times) = entry
                json.object { json in
                    json.field("volume", planned.volume.name.json)
                    json.field("mode", planned.rule.mode.rawValue)
                    json.field("previous", times.previous)
                    json.field("next", times.next)
                    json.field("isAsleep", times.isAsleep)
                    json.field("problem", box.problem(ofSchedule: planned.scheduleName))
                }
            }
        }
    }

    @Sendable private func putJob(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let problems = Fields.Problems()
        var fields = Fields(try await call.optionalJSON() ?? .null, problems: problems)
        let name = fields.volume("volume")
        let mode: VolumeMode? = fields.choice("mode")
        let isAsleep = fields.bool("isAsleep")
        if isAsleep == nil, fields.value("isAsleep") == nil { fields.problem("isAsleep", "is missing") }
        fields.finish()
        try problems.check("the rule")
        guard let job = planned.first(where: { $0.volume.name == name && $0.rule.mode == mode }) else {
            throw MartletError(.notFound, "the plan of this agent has no such rule")
        }
        try await node(call).setAsleep(isAsleep ?? false, job, by: call.controller)
        return .json { $0.members(of: desk) }
    }

    @Sendable private func state(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let state = try await node(call).state()
        return .json { $0.members(of: state) }
    }

    @Sendable private func putState(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let problems = Fields.Problems()
        var fields = Fields(try await call.optionalJSON() ?? .null, problems: problems)
        let isStopped = fields.bool("isStopped")
        if isStopped == nil, fields.value("isStopped") == nil { fields.problem("isStopped", "is missing") }
        fields.finish()
        try problems.check("the state")
        try await node(call).setStopped(isStopped ?? false, by: call.controller)
        let state = try await node(call).state()
        return .json { $0.members(of: state) }
    }
}

extension JSONWriter {
    fileprivate mutating func members(of state: NodeState) {
        field("startedAt", state.startedAt)
        field("updatedAt", state.updatedAt)
        field("isStopped", state.isStopped)
        field("running", Optional(state.running))
        field("threads", Optional(state.threads))
        field("resident", Optional(state.resident))
        field("reserved", Optional(state.reserved))
    }
}

extension Operation {
    private static let state = Schema.answer([
        "startedAt": .instant.orNull, "updatedAt": .instant.orNull, "isStopped": .boolean,
        "running": .integer(0 ... .max, "Unfinished runs about volumes"), "threads": .integer(),
        "resident": .integer(nil, "Bytes in memory"), "reserved": .integer(nil, "Bytes of address space"),
    ])

    static let listAgentJobs = Operation(
        "listAgentJobs", tag: "agent",
        answers: [Answer(.ok, "Each rule of each volume", .answer(["items": .list(of: .any)]))],
        examples: [Example("all", .ok)])

    static let putAgentJob = Operation(
        "putAgentJob", tag: "agent",
        body: Body(.request(["volume": .any, "mode": .words(["full", "increment"]), "isAsleep": .boolean])),
        answers: [Answer(.ok, "It does, durably", .any)], problems: [.notFound, .conflict, .unavailable],
        examples: [Example("nothing", body: [:], .badRequest)])

    static let showAgentState = Operation(
        "showAgentState", tag: "agent", answers: [Answer(.ok, "The state", state)], problems: [.unavailable],
        examples: [Example("show", .ok)])

    static let putAgentState = Operation(
        "putAgentState", tag: "agent", body: Body(.request(["isStopped": .boolean])),
        answers: [Answer(.ok, "The state", state)], problems: [.unavailable],
        examples: [Example("go on", body: ["isStopped": false], .ok)])
}
