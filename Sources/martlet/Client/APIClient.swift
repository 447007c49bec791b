import AsyncHTTPClient
import Foundation
import MartletCore
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// The native API as the commands call it.
struct APIClient: Sendable {
    let base: String
    let token: String?
    private let http: HTTPClient

    /// `authority`: a PEM file whose certificates are trusted instead of the system's.
    init(base: String, token: String?, authority: String? = nil) {
        self.base = base
        self.token = token
        http = Self.clients.withLock { clients in
            let client = clients[authority] ?? Self.client(authority)
            clients[authority] = client
            return client
        }
    }

    /// By the file of trusted certificates. They live as long as the program.
    private static let clients = Mutex<[String?: HTTPClient]>([:])

    /// Says at once when nobody listens; whoever wants to wait for a server does so himself.
    private static func client(_ authority: String?) -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = .seconds(5)
        configuration.connectionPool.retryConnectionEstablishment = false
        if let authority {
            configuration.tlsConfiguration = .makeClientConfiguration()
            configuration.tlsConfiguration?.trustRoots = .file(authority)
        }
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    struct Reply: Sendable {
        let status: Int
        let bytes: [UInt8]
        var text: String { String(decoding: bytes, as: UTF8.self) }

        func json() throws -> JSONValue {
            do {
                return try JSONParser.parse(bytes)
            } catch {
                throw MartletError(.internal, "the server's answer is no JSON: \(error)")
            }
        }
    }

    /// The connection could not be made, or ended too early.
    struct Unreachable: Error, CustomStringConvertible {
        let base: String
        let reason: String
        /// Somebody answers, whose certificate is refused.
        var isUntrusted = false
        var description: String {
            "cannot reach the server at \(base): \(reason)\n  start one with: martlet serve\n  or name it with --server URL, or its directory with --data-dir"
        }
    }

    /// Calls and reads the whole answer. An error answer is thrown as what the server said.
    @discardableResult
    func call(
        _ method: String, _ path: String, body: JSONValue? = nil, headers: [String: String] = [:],
        accept: Set<Int> = [], within seconds: Int64 = 60
    ) async throws -> Reply {
        var request = self.request(method, path, headers)
        if let body {
            request.headers.replaceOrAdd(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: JSONText.line(body)))
        }
        return try await reaching {
            let response = try await http.execute(request, timeout: .seconds(seconds))
            let buffer = try await response.body.collect(upTo: 256 << 20)
            let reply = Reply(status: Int(response.status.code), bytes: Array(buffer.readableBytesView))
            if reply.status >= 400, !accept.contains(reply.status) { throw complaint(reply) }
            return reply
        }
    }

    /// Hands the answer's pieces to `sink` as they come, until the server ends it.
    func stream(_ path: String, sink: ([UInt8]) throws -> Void) async throws {
        let request = self.request("GET", path, [:])
        try await reaching {
            let response = try await http.execute(request, deadline: .distantFuture)
            guard response.status.code < 400 else {
                let buffer = try await response.body.collect(upTo: 1 << 20)
                throw complaint(Reply(status: Int(response.status.code), bytes: Array(buffer.readableBytesView)))
            }
            for try await buffer in response.body { try sink(Array(buffer.readableBytesView)) }
        }
    }

    private func request(_ method: String, _ path: String, _ headers: [String: String]) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: base + path)
        request.method = .init(rawValue: method)
        request.headers.add(name: "User-Agent", value: "martlet/\(Version.current)")
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
        return request
    }

    private func reaching<T>(_ body: () async throws -> T) async throws -> T {
        do {
            return try await body()
        } catch let error as HTTPClientError {
            throw Unreachable(base: base, reason: "\(error)")
        } catch let error as NIOConnectionError {
            throw Unreachable(
                base: base, reason: error.connectionErrors.first.map { Self.text($0.error) } ?? "no connection")
        } catch  where error is NIOSSLError || error is NIOSSLExtraError {
            throw Unreachable(
                base: base,
                reason:
                    "its certificate is not trusted or not for this name; give the issuer's with --ca FILE (MARTLET_CA)",
                isUntrusted: true)
        } catch  where error is IOError || error is ChannelError {
            throw Unreachable(base: base, reason: Self.text(error))
        }
    }

    private static func text(_ error: any Error) -> String {
        (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
    }

    private func complaint(_ reply: Reply) -> MartletError {
        let problem = (try? reply.json()) ?? .null
        let problems = problem["errors"].items.compactMap { item in
            item["problem"].string.map {
                FieldProblem(field: Terminal.safe(item["field"].string ?? ""), problem: Terminal.safe($0))
            }
        }
        let code = problem["code"].string.flatMap(MartletError.Code.init(rawValue:)) ?? .internal
        let detail = problem["detail"].string ?? "the server answered \(reply.status)"
        return MartletError(code, Terminal.safe(detail), problems: problems)
    }
}
