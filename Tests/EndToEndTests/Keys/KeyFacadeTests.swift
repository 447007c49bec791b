import Foundation
import MartletCore
import Testing

/// jobs-replication contract B.3, C.6 and cases 13, 31: what clients of dtle ask Consul for. Each is asked of keys in the server's
/// own database, and of keys in a Consul, for which another server stands.
@Suite struct KeyFacadeTests {
    @Test(arguments: [false, true])
    func `keys of a job are read as in the recordings, B 3`(isRemote: Bool) async throws {
        let keys = try await Self.server(isRemote)
        let flags = "flags=3304740253564472344"
        #expect(try await keys.put("dtle/job1/ReplChanBufferSize?\(flags)", "180") == "true")
        #expect(try await keys.put("dtle/job1/NatsAddr?\(flags)", "127.0.0.1:8193") == "true")
        let written = try await keys.send(.PUT, "dtle/job1/Gtid?\(flags)", "ee8d0e11-e514-11f1-8410-02fc00000001:1-152")
        #expect(written.text == "true" && written.header("Content-Type") == "application/json")
        #expect(written.header("X-Consul-Index") == nil)

        let raw = try await keys.send(.GET, "dtle/job1/Gtid?raw")
        #expect(raw.text == "ee8d0e11-e514-11f1-8410-02fc00000001:1-152" && raw.header("Content-Type") == "text/plain")
        #expect(raw.header("Content-Security-Policy") == "sandbox" && raw.header("X-Content-Type-Options") == "nosniff")
        #expect(raw.header("X-Consul-KnownLeader") == "true" && raw.header("X-Consul-LastContact") == "0")

        let one = try await keys.send(.GET, "dtle/job1/Gtid")
        let index = one.keyIndex
        #expect(
            one.text
                == "[{\"LockIndex\":0,\"Key\":\"dtle/job1/Gtid\",\"Flags\":3304740253564472344,\"Value\":\"ZWU4ZDBlMTEtZTUxNC0xMWYxLTg0MTAtMDJmYzAwMDAwMDAxOjEtMTUy\",\"CreateIndex\":\(index),\"ModifyIndex\":\(index)}]"
        )
        let tree = try await keys.send(.GET, "dtle/job1?recurse")
        #expect(
            tree.json.array?.map { $0["Key"].string?.split(separator: "/").last } == [
                "Gtid", "NatsAddr", "ReplChanBufferSize",
            ])
        #expect(tree.keyIndex == index)
        let names = try await keys.send(.GET, "dtle/job1?keys")
        #expect(names.text == "[\"dtle/job1/Gtid\",\"dtle/job1/NatsAddr\",\"dtle/job1/ReplChanBufferSize\"]")

        let gone = try await keys.send(.DELETE, "dtle/job1?recurse")
        #expect(gone.status == 200 && gone.text == "true")
        for path in ["dtle/job1?keys", "dtle/job1?recurse", "dtle/job1/Gtid", "dtle/job1/Gtid?raw"] {
            let none = try await keys.send(.GET, path)
            #expect(none.status == 404 && none.text.isEmpty && none.keyIndex > index, "\(path): \(none.text)")
        }
    }

    @Test(arguments: [false, true])
    func `parameters of Consul's API mean what they mean there`(isRemote: Bool) async throws {
        let keys = try await Self.server(isRemote)
        #expect(try await keys.put("a/b/c?cas=0&flags=18446744073709551615", "") == "true")
        #expect(try await keys.put("a/b/c?cas=0", "x") == "false")
        let empty = try await keys.send(.GET, "a/b/c")
        #expect(empty.text.contains("\"Value\":null") && empty.text.contains("\"Flags\":18446744073709551615"))
        #expect(try await keys.put("a/b/c?cas=\(empty.keyIndex)", "x") == "true")
        #expect(try await keys.send(.DELETE, "a/b/c?cas=\(empty.keyIndex)").text == "false")
        #expect(try await keys.put("a/b%20d%2Fe", "\u{1F426} ü") == "true")
        #expect(try await keys.send(.GET, "a/b%20d/e?raw&stale&dc=dc1").text == "\u{1F426} ü")
        for key in ["a/z", "a/y/1", "a/y/2"] { #expect(try await keys.put(key, "1") == "true") }
        #expect(try await keys.send(.GET, "a/?keys&separator=/").json == ["a/b d/", "a/b/", "a/y/", "a/z"])
        #expect(try await keys.send(.GET, "?keys&separator=/").json == ["a/"])
        let pretty = try await keys.send(.GET, "a/z?pretty&consistent").text
        #expect(pretty.hasPrefix("[\n    {\n        \"LockIndex\": 0,\n        \"Key\": \"a/z\",\n"))
        #expect(pretty.hasSuffix("\n    }\n]\n"))
        #expect(try await keys.send(.DELETE, "?recurse").text == "true")
        #expect(try await keys.send(.GET, "?keys").text == "[]")
        #expect(try await keys.send(.HEAD, "a/z").status == 404)
    }

    @Test(arguments: [false, true])
    func `a waiting read is answered with the change, or after its time`(isRemote: Bool) async throws {
        let keys = try await Self.server(isRemote)
        #expect(try await keys.put("dtle/j/Gtid", "1") == "true")
        let index = try await keys.send(.GET, "dtle/j/Gtid").keyIndex
        let started = ContinuousClock.now
        #expect(try await keys.send(.GET, "dtle/j/Gtid?index=\(index)&wait=300ms&raw").text == "1")
        #expect(ContinuousClock.now - started >= .milliseconds(300))
        // Longer than anybody here has patience: what the change does not wake fails.
        async let key = keys.send(.GET, "dtle/j/Gtid?index=\(index)&wait=9m&raw")
        async let tree = keys.send(.GET, "dtle/?recurse&index=\(index)&wait=9m")
        async let names = keys.send(.GET, "dtle/?keys&index=\(index)&wait=9m")
        #expect(try await keys.put("dtle/j/Gtid", "2") == "true")
        #expect(try await key.text == "2")
        #expect(try await tree.keyIndex > index)
        #expect(try await names.keyIndex > index)
    }

    @Test func `what is wrong is told in Consul's words`() async throws {
        let keys = try await KeyServer()
        let cases: [(ScriptServer.Method, String, Int, String)] = [
            (.GET, "", 400, "Missing key name"), (.PUT, "", 400, "Missing key name"),
            (.DELETE, "", 400, "Missing key name"), (.POST, "a", 405, "method POST not allowed"),
            (.GET, "a?index=1&wait=abc", 400, "Invalid wait time"), (.GET, "a?index=x", 400, "Invalid index"),
            (.GET, "a?stale&consistent", 400, "Cannot specify ?stale with ?consistent, conflicting semantics."),
            (.DELETE, "a?recurse&cas=1", 400, "Conflicting flags: recurse&cas"),
            (.PUT, "a?cas=1&acquire=x", 400, "Conflicting flags: cas&acquire"),
            (.PUT, "a?acquire=x", 400, "sessions are not there on this server: leave out ?acquire"),
            (.PUT, "a?cas=-1", 400, "?cas must be a whole number, as in ?cas=42"),
            (.PUT, "a?flags=x", 400, "?flags must be a whole number, as in ?flags=42"),
            (.PUT, "a%00b", 400, "the key has a control character"),
            (.PUT, String(repeating: "k", count: 1025), 400, "the key is longer than 1024 bytes"),
        ]
        for (method, path, status, words) in cases {
            let answer = try await keys.send(method, path, method == .PUT ? "v" : nil)
            #expect(
                answer.status == status && answer.text == words, "\(method) \(path): \(answer.status) \(answer.text)")
        }
        let limit = 512 * 1024
        #expect(try await keys.put("big", String(repeating: "v", count: limit)) == "true")
        let large = try await keys.send(.PUT, "big", String(repeating: "v", count: limit + 1))
        #expect(large.status == 413)
        #expect(large.text.hasPrefix("Request body(524289 bytes) too large, max size: 524288 bytes. See https://"))
        #expect(try await keys.send(.GET, "?keys").text == "[\"big\"]")
    }

    @Test func `keys are there after the server was killed, and their index goes on`() async throws {
        let scratch = try Scratch()
        let first = try await KeyServer(scratch)
        #expect(try await first.put("dtle/j/Gtid", "1-7") == "true")
        let index = try await first.send(.GET, "dtle/j/Gtid").keyIndex
        first.server.child.signal(SIGKILL)
        _ = try await first.server.child.ended()
        let second = try await KeyServer(scratch)
        #expect(try await second.send(.GET, "dtle/j/Gtid?raw").text == "1-7")
        #expect(try await second.put("dtle/j/Gtid", "1-8") == "true")
        #expect(try await second.send(.GET, "dtle/j/Gtid").keyIndex > index)
    }

    @Test func `a Consul that is gone is named, and nothing is said to be written`() async throws {
        let consul = try await KeyServer()
        let keys = try await KeyServer(in: consul)
        #expect(try await keys.put("k", "1") == "true")
        consul.server.child.signal(SIGKILL)
        _ = try await consul.server.child.ended()
        for method in [ScriptServer.Method.GET, .PUT, .DELETE] {
            let answer = try await keys.send(method, "k", method == .PUT ? "2" : nil)
            #expect(answer.status == 503)
            #expect(answer.text.hasPrefix("Consul at \(consul.server.url) does not serve keys: "), "\(answer.text)")
        }
        // Everything else goes on.
        #expect(try await keys.server.call(.GET, "/v1/jobs").status == 200)
    }

    static func server(_ isRemote: Bool) async throws -> KeyServer {
        isRemote ? try await KeyServer(in: KeyServer()) : try await KeyServer()
    }
}
