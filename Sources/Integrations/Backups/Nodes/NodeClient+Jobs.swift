import MartletCore
import NIOCore
import NIOHTTP1

// Rules that start by themselves, and the agent as a whole.
extension NodeClient {
    func times(at address: String) async throws(MartletError) -> [RuleName: JobTimes] {
        let reply = try await call(address, Call(path: "/api/agent/jobs", limit: .seconds(3)))
        let problems = Fields.Problems()
        var times: [RuleName: JobTimes] = [:]
        for entry in reply.object?["items"]?.array ?? [] {
            var fields = Fields(entry, problems: problems)
            let mode: VolumeMode? = fields.choice("mode")
            guard let volume = fields.volume("volume"), let mode else { continue }
            times[RuleName(volume, mode)] = JobTimes(
                previous: fields.instant("previous"), next: fields.instant("next"),
                isAsleep: fields.bool("isAsleep") ?? false)
        }
        try problems.check("the agent's answer")
        return times
    }

    func setAsleep(
        _ isAsleep: Bool, _ volume: VolumeName, _ mode: VolumeMode, at address: String
    ) async throws(MartletError) {
        let body: JSONValue = [
            "volume": volume.json, "mode": .string(mode.rawValue), "isAsleep": .bool(isAsleep),
        ]
        _ = try await call(address, Call(method: .PUT, path: "/api/agent/jobs", body: body))
    }

    func setStopped(_ isStopped: Bool, at address: String) async throws(MartletError) {
        _ = try await call(
            address, Call(method: .PUT, path: "/api/agent/state", body: ["isStopped": .bool(isStopped)]))
    }

    func state(at address: String) async throws(MartletError) -> NodeState {
        let reply = try await call(address, Call(path: "/api/agent/state"))
        let problems = Fields.Problems()
        var fields = Fields(reply, problems: problems)
        func count(_ key: String) -> Int64 { Int64(fields.int(key, in: 0 ... .max) ?? 0) }
        let state = NodeState(
            startedAt: fields.instant("startedAt"), updatedAt: fields.instant("updatedAt"),
            isStopped: fields.bool("isStopped") ?? false, running: Int(count("running")), threads: count("threads"),
            resident: count("resident"), reserved: count("reserved"))
        try problems.check("the agent's answer")
        return state
    }
}
