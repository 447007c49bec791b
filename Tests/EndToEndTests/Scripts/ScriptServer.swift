import AsyncHTTPClient
import Foundation
import MartletCore
import NIOCore
import NIOHTTP1

/// The real binary with script tasks, and its callers.
final class ScriptServer: Sendable {
    let site: Site
    let server: Server

    convenience init(
        _ tasks: String = Fixtures.tasks, arguments: [String] = [], environment: [String: String] = [:]
    ) async throws {
        try await self.init(Site(tasks), arguments: arguments, environment: environment)
    }

    /// Another server on the files of an earlier one.
    init(
        _ site: Site, listen: String = "127.0.0.1:0", arguments: [String] = [], environment: [String: String] = [:]
    ) async throws {
        self.site = site
        server = try await Server(
            site.scratch, listen: listen, arguments: arguments,
            environment: site.environment.merging(environment) { $1 })
    }

    deinit { server.child.end() }

    /// Ends the server with KILL; what it started goes on.
    func killed() async throws {
        server.child.signal(SIGKILL)
        _ = try await server.child.ended()
    }

    // MARK: Requests

    /// Says at once when nobody listens, follows no redirect, and lets any number of callers wait.
    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = .seconds(60)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 2000
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    /// An answer, read as the envelope of the replaced service.
    struct Answer: Sendable {
        let status: Int
        private let headers: HTTPHeaders
        let body: [UInt8]
        let json: JSONValue

        init(_ response: HTTPClientResponse, _ body: [UInt8]) {
            status = Int(response.status.code)
            headers = response.headers
            self.body = body
            json = (try? JSONParser.parse(body)) ?? .null
        }

        func header(_ name: String) -> String? { headers.first(name: name) }

        var text: String { String(decoding: body, as: UTF8.self) }
        var code: JSONValue { json["code"] }
        var data: JSONValue { json["data"] }
        var msg: String { json["msg"].string ?? "no msg: \(text.prefix(500))" }
        /// The native id.
        var run: String { header("X-Martlet-Run") ?? "" }
    }

    enum Method: String, Sendable { case GET, POST, PUT, HEAD, DELETE }

    func send(
        _ method: Method, _ path: String, _ body: [UInt8]? = nil, headers: [String: String] = [:],
        within seconds: Int64 = 180
    ) async throws -> Answer {
        try await Self.send(method, to: server.url + path, body, headers: headers, within: seconds)
    }

    static func send(
        _ method: Method, to url: String, _ body: [UInt8]?, headers: [String: String] = [:], within seconds: Int64 = 180
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        request.method = HTTPMethod(rawValue: method.rawValue)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body { request.body = .bytes(ByteBuffer(bytes: body)) }
        let response = try await client.execute(request, timeout: .seconds(seconds))
        let bytes = Array(try await response.body.collect(upTo: 1 << 28).readableBytesView)
        return Answer(response, bytes)
    }

    func get(_ path: String) async throws -> Answer { try await send(.GET, path) }

    func post(_ path: String, _ body: String = "", headers: [String: String] = [:]) async throws -> Answer {
        try await send(.POST, path, Array(body.utf8), headers: headers)
    }

    // MARK: Calls of tasks

    /// Waits for the end; a name without a slash is in `test`.
    func run(
        _ task: String, _ words: [String] = [], headers: [String: String] = [:], within seconds: Int64 = 180
    ) async throws -> Answer {
        try await send(.POST, "/sync/" + Self.path(task), Self.json(words), headers: headers, within: seconds)
    }

    struct NotStarted: Error { let answer: String }

    /// Starts a task; its session.
    func start(_ task: String, _ words: [String] = [], headers: [String: String] = [:]) async throws -> String {
        let answer = try await send(.POST, "/async/" + Self.path(task), Self.json(words), headers: headers)
        guard answer.status == 200, answer.code == 0, let id = answer.data.string else {
            throw NotStarted(answer: "\(answer.status) \(answer.text)")
        }
        return id
    }

    private static func path(_ task: String) -> String { task.contains("/") ? task : "test/" + task }

    private static func json(_ words: [String]) throws -> [UInt8] { Array(try JSONEncoder().encode(words)) }

    // MARK: Sessions

    func query(_ body: String) async throws -> Answer { try await post("/async/query", body) }

    func session(_ id: String) async throws -> JSONValue { try await query("{\"session_id\":\"\(id)\"}").data[0] }

    @discardableResult func kill(_ id: String) async throws -> Answer {
        try await post("/async/kill", "{\"session_id\":\"\(id)\"}")
    }

    /// The session once it is done.
    func done(_ id: String, within seconds: Double = 180) async throws -> JSONValue {
        try await eventually("session \(id) is done", within: seconds) {
            let session = try await self.session(id)
            return session["done"] == true ? session : nil
        }
    }

    /// Runs of any task that were ever recorded, as the native API lists them.
    func recorded(_ query: String = "") async throws -> [JSONValue] {
        try await server.call(.GET, "/api/runs?limit=1000" + query).json["items"].array ?? []
    }
}
