import AsyncHTTPClient
import Foundation
import Logging
import MartletCore
import MartletEngine
import MartletHTTP
import MartletStore
import MartletTesting
import NIOCore
import NIOHTTP1
import ServiceLifecycle
import Synchronization
import Testing

/// The native API on a port of its own, over a real store, a scripted executor and logs in memory.
final class LiveAPI: Sendable {
    static let token = "mlt_0123456789abcdef0123456789abcdef"

    /// Waits as long as a busy machine may need, and leaves an idle connection before the server does.
    static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration.singletonConfiguration
        configuration.timeout = .init(connect: .seconds(300), read: .seconds(300))
        configuration.connectionPool.idleTimeout = .seconds(20)
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    let control: Control
    let logs = MemoryLogs()
    let routes: [Route]
    let tokens: Tokens
    let port: Int
    private let servesNative: Bool
    private let directory: URL
    private let tasks: [Task<Void, any Error>]

    /// `executor`: what becomes of tasks; of ``obedient``, commands named `hang` run until they are stopped. `now`: for tokens
    /// and sessions.
    init(
        runs: Int = 64, requests: Int = 0, wrongTokens: Int = 0, executor: ScriptedExecutor = LiveAPI.obedient,
        listener: Listener? = nil,
        certificate: ServerCertificate? = nil, recheck: Duration = .seconds(60), facades: [any Facade] = [],
        settings: SettingsView = SettingsView(), now: @escaping @Sendable () -> Date = { Date() }
    ) async throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "http-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let feed = RunFeed()
        let meter = RunMeter()
        let notices = NoticeDesk()
        let store = try SQLiteStore(
            directory: directory, meter: meter, notices: notices, onCommit: { feed.publish($0) })
        let control = Control(
            store: store, executor: executor, files: logs, drivers: Drivers([CommandDriver()]), feed: feed,
            settings: SettingsBox(
                EngineSettings(
                    limits: DispatchLimits(runs: runs), minFree: 0, requestsPerSecond: requests,
                    wrongTokensPerMinute: wrongTokens)),
            meter: meter, notices: notices,
            disk: { DiskState(free: 1 << 40, total: 1 << 41) })
        self.control = control
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        tokens = try await Tokens(store: store, admin: Secret(Self.token), now: now)
        let api = NativeAPI(
            control: control, tokens: tokens, hosts: ["martlet.example"], version: "9.9", recheck: recheck,
            settings: SettingsViewBox(settings), facades: facades)
        routes = api.routes
        servesNative = listener?.facades.contains(.native) ?? true
        let (ports, found) = AsyncStream<Int>.makeStream()
        let listener = try api.service(
            listener ?? Listener(ListenAddress(host: "127.0.0.1", port: 0)), certificate: certificate, logger: logger
        ) { found.yield($0) }
        let dispatcher = Dispatcher(control: control, dataDirectory: directory.path, logger: logger)
        tasks = [Task { try await listener.run() }, Task { try await dispatcher.run() }]
        port = await ports.first { _ in true } ?? 0
    }

    deinit {
        for task in tasks { task.cancel() }
        try? FileManager.default.removeItem(at: directory)
    }

    static var obedient: ScriptedExecutor {
        ScriptedExecutor { _, command in
            switch command?.argv.first {
            case "hang": .hang
            case "fail": .exit(3)
            default: .exit(0)
            }
        }
    }

    struct Reply {
        let status: Int
        let headers: HTTPHeaders
        let bytes: [UInt8]
        var text: String { String(decoding: bytes, as: UTF8.self) }
        var json: JSONValue { (try? JSONParser.parse(bytes)) ?? .null }
    }

    func request(_ method: String, _ path: String, _ headers: [String: String] = [:]) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        request.method = .init(rawValue: method)
        request.headers.add(name: "Authorization", value: "Bearer \(Self.token)")
        for (name, value) in headers {
            request.headers.remove(name: name)
            if !value.isEmpty { request.headers.add(name: name, value: value) }
        }
        return request
    }

    /// An empty header value removes the header. Every answer must be one that the document describes.
    @discardableResult
    func call(
        _ method: String, _ path: String, body: String? = nil, headers: [String: String] = [:]
    ) async throws -> Reply {
        var request = request(method, path, headers)
        if let body {
            if headers["Content-Type"] == nil { request.headers.add(name: "Content-Type", value: "application/json") }
            request.body = .bytes(ByteBuffer(string: body))
        }
        let response = try await LiveAPI.client.execute(request, timeout: .seconds(300))
        let buffer = try await response.body.collect(upTo: 64 << 20)
        let reply = Reply(
            status: Int(response.status.code), headers: response.headers, bytes: Array(buffer.readableBytesView))
        for problem in servesNative ? reply.problems(of: method, path, routes) : [] { Issue.record("\(problem)") }
        return reply
    }

    /// The beginning of an answer; its body is never read.
    func head(_ method: String, _ path: String, _ authorization: String) async throws -> HTTPClientResponse {
        try await LiveAPI.client.execute(
            request(method, path, ["Authorization": authorization]), timeout: .seconds(300))
    }

    func submit(_ body: String = #"{"command":["true"]}"#, headers: [String: String] = [:]) async throws -> String {
        let reply = try await call("POST", "/api/runs", body: body, headers: headers)
        return reply.json["id"].string ?? "refused: \(reply.text)"
    }

    /// The run once it has ended; after 300 s as it is.
    func ended(_ id: String) async throws -> JSONValue {
        let deadline = ContinuousClock.now + .seconds(300)
        while true {
            let run = try await call("GET", "/api/runs/\(id)", headers: ["Prefer": "wait=20"]).json
            let isOver = run["state"].string.flatMap { RunState(rawValue: $0)?.isEnd } ?? true
            if isOver || ContinuousClock.now > deadline { return run }
        }
    }
}

/// What `body` finds within `span`, in which a limit gives nothing back. On a busy machine it may need several tries.
func quickly<Value>(within span: Duration, _ body: () async throws -> Value) async throws -> Value {
    for _ in 0..<10 {
        let start = ContinuousClock.now
        let value = try await body()
        if ContinuousClock.now - start < span { return value }
    }
    return try await body()
}

/// Log files in memory: what a test says the first task of each run wrote.
final class MemoryLogs: LogReader, ReportReader {
    private let text = Mutex<[UInt8]>([])
    private let entries = Mutex<[LogRecord]>([])

    func write(_ more: String, _ stream: LogStream = .stdout) {
        let end = text.withLock {
            $0 += Array(more.utf8)
            return Int64($0.count)
        }
        entries.withLock { $0.append(LogRecord(.bytes(stream), at: Date(), end - Int64(more.utf8.count)..<end)) }
    }

    func records(of task: TaskAddress, from offset: Int64, limit: Int, isOver: Bool) throws -> [LogRecord] {
        let rest = entries.withLock { $0 }.filter { $0.range.upperBound > offset }.prefix(limit)
        return rest.map { LogRecord($0.content, at: $0.at, $0.range.clamped(to: offset..<(.max))) }
    }

    func tasks(of run: RunID) throws -> [TaskAddress] { [TaskAddress(run: run, attempt: 1, task: 0)] }
    func view(of tasks: [TaskAddress], stream: LogStream) throws -> LogView {
        let length = Int64(text.withLock { $0.count })
        return LogView(pieces: tasks.map { .bytes($0, offset: 0, length: length) })
    }
    func read(_ view: LogView, from offset: Int64, upTo limit: Int) throws -> [UInt8] {
        guard case .bytes(_, let start, let length) = view.pieces.first, offset < length else { return [] }
        let end = min(length, offset + Int64(limit))
        return text.withLock { Array($0[Int(start + offset)..<Int(start + end)]) }
    }
    func diskBytes(of run: RunID) throws -> Int64 { 0 }
    func remove(_ run: RunID) throws {}
    func progressLines(of task: TaskAddress, from offset: Int64) throws -> (lines: [[UInt8]], offset: Int64) {
        ([], offset)
    }
    func removeProgress(of task: TaskAddress) {}
}

extension JSONValue {
    subscript(_ key: String) -> JSONValue { object?[key] ?? .null }
    subscript(_ index: Int) -> JSONValue {
        guard let array, array.indices.contains(index) else { return .null }
        return array[index]
    }
    var int: Int64? { if case .int(let value) = self { value } else { nil } }
}
