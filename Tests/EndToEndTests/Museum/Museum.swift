import Foundation
import MartletCore
import Testing

/// One exhibit for each vulnerability of other systems that could have happened here: its cause, tried on the real server.
/// The page on threats lists them; a test of the documents compares the two.
@Suite(.few) struct Museum {
    /// A server's answer to bytes that no HTTP client would send.
    static func raw(_ server: Server, _ request: String) async throws -> String {
        let socket = try RawSocket(url: server.url)
        socket.send(request)
        return try await eventually("an answer or the end") { socket.received() }
    }

    static func token(_ server: Server, _ body: JSONValue) async throws -> [String: String] {
        let reply = try await server.call(.POST, "/api/tokens", body: body)
        return ["Authorization": "Bearer \(try #require(reply.json["token"].string))"]
    }

    static func put(_ server: Server, _ job: String, labels: [String: JSONValue] = [:]) async throws {
        let body: JSONValue = ["tasks": [["name": "t", "command": ["true"]]], "labels": .object(labels)]
        #expect(try await server.call(.PUT, "/api/jobs/\(job)", body: body).status == 201)
    }

    /// Starts a server that is expected to refuse; its exit code and what it said.
    static func refused(_ scratch: Scratch, _ arguments: [String]) async throws -> (code: Int32, text: String) {
        let child = try Child(
            [Server.binaries + "/martlet", "serve", "--data-dir", scratch.path("data")] + arguments,
            environment: Server.environment, directory: scratch.url, name: "refused")
        defer { child.end() }
        let code = try await child.ended()
        return (code, try String(contentsOfFile: scratch.path("refused.err"), encoding: .utf8))
    }
}

/// A connection on which anything can be sent.
final class RawSocket: Sendable {
    private let descriptor: Int32

    init(url: String) throws {
        descriptor = try loopbackSocket(to: url)
    }

    deinit { close(descriptor) }

    func send(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Foundation.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// What came by now; empty at the end of the connection, nil when nothing did yet.
    func received() -> String? {
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        if count < 0 { return errno == EAGAIN ? nil : "" }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}
