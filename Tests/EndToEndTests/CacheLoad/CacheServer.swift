import Foundation
import MartletCore

/// The real binary with the stand-in for goosefs, and its callers.
final class CacheServer: Sendable {
    typealias Answer = ScriptServer.Answer

    let site: CacheSite
    let server: Server

    convenience init(
        paths: [String] = ["/ns/a", "/ns/b"], rules: JSONValue = [:], environment: [String: String] = [:]
    ) async throws {
        try await self.init(CacheSite(paths: paths, rules: rules), environment: environment)
    }

    /// Another server on the files of an earlier one.
    init(_ site: CacheSite, listen: String = "127.0.0.1:0", environment: [String: String] = [:]) async throws {
        self.site = site
        server = try await Server(
            site.scratch, listen: listen, environment: site.environment.merging(environment) { $1 })
    }

    deinit { server.child.end() }

    func killed() async throws {
        server.child.signal(SIGKILL)
        _ = try await server.child.ended()
    }

    // MARK: Requests

    func send(
        _ method: ScriptServer.Method, _ path: String, _ body: String? = nil, headers: [String: String] = [:],
        within seconds: Int64 = 180
    ) async throws -> Answer {
        try await ScriptServer.send(
            method, to: server.url + path, body.map { Array($0.utf8) }, headers: headers, within: seconds)
    }

    func get(_ path: String) async throws -> Answer { try await send(.GET, path) }

    /// `POST /api/v1/gfs`.
    func gfs(_ body: String, _ query: String = "", headers: [String: String] = [:], within: Int64 = 180) async throws
        -> Answer
    {
        try await send(.POST, "/api/v1/gfs" + query, body, headers: headers, within: within)
    }

    func gfs(_ action: String, _ paths: [String], name: String? = nil, _ query: String = "") async throws -> Answer {
        var body: [String: JSONValue] = [
            "action": .string("GooseFS\(action)"), "path": .array(paths.map(JSONValue.string)),
        ]
        body["task_name"] = name.map(JSONValue.string)
        return try await gfs(String(decoding: JSONEncoder().encode(JSONValue.object(body)), as: UTF8.self), query)
    }

    struct NotAccepted: Error { let answer: String }

    /// Submits loads; their ids in the order of the paths.
    func load(_ paths: [String], name: String? = nil, action: String = "DistributeLoad") async throws -> [String] {
        let answer = try await gfs(action, paths, name: name)
        let ids = (answer.json.array ?? []).compactMap(\.string)
        guard answer.status == 200, ids.count == paths.count else {
            throw NotAccepted(answer: "\(answer.status) \(answer.text)")
        }
        return ids
    }

    func status(_ query: String) async throws -> JSONValue { try await get("/api/v1/status?" + query).json }

    /// One task's row.
    func task(_ id: String) async throws -> JSONValue { try await status("task_id=\(id)")["data"][id] }

    /// The answer once nothing that it tells of runs any more.
    func done(_ query: String, within seconds: Double = 180) async throws -> JSONValue {
        try await eventually("\(query) is done", within: seconds) {
            let status = try await self.status(query)
            return [.null, "running"].contains(status["status"]) ? nil : status
        }
    }

    func done(task id: String, within seconds: Double = 180) async throws -> JSONValue {
        try await done("task_id=\(id)", within: seconds)["data"][id]
    }

    func output(_ query: String) async throws -> JSONValue { try await get("/api/v1/output?" + query).json }

    /// As soon as the program has been called so often with this command.
    @discardableResult
    func called(_ command: String, times: Int = 1) async throws -> [CacheSite.Call] {
        try await eventually("\(command) is called \(times) times") {
            let calls = try site.calls().filter { $0.command == command }
            return calls.count >= times ? calls : nil
        }
    }
}
