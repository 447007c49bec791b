import AsyncHTTPClient
import Foundation
import MartletCore
import NIOCore
import NIOHTTP1

/// A release server on a directory of its own, ended with the value.
final class BenchServer {
    let data: String
    let url: String
    let token: String
    /// From the start of the process to the line that says it listens.
    let startSeconds: Double
    let process: Process
    var caller: BenchCaller { BenchCaller(url: url, token: token) }

    init(
        _ machine: Machine, data: String? = nil, listen: String = "127.0.0.1:0", environment: [String: String] = [:]
    ) async throws {
        let data =
            data ?? FileManager.default.temporaryDirectory.appending(path: "martlet-bench-\(UUID().uuidString)").path
        self.data = data
        let process = Process()
        process.executableURL = URL(filePath: machine.binaries + "/martlet")
        process.arguments = ["serve", "--data-dir", data, "--listen", listen]
        process.environment = ["PATH": "/usr/bin:/bin", "SWIFT_BACKTRACE": "enable=no", "MARTLET_LIMITS_MIN_FREE": "0"]
            .merging(environment) { $1 }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        let start = ContinuousClock.now
        try process.run()
        self.process = process
        var said = Data()
        while !said.contains(UInt8(ascii: "\n")) {
            let part = pipe.fileHandleForReading.availableData
            if part.isEmpty {
                throw MartletError(.internal, "the server did not start: \(String(decoding: said, as: UTF8.self))")
            }
            said += part
        }
        startSeconds = (ContinuousClock.now - start) / .seconds(1)
        let line =
            String(decoding: said, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("listening on ") } ?? ""
        url = String(line.dropFirst("listening on ".count))
        token = try String(contentsOfFile: data + "/admin.token", encoding: .utf8).trimmingCharacters(
            in: .whitespacesAndNewlines)
    }

    func stop(removing: Bool = true) {
        process.terminate()
        process.waitUntilExit()
        if removing { try? FileManager.default.removeItem(atPath: data) }
    }

    func call(_ method: String, _ path: String, _ body: JSONValue? = nil) async throws -> JSONValue {
        try await caller.call(method, path, body)
    }

    func ended(_ id: String) async throws -> JSONValue {
        while true {
            let run = try await call("GET", "/api/runs/\(id)")
            if RunState(rawValue: run.object?["state"]?.string ?? "")?.isEnd == true { return run }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// Resident and anonymous memory of the server in MB.
    func memory() throws -> (resident: Double, anonymous: Double) {
        (try megabytes("VmRSS"), try megabytes("RssAnon"))
    }

    /// The most that was resident since its start, in MB.
    func greatestMemory() throws -> Double { try megabytes("VmHWM") }

    private func megabytes(_ key: String) throws -> Double {
        let status = try String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix(key) } ?? ""
        return (line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Double($0) } ?? .nan) / 1000
    }
}

/// Calls a server as the bearer of a token.
struct BenchCaller: Sendable {
    let url: String
    let token: String
    var client = HTTPClient.shared

    /// Hands out a caller with so many connections: the shared client has eight at most.
    static func with<Result>(
        _ connections: Int, to server: BenchServer, _ body: (BenchCaller) async throws -> Result
    ) async throws -> Result {
        var settings = HTTPClient.Configuration.singletonConfiguration
        settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connections
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
        do {
            let result = try await body(BenchCaller(url: server.url, token: server.token, client: client))
            try await client.shutdown()
            return result
        } catch {
            try? await client.shutdown()
            throw error
        }
    }

    func call(_ method: String, _ path: String, _ body: JSONValue? = nil) async throws -> JSONValue {
        try JSONParser.parse(try await answer(method, path, body).body.readableBytesView)
    }

    func answer(
        _ method: String, _ path: String, _ body: JSONValue? = nil
    ) async throws -> (headers: HTTPHeaders, body: ByteBuffer) {
        var request = HTTPClientRequest(url: url + path)
        request.method = .init(rawValue: method)
        request.headers.add(name: "Authorization", value: "Bearer \(token)")
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: try JSONEncoder().encode(body)))
        }
        let response = try await client.execute(request, timeout: .seconds(600))
        let bytes = try await response.body.collect(upTo: 1 << 26)
        guard (200..<300).contains(response.status.code) else {
            throw MartletError(.internal, "\(method) \(path): \(response.status.code) \(String(buffer: bytes))")
        }
        return (response.headers, bytes)
    }
}

/// A load generator that shares no code with the server: Debian's `wrk`.
enum Load {
    struct Result {
        let perSecond: Double
        let p50: Double
        let p99: Double
        let errors: String
    }

    static func run(_ server: BenchServer, path: String, connections: Int, seconds: Int, post: String? = nil) throws
        -> Result
    {
        try run(
            url: server.url, token: server.token, path: path, connections: connections, seconds: seconds, post: post)
    }

    static func run(
        url: String, token: String, path: String, connections: Int, seconds: Int, post: String? = nil
    ) throws -> Result {
        let script = FileManager.default.temporaryDirectory.appending(path: "wrk-\(UUID().uuidString).lua")
        defer { try? FileManager.default.removeItem(at: script) }
        var lua = "wrk.headers[\"Authorization\"] = \"Bearer \(token)\"\n"
        if let post {
            lua += "wrk.method = \"POST\"\nwrk.headers[\"Content-Type\"] = \"application/json\"\nwrk.body = '\(post)'\n"
        }
        try lua.write(to: script, atomically: true, encoding: .utf8)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/wrk")
        process.arguments = [
            "-t1", "-c\(connections)", "-d\(seconds)s", "--latency", "-s", script.path, url + path,
        ]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        func word(after key: String) -> String {
            guard let line = text.split(separator: "\n").first(where: { $0.contains(key) }) else { return "" }
            return String(line.split(whereSeparator: \.isWhitespace).last ?? "")
        }
        let errors = text.split(separator: "\n").filter { $0.contains("Non-2xx") || $0.contains("Socket errors") }
            .joined(separator: "; ")
        return Result(
            perSecond: Double(word(after: "Requests/sec")) ?? .nan, p50: milliseconds(word(after: "50%")),
            p99: milliseconds(word(after: "99%")), errors: errors)
    }

    private static func milliseconds(_ text: String) -> Double {
        if text.hasSuffix("us") { return (Double(text.dropLast(2)) ?? .nan) / 1000 }
        if text.hasSuffix("ms") { return Double(text.dropLast(2)) ?? .nan }
        if text.hasSuffix("s") { return (Double(text.dropLast()) ?? .nan) * 1000 }
        return .nan
    }
}
