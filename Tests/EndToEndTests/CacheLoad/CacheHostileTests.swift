import Foundation
import MartletCore
import Testing

@Suite struct CacheHostileTests {
    @Test func `bodies are bounded in every direction`() async throws {
        let cache = try await CacheServer()
        func body(_ paths: String) -> String { #"{"action":"GooseFSDistributeLoad","path":[\#(paths)]}"# }
        let many = (0...10_000).map { "\"/p\($0)\"" }.joined(separator: ",")
        let long = "\"/" + String(repeating: "x", count: 4096) + "\""
        let wrong: [(String, Int)] = [
            (body(many), 400), (body(long), 400), (body("5"), 400), (body("[]"), 400), (body("true"), 400),
            (String(repeating: "[", count: 20_000), 400), (#"{"action":5,"path":["/ns/a"]}"#, 400),
            (#"{"action":"GooseFSDistributeLoad","path":["/ns/a"],"task_name":7}"#, 400),
            (#"{"action":"GooseFSDistributeLoad","path":["/ns/a"],"task_name":"a\u0000b"}"#, 400),
            (#"{"action":"GooseFSDistributeLoad","path":["/ns/a"],"allow_wildcard":"yes"}"#, 400),
            (#"{"action":"GooseFSForceLoad","path":["/ns/a"],"continue_on_metadata_error":1}"#, 400),
            (#"{"action":"GooseFSFree","path":["/"],"confirm":"true"}"#, 400),
            ("{\"x\":\"" + String(repeating: "x", count: 17 << 20) + "\"}", 413),
        ]
        for (body, status) in wrong {
            let answer = try await cache.gfs(body)
            #expect(answer.status == status, "\(body.prefix(100)): \(answer.text.prefix(200))")
        }
        #expect(try await cache.gfs("DistributeLoad", ["/ns/a"], "?format=xml").status == 400)
        #expect(try await cache.get("/hc").status == 200)
        #expect(try cache.site.calls().isEmpty)
    }

    /// A launcher that would hand such words to the JVM is never given one.
    @Test func `no path is taken for an option`() async throws {
        let cache = try await CacheServer(rules: ["*": ["empty": true]])
        for path in ["-Dgoosefs.x=y", "-XX:+Crash", "-agentlib:jdwp", "--replication", "-R", "~/x", "./x", "*"] {
            for action in ["DistributeLoad", "LoadMetadata", "ForceLoad", "List", "Free"] {
                #expect(try await cache.gfs(action, [path]).status == 400, "\(action) \(path)")
            }
        }
        let id = try await cache.load(["/-Dgoosefs.x=y -javaagent:z"])[0]
        _ = try await cache.done(task: id)
        let calls = try cache.site.calls()
        #expect(calls.count == 1 && calls.allSatisfy { $0.jvm.isEmpty })
    }

    @Test func `what the server knows does not reach the program`() async throws {
        let secret = "canary-of-the-robot"
        let cache = try await CacheServer(
            environment: ["GOOSEFS_DINGTALK_ALERT_TOKEN": secret, "MARTLET_TOKEN": secret])
        let id = try await cache.load(["/ns/a"])[0]
        _ = try await cache.done(task: id)
        let environment = try #require(try cache.site.calls().first).environment
        #expect(environment["GOOSEFS_STANDIN"] != nil)
        #expect(!environment.values.contains(.string(secret)))
    }

    @Test func `the output of a very talkative program is bounded`() async throws {
        let cache = try await CacheServer(
            rules: ["*": ["huge": 80_000]], environment: ["MARTLET_LOG_CAP": "2MiB"])
        let id = try await cache.load(["/ns/a"])[0]
        let row = try await cache.done(task: id)
        #expect(row["success_count"] == 1)
        let text = try #require(try await cache.output("task_id=\(id)")[id].string)
        #expect(
            text.utf8.count < 5 << 20 && text.contains("filler line 0 ") && text.contains("Successfully loaded path"))
    }
}
