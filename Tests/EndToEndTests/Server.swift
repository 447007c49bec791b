import AsyncHTTPClient
import Foundation
import HTTPTypes
import MartletCore
import NIOCore
import NIOHTTP1

/// The real binary, serving a data directory on a port of its own.
final class Server: Sendable {
    let child: Child
    let url: String
    let token: String
    let data: String
    /// Kept so that its files outlive the server.
    private let scratch: Scratch

    /// The build directory: the one this test runs from.
    static let binaries: String = {
        let test = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let beside = URL(filePath: test).deletingLastPathComponent().path
        if FileManager.default.isExecutableFile(atPath: beside + "/martlet") { return beside }
        for argument in CommandLine.arguments where argument.contains(".xctest") {
            return URL(filePath: argument).deletingLastPathComponent().path
        }
        return FileManager.default.currentDirectoryPath + "/.build/debug"
    }()

    static let environment = [
        "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": "/nonexistent", "LANG": "C.UTF-8",
        "SWIFT_BACKTRACE": "enable=no",
    ]

    /// The same bytes for the same value: what comes again under an idempotency key is compared.
    private static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return encoder
    }()

    /// Says at once when nobody listens: a killed server must not look like a slow one.
    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = .seconds(60)
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    /// Starts and waits for the line that says where it listens. `enter`: what puts a program elsewhere.
    init(
        _ scratch: Scratch, data: String? = nil, listen: String = "127.0.0.1:0", command: String = "serve",
        arguments: [String] = [], environment: [String: String] = [:], within enter: [String] = []
    ) async throws {
        let data = data ?? scratch.path("data")
        self.data = data
        self.scratch = scratch
        let child = try Child(
            enter + [Self.binaries + "/martlet", command, "--data-dir", data, "--listen", listen] + arguments,
            environment: Self.environment.merging(environment) { $1 }, directory: scratch.url,
            name: "server-\(UUID().uuidString.prefix(8))")
        self.child = child
        url = try await eventually("the server listens") {
            let text = (try? String(contentsOf: child.output, encoding: .utf8)) ?? ""
            if let line = text.split(separator: "\n").first(where: { $0.hasPrefix("listening on ") }) {
                return String(line.dropFirst("listening on ".count))
            }
            if let status = child.reaped() { throw ServerEnded(status: status) }
            return nil
        }
        token = try String(contentsOfFile: data + "/admin.token", encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    deinit {
        child.end()
    }

    struct ServerEnded: Error { let status: Int32 }

    enum Verb: String { case GET, POST, PUT, DELETE }

    struct Reply {
        let status: Int
        let headers: HTTPHeaders
        let body: [UInt8]
        var text: String { String(decoding: body, as: UTF8.self) }
        var json: JSONValue { (try? JSONParser.parse(body)) ?? .null }
    }

    func call(
        _ method: Verb = .GET, _ path: String, body: JSONValue? = nil, headers: [String: String] = [:],
        timeout: Int64 = 180
    ) async throws -> Reply {
        var request = HTTPClientRequest(url: url + path)
        request.method = HTTPMethod(rawValue: method.rawValue)
        request.headers.add(name: "Authorization", value: "Bearer \(token)")
        for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
        if let body {
            request.headers.replaceOrAdd(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: try Self.encoder.encode(body)))
        }
        let response = try await Self.client.execute(request, timeout: .seconds(timeout))
        let buffer = try await response.body.collect(upTo: 1 << 30)
        return Reply(
            status: Int(response.status.code), headers: response.headers, body: Array(buffer.readableBytesView))
    }

    /// Submits and returns the id.
    func submit(_ body: JSONValue, key: String? = nil) async throws -> String {
        let reply = try await call(.POST, "/api/runs", body: body, headers: key.map { ["Idempotency-Key": $0] } ?? [:])
        guard reply.status == 202, let id = reply.json["id"].string else { throw Refused(reply: reply.text) }
        return id
    }

    struct Refused: Error { let reply: String }

    func run(_ id: String) async throws -> JSONValue { try await call(.GET, "/api/runs/\(id)").json }

    /// The run once it has ended.
    func ended(_ id: String, within seconds: Double = 180) async throws -> JSONValue {
        try await eventually("run \(id) ends", within: seconds) {
            let run = try await self.run(id)
            return RunState(rawValue: run["state"].string ?? "")?.isEnd == true ? run : nil
        }
    }

    /// The run once it is in `state`.
    func reaches(_ state: RunState, _ id: String) async throws -> JSONValue {
        try await eventually("run \(id) is \(state)") {
            let run = try await self.run(id)
            return run["state"].string == state.rawValue ? run : nil
        }
    }

    func log(_ id: String, _ query: String = "") async throws -> String {
        try await call(.GET, "/api/runs/\(id)/log\(query)").text
    }
}

extension JSONValue {
    subscript(_ key: String) -> JSONValue { object?[key] ?? .null }
    subscript(_ index: Int) -> JSONValue {
        guard let array, array.indices.contains(index) else { return .null }
        return array[index]
    }
}
