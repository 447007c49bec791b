import Foundation
import MartletCore
import Testing

@Suite struct CacheQueryTests {
    @Test func `a list is the program's text`() async throws {
        let cache = try await CacheServer()
        let answer = try await cache.gfs("List", ["/ns"])
        #expect(answer.status == 200 && answer.header("Content-Type") == "text/plain; charset=utf-8")
        let lines = answer.text.split(separator: "\n")
        #expect(lines.count == 2 && lines[0].hasSuffix("  DIR /ns/a"))
        #expect(try cache.site.calls().map(\.argv) == [["fs", "ls", "/ns"]])
        let missing = try await cache.gfs("List", ["/nope"])
        #expect(missing.status == 500 && missing.text.contains("exec error: failed\n/nope does not exist."))
        #expect(try await cache.status("action=GooseFSList")["total_task"] == 2)
    }

    /// cache-load contract §5 cases 10, 11, 14.
    @Test func `a wrong question is refused`() async throws {
        let cache = try await CacheServer()
        for body in Self.wrong { #expect(try await cache.gfs(body).status == 400, "\(body)") }
        #expect(try cache.site.calls().isEmpty)
    }

    private static let wrong = [
        #"{"action":"GooseFSList","path":["/a","/b"]}"#, #"{"action":"GooseFSList","path":[""]}"#,
        #"{"action":"GooseFSList","path":[null]}"#, #"{"action":"GooseFSList","path":[]}"#,
        #"{"action":"GooseFSList","path":["/a"],"timeout":0}"#, #"{"action":"GooseFSList","path":["/a"],"timeout":-1}"#,
        #"{"action":"GooseFSList","path":["/a"],"timeout":"3"}"#,
        #"{"action":"GooseFSList","path":["/a"],"timeout":1.5}"#,
        #"{"action":"GooseFSFree","path":[]}"#, #"{"action":"GooseFSFree","path":[null]}"#,
        #"{"action":"GooseFSFree","path":[""]}"#, #"{"action":"GooseFSFree","path":["/ns/*"]}"#,
        #"{"action":"GooseFSFree","path":["/"]}"#, #"{"action":"GooseFSFree","path":["//./"]}"#,
        #"{"action":"GooseFSFree","path":["/*"],"allow_wildcard":true}"#,
    ]

    /// cache-load contract §5 cases 13, 41: the two defaults, beside each other.
    @Test func `what hangs is ended after half a minute`() async throws {
        let cache = try await CacheServer(
            rules: ["/ns": ["hang": "ignore"], "report": ["hang": "term"]])
        let start = ContinuousClock.now
        async let list = cache.gfs("List", ["/ns"])
        async let report = cache.send(.GET, "/api/v1/gfs/report")
        let (slow, late) = try await (list, report)
        let time = ContinuousClock.now - start
        #expect(time > .seconds(29) && time < .seconds(150))
        #expect(slow.status == 500 && slow.text.hasPrefix("wait for task done timeout, "))
        #expect(late.status == 500 && late.json["error"].string?.contains("30s") == true)
        try await eventually("nothing is left") { cache.site.processes().isEmpty ? true : nil }
    }

    @Test func `a list's own timeout counts, also while it waits for its turn`() async throws {
        let cache = try await CacheServer(
            rules: ["*": ["hang": "term"]], environment: ["MARTLET_CACHE_LOAD_MAX_QUERIES": "1"])
        let body = #"{"action":"GooseFSList","path":["/ns"],"timeout":1}"#
        async let one = cache.gfs(body)
        async let other = cache.gfs(body)
        let answers = try await [one, other]
        for answer in answers { #expect(answer.status == 500 && answer.text.contains("timeout")) }
        try await eventually("nothing is left") { cache.site.processes().isEmpty ? true : nil }
    }

    /// Loads that take hours keep no question waiting.
    @Test func `a list does not wait behind loads`() async throws {
        let paths = (0..<6).map { "/ns/\($0)" }
        let cache = try await CacheServer(paths: paths, rules: ["*": ["distributedLoad": ["hang": "term"]]])
        _ = try await cache.load(paths)
        try await cache.called("distributedLoad", times: 4)
        #expect(try await cache.gfs("List", ["/ns"]).status == 200)
        #expect(cache.site.mostAtOnce == 5)
    }

    /// cache-load contract §5 case 16, 22.
    @Test func `paths are freed one after the other`() async throws {
        let cache = try await CacheServer()
        let answer = try await cache.gfs("Free", ["/ns/a", "/ns/b"])
        #expect(answer.status == 200 && answer.text == "success")
        let calls = try cache.site.calls()
        #expect(calls.map(\.argv) == [["fs", "free", "-f", "/ns/a"], ["fs", "free", "-f", "/ns/b"]])
        #expect(try #require(calls[0].end) <= calls[1].start)
        let failed = try await cache.gfs("Free", ["/ns/a", "/nope", "/ns/b"])
        #expect(failed.status == 500 && failed.text.hasPrefix("exit status 255\n"))
        #expect(failed.text.contains("/nope does not exist."))
        #expect(try cache.site.calls().count == 4)
        let wild = #"{"action":"GooseFSFree","path":["/ns/*"],"allow_wildcard":true}"#
        #expect(try await cache.gfs(wild).text == "success")
        let all = #"{"action":"GooseFSFree","path":["/"],"confirm":true}"#
        #expect(try await cache.gfs(all).text == "success")
        #expect(try await cache.status("action=GooseFSFree")["total_task"] == 4)
    }

    /// cache-load contract §5 cases 40, 41.
    @Test func `a report is a JSON text, and a failed one is an error`() async throws {
        let cache = try await CacheServer()
        let answer = try await cache.get("/api/v1/gfs/report")
        #expect(answer.status == 200 && answer.header("Content-Type") == "application/json; charset=utf-8")
        #expect(answer.text.hasPrefix(#""GooseFS cluster summary: \n    Master Address: "#))
        #expect(answer.json.string?.hasSuffix("\n") == true)
        try cache.site.rules(["report": ["exit": 1, "stderr": "The master is not currently serving requests."]])
        let failed = try await cache.get("/api/v1/gfs/report")
        #expect(failed.status == 502)
        #expect(failed.json["error"].string?.hasPrefix("exit status 1: The master is not") == true)
        #expect(try await cache.status("action=GooseFSReport")["status"] == "notallsuccess")
    }

    @Test func `the description is served, and unknown paths are not found`() async throws {
        let cache = try await CacheServer()
        let document = try await cache.get("/swagger/doc.json")
        #expect(document.json["paths"].object?.keys.contains("/api/v1/gfs") == true)
        #expect(try await cache.get("/swagger/index.html").text.contains("doc.json"))
        #expect(try await cache.get("/swagger/").header("Location") == "/swagger/index.html")
        for path in ["/api/v1", "/api/v1/x", "/api/v1/gfs", "/swagger/x"] {
            let answer = try await cache.get(path)
            #expect(answer.status == 404 && answer.text == "404 page not found", "\(path)")
        }
        #expect(try await cache.get("/hc/").status == 301)
        let moved = try await cache.send(.POST, "/api/v1/gfs/?format=object&x=%20", "{}")
        #expect(moved.status == 307 && moved.header("Location") == "/api/v1/gfs?format=object&x=%20")
        #expect(try await cache.get("/api/v1/createCluster").text == "404 page not found")
    }
}
