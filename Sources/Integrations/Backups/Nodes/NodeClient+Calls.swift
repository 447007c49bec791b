import MartletCore
import NIOHTTP1
import NIOCore

// What an agent can be asked for: AgentRoutes.
extension NodeClient {
    /// How an agent is found to be.
    struct Standing: Sendable, Hashable {
        var node: String
        var instance: String
        var plan: String?

        init(_ reply: JSONValue) throws(MartletError) {
            guard let node = reply.object?["node"]?.string, let instance = reply.object?["instance"]?.string else {
                throw MartletError(.unavailable, "what answers there is no agent of ours")
            }
            (self.node, self.instance, plan) = (node, instance, reply.object?["plan"]?.string)
        }
    }

    func put(_ plan: AgentPlan, version: String, at address: String) async throws(MartletError) -> Standing {
        let body: JSONValue = ["version": .string(version), "plan": plan.document(withPasswords: true)]
        return try Standing(
            await call(address, Call(method: .PUT, path: "/api/agent/plan", body: body, limit: .seconds(60))))
    }

    /// What is new after `cursor`; waits on the agent for it.
    func news(after cursor: Int64, wait: Int64, at address: String) async throws(MartletError) -> (
        report: NodeReport, hasMore: Bool
    ) {
        let reply = try await call(
            address,
            Call(
                path: "/api/agent/records?after=\(cursor)&limit=500&wait=\(wait)",
                limit: .seconds(10 + wait)))
        let standing = try Standing(reply)
        guard let next = reply.object?["next"]?.wholeNumber, next >= 0 else {
            throw MartletError(.unavailable, "the agent's answer has no cursor")
        }
        let records = try Self.records(reply)
        let report = NodeReport(
            node: standing.node, instance: standing.instance, cursor: next, records: records, plan: standing.plan)
        return (report, reply.object?["hasMore"] == true)
    }

    /// These as they are now; what the agent does not know is left out.
    func records(of runs: [RunID], at address: String) async throws(MartletError) -> [NodeRecord] {
        let ids = runs.map(\.description).joined(separator: ",")
        return try Self.records(await call(address, Call(path: "/api/agent/records?runs=\(ids)")))
    }

    func backUp(
        _ volume: VolumeName, _ mode: VolumeMode?, key: String, at address: String
    ) async throws(MartletError) -> RunID {
        var body: [String: JSONValue] = ["volume": volume.json]
        body["mode"] = mode.map { .string($0.rawValue) }
        return try await start("/api/agent/backups", body, key, address)
    }

    /// Nil: it waits until the volume is free.
    func enqueue(_ volume: VolumeName, _ mode: VolumeMode, at address: String) async throws(MartletError) -> RunID? {
        let body: JSONValue = ["volume": volume.json, "mode": .string(mode.rawValue), "queue": true]
        let reply = try await call(address, Call(method: .POST, path: "/api/agent/backups", body: body))
        return reply.object?["id"]?.string.flatMap { RunID($0) }
    }

    func restore(
        _ version: VolumeVersion, to target: VolumeName, _ wish: Volumes.RestoreWish, key: String, at address: String
    ) async throws(MartletError) -> RunID {
        var body: [String: JSONValue] = [
            "volume": target.json, "snapshot": .string(version.content.snapshot), "version": .string(version.name),
            "source": .string(version.content.node),
            "dryRun": .bool(wish.dryRun), "keepState": .bool(wish.keepState),
        ]
        body["paths"] = wish.paths.map { .array($0.map(JSONValue.string)) }
        return try await start("/api/agent/restores", body, key, address)
    }

    private func start(
        _ path: String, _ body: [String: JSONValue], _ key: String, _ address: String
    ) async throws(MartletError) -> RunID {
        let reply = try await call(
            address, Call(method: .POST, path: path, body: .object(body), idempotencyKey: key))
        if let id = reply.object?["id"]?.string.flatMap({ RunID($0) }) { return id }
        throw MartletError(.unavailable, "the agent's answer names no run")
    }

    private static func records(_ reply: JSONValue) throws(MartletError) -> [NodeRecord] {
        var records: [NodeRecord] = []
        for value in reply.object?["records"]?.array ?? [] { records.append(try NodeRecord(parsing: value)) }
        return records
    }
}
