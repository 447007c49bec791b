import Foundation
import MartletCore
import Testing

/// jobs-replication contract §B.1 and F, case 11.
@Suite struct PackingTests {
    /// The AsyncHTTPClient of these tests asks for nothing by itself and unpacks nothing.
    private static func get(_ nomad: JobServer, _ path: String, _ accepted: String?) async throws -> Server.Reply {
        let headers = accepted.map { ["Accept-Encoding": $0] } ?? [:]
        return try await nomad.server.call(.GET, "/v1" + path, headers: headers)
    }

    @Test func `long answers are packed for whoever takes gzip`() async throws {
        let nomad = try await JobServer()
        // A template: nothing about it changes meanwhile.
        let long: JSONValue = ["long": .string(String(repeating: "x", count: 5000))]
        let job = JobServer.job("a", "true", ["ParameterizedJob": ["Payload": "optional"], "Meta": long])
        #expect(try await nomad.send(.POST, "/jobs", job).status == 200)
        let plain = try await Self.get(nomad, "/job/a", nil)
        #expect(plain.header("Content-Encoding") == nil && plain.header("Vary") == "Accept-Encoding")
        let packed = try await Self.get(nomad, "/job/a", "gzip")
        #expect(packed.status == 200 && packed.header("Content-Encoding") == "gzip")
        #expect(packed.header("Vary") == "Accept-Encoding" && packed.index == plain.index)
        #expect(packed.body.starts(with: [0x1F, 0x8B]) && packed.body.count < plain.body.count / 2)
        #expect(packed.header("Content-Length") == "\(packed.body.count)")
        #expect(try Unpacking.bytes(packed.body, nomad.scratch) == plain.body)
        for refused in ["gzip;q=0", "identity", "br, *;q=0", ";;q==,gzip;q=x", String(repeating: ",", count: 4000)] {
            let answer = try await Self.get(nomad, "/job/a", refused)
            #expect(answer.status == 200 && answer.header("Content-Encoding") == nil, "\(refused.prefix(20))")
        }
        // Neither short answers nor refusals nor what is sent as it comes.
        for path in ["/status/leader", "/job/nope"] {
            #expect(try await Self.get(nomad, path, "gzip").header("Content-Encoding") == nil, "\(path)")
        }
        try await nomad.register(JobServer.job("b", "head -c 9000 /dev/zero | tr '\\0' x"))
        let all = try await nomad.allocations(of: "b") { $0.first?["ClientStatus"] == "complete" }
        let logs = "/client/fs/logs/\(all[0]["ID"].string ?? "")?task=t&type=stdout&plain=true"
        let log = try await Self.get(nomad, logs, "gzip")
        #expect(log.header("Content-Encoding") == nil && log.body.count == 9000)
    }

    @Test func `a body that is packed is not unpacked`() async throws {
        let nomad = try await JobServer()
        let answer = try await ScriptServer.send(
            .POST, to: nomad.server.url + "/v1/jobs", [0x1F, 0x8B, 8, 0],
            headers: ["X-Nomad-Token": nomad.server.token, "Content-Encoding": "gzip"])
        #expect(answer.status == 400, "\(answer.text)")
    }

    /// It came with Nomad 1.0; python-nomad asks for it in a thread of its own.
    @Test func `there is no stream of events`() async throws {
        let nomad = try await JobServer()
        let answer = try await nomad.send(.GET, "/event/stream?index=0")
        #expect(answer.status == 404 && answer.text.isEmpty)
    }
}
