import Foundation
import MartletCore
import NIOHTTP1

/// The real binary as a Nomad server.
final class JobServer: Sendable {
    typealias Answer = ScriptServer.Answer

    let server: Server
    let scratch: Scratch

    init(_ scratch: Scratch, environment: [String: String] = [:]) async throws {
        self.scratch = scratch
        server = try await Server(scratch, environment: environment)
    }

    convenience init(environment: [String: String] = [:]) async throws {
        try await self.init(try Scratch(), environment: environment)
    }

    func killed() async throws {
        server.child.signal(SIGKILL)
        _ = try await server.child.ended()
    }

    // MARK: Requests

    func send(_ method: Server.Verb, _ path: String, _ body: JSONValue? = nil, timeout: Int64 = 180) async throws
        -> Server.Reply
    {
        try await server.call(method, "/v1" + path, body: body, timeout: timeout)
    }

    func get(_ path: String) async throws -> JSONValue { try await send(.GET, path).json }

    /// A body that is no JSON, or none.
    func raw(_ method: ScriptServer.Method, _ path: String, _ body: String?) async throws -> Answer {
        try await ScriptServer.send(
            method, to: server.url + "/v1" + path, body.map { Array($0.utf8) },
            headers: ["X-Nomad-Token": server.token])
    }

    /// What GET answers with as soon as `holds` is true of it.
    func get(
        _ path: String, within seconds: Double = 180, until holds: @escaping @Sendable (JSONValue) -> Bool
    ) async throws -> JSONValue {
        try await eventually("\(path)", within: seconds) {
            let value = try await self.get(path)
            return holds(value) ? value : nil
        }
    }

    // MARK: Jobs

    /// A job of one group with one task.
    static func job(
        _ id: String, _ script: String, type: String = "batch", group: [String: JSONValue] = [:],
        task: [String: JSONValue] = [:], _ more: [String: JSONValue] = [:]
    ) -> JSONValue {
        let own: [String: JSONValue] = [
            "Name": "t", "Driver": "raw_exec", "Config": ["command": "/bin/sh", "args": ["-c", .string(script)]],
            "Resources": ["CPU": 20, "MemoryMB": 10],
        ]
        let members: [String: JSONValue] = [
            "Name": "g", "Count": 1, "Tasks": [.object(own.merging(task) { $1 })],
        ]
        let job: [String: JSONValue] = [
            "ID": .string(id), "Name": .string(id), "Type": .string(type), "Datacenters": ["dc1"],
            "TaskGroups": [.object(members.merging(group) { $1 })],
        ]
        return ["Job": .object(job.merging(more) { $1 })]
    }

    /// The id of its evaluation.
    @discardableResult
    func register(_ job: JSONValue) async throws -> String {
        let reply = try await send(.POST, "/jobs", job)
        guard reply.status == 200, let id = reply.json["EvalID"].string else {
            throw Server.Refused(reply: "\(reply.status) \(reply.text)")
        }
        return id
    }

    /// Purges jobs, and returns when nothing of any job runs: processes of replications outlive their server.
    func clear(_ jobs: [String]) async throws {
        for job in jobs { _ = try await send(.DELETE, "/job/\(job)?purge=true") }
        try await eventually("nothing runs any more") {
            let runs = try await self.server.call(.GET, "/api/runs?state=pending,running,stopping&limit=1").json[
                "items"]
            return runs.array?.isEmpty == true
        }
    }

    func allocations(
        of job: String, within seconds: Double = 180, until holds: @escaping @Sendable ([JSONValue]) -> Bool
    )
        async throws -> [JSONValue]
    {
        try await get("/job/\(job)/allocations", within: seconds) { holds($0.array ?? []) }.array ?? []
    }

    static func events(_ allocation: JSONValue) -> [String] {
        (allocation["TaskStates"]["t"]["Events"].array ?? []).compactMap { $0["Type"].string }
    }
}

extension Server.Reply {
    /// X-Nomad-Index.
    var index: Int { headers.first(name: "X-Nomad-Index").flatMap { Int($0) } ?? -1 }
    func header(_ name: String) -> String? { headers.first(name: name) }
}
