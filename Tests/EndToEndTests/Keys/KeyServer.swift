import Foundation
import MartletCore

/// The real binary as a Consul that serves keys.
final class KeyServer: Sendable {
    typealias Answer = ScriptServer.Answer

    let server: Server
    /// Where its keys are; nil: here.
    private let consul: KeyServer?

    init(
        _ scratch: Scratch, listen: String = "127.0.0.1:0", environment: [String: String] = [:],
        consul: KeyServer? = nil
    ) async throws {
        self.consul = consul
        server = try await Server(scratch, listen: listen, environment: environment)
    }

    convenience init(environment: [String: String] = [:]) async throws {
        try await self.init(try Scratch(), environment: environment)
    }

    /// One that keeps its keys in `other`.
    convenience init(in other: KeyServer, environment: [String: String] = [:]) async throws {
        let own = ["MARTLET_CONSUL_ADDRESS": other.server.url]
        try await self.init(try Scratch(), environment: own.merging(environment) { $1 }, consul: other)
    }

    /// `path`: behind `/v1/kv/`.
    func send(
        _ method: ScriptServer.Method, _ path: String, _ body: String? = nil, headers: [String: String] = [:]
    ) async throws -> Answer {
        try await ScriptServer.send(
            method, to: "\(server.url)/v1/kv/\(path)", body.map { Array($0.utf8) }, headers: headers)
    }

    func put(_ path: String, _ body: String) async throws -> String { try await send(.PUT, path, body).text }
}

extension ScriptServer.Answer {
    /// X-Consul-Index.
    var keyIndex: Int { header("X-Consul-Index").flatMap { Int($0) } ?? -1 }
}
