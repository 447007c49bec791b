import Foundation
import MartletCore
import Testing

/// Who may read and write keys.
@Suite struct KeyAccessTests {
    private static let listeners = """
        [{"address": "127.0.0.1:0", "facades": ["native"], "auth": "token"}, {"address": "127.0.0.1:0", "facades": ["kv"]}]
        """

    /// The address where keys alone are served.
    private static func address(_ keys: KeyServer) async throws -> String {
        try await eventually("both listeners are there") {
            let text = (try? String(contentsOf: keys.server.child.output, encoding: .utf8)) ?? ""
            let urls = text.split(separator: "\n").compactMap { line in
                line.hasPrefix("listening on ") ? String(line.dropFirst("listening on ".count)) : nil
            }
            for url in urls where urls.count == 2 {
                let answer = try await ScriptServer.send(.GET, to: url + "/v1/kv/?keys", nil)
                if answer.status == 200 { return url }
            }
            return nil
        }
    }

    @Test func `a listener of the facade kv serves keys and nothing else`() async throws {
        let keys = try await KeyServer(try Scratch(), listen: Self.listeners)
        let url = try await Self.address(keys)
        #expect(try await ScriptServer.send(.PUT, to: url + "/v1/kv/dtle/j/Gtid", Array("1".utf8)).text == "true")
        #expect(try await ScriptServer.send(.GET, to: url + "/v1/kv/dtle/j/Gtid?raw", nil).text == "1")
        for path in ["/v1/jobs", "/api/runs", "/v1/agent/self"] {
            #expect(try await ScriptServer.send(.GET, to: url + path, nil).status == 404)
        }
    }

    @Test func `tokens read and write what their roles and labels allow, and writes are recorded`() async throws {
        let listen = "[{\"address\": \"127.0.0.1:0\", \"facades\": [\"native\", \"jobs\"], \"auth\": \"token\"}]"
        let keys = try await KeyServer(try Scratch(), listen: listen)
        func token(_ role: String, _ labels: JSONValue) async throws -> [String: String] {
            let made = try await keys.server.call(
                .POST, "/api/tokens",
                body: ["name": .string("\(role)-\(UUID())"), "role": .string(role), "labels": labels])
            return ["X-Consul-Token": made.json["token"].string ?? "none: \(made.text)"]
        }
        let (reader, runner) = (try await token("read", [:]), try await token("run", [:]))
        let bound = try await token("run", ["nomad/job": "j1"])
        #expect(try await keys.send(.GET, "?keys").status == 403)
        #expect(try await keys.send(.GET, "?keys").text == "Permission denied")
        for key in ["dtle/j1/Gtid", "dtle/j10/Gtid", "other"] {
            #expect(try await keys.send(.PUT, key, "1", headers: reader).status == 403)
            #expect(try await keys.send(.PUT, key, "1", headers: runner).text == "true")
        }
        #expect(try await keys.send(.GET, "?keys", headers: reader).json.array?.count == 3)

        #expect(try await keys.send(.GET, "?keys", headers: bound).json == ["dtle/j1/Gtid"])
        #expect(try await keys.send(.GET, "?recurse", headers: bound).json.array?.count == 1)
        for path in ["dtle/j10/Gtid", "other", "dtle/j1", "dtle/"] {
            #expect(try await keys.send(.GET, path, headers: bound).status == 403, "\(path)")
            #expect(try await keys.send(.PUT, path, "2", headers: bound).status == 403, "\(path)")
        }
        for path in ["?recurse", "dtle/?recurse", "dtle?recurse", "dtle/j10?recurse"] {
            #expect(try await keys.send(.DELETE, path, headers: bound).status == 403, "\(path)")
        }
        // Another job's keys may stand below, whose id begins with this one's.
        #expect(try await keys.send(.PUT, "dtle/j1/child/Gtid", "1", headers: runner).text == "true")
        #expect(try await keys.send(.DELETE, "dtle/j1?recurse", headers: bound).status == 403)
        #expect(try await keys.send(.DELETE, "dtle/j1/child/Gtid", headers: runner).text == "true")
        #expect(try await keys.send(.DELETE, "dtle/j1?recurse", headers: bound).text == "true")
        #expect(try await keys.send(.GET, "?keys", headers: reader).json == ["dtle/j10/Gtid", "other"])

        let audit = try await keys.server.call(.GET, "/api/audit?target=key%20other").json["items"]
        #expect(audit[0]["outcome"] == "done" && audit[0]["action"] == "PUT /v1/kv/other", "\(audit)")
    }

    @Test func `a write to a Consul is recorded, and its token is never shown`() async throws {
        let scratch = try Scratch()
        let consul = try await KeyServer(
            try Scratch(),
            listen: "[{\"address\": \"127.0.0.1:0\", \"facades\": [\"kv\", \"native\"], \"auth\": \"token\"}]")
        let file = scratch.path("consul.token")
        try Data("\(consul.server.token)\n".utf8).write(to: URL(filePath: file))
        let keys = try await KeyServer(in: consul, environment: ["MARTLET_CONSUL_TOKEN_FILE": file])
        #expect(try await keys.put("k", "1") == "true")
        let audit = try await keys.server.call(.GET, "/api/audit?target=key%20k").json["items"]
        #expect(audit[0]["outcome"] == "done", "\(audit)")
        try Data("another-token-that-is-wrong".utf8).write(to: URL(filePath: file))
        let refused = try await keys.send(.GET, "k")
        #expect(
            refused.status == 503 && refused.text.hasSuffix("it answered 403: Permission denied"), "\(refused.text)")
        try FileManager.default.removeItem(atPath: file)
        #expect(try await keys.send(.GET, "k").text.hasPrefix("consul.tokenFile: "))
    }
}
