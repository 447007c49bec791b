import Foundation
import MartletCore
import Testing

@Suite struct CacheOutputTests {
    /// cache-load contract §5 case 34.
    @Test func `output is there while it is written`() async throws {
        let site = try CacheSite()
        try site.tree(Dictionary(uniqueKeysWithValues: (0..<30).map { ("/ns/a/f\($0)", ["size": 1]) }))
        try site.rules([
            "*": ["line_ms": 5, "stderr": "a word on stderr", "gates": ["/ns/a/f9": .string(site.gate)]]
        ])
        let cache = try await CacheServer(site)
        let id = try await cache.load(["/ns/a"])[0]
        let early = try await eventually("some output") {
            let text = try await cache.output("task_id=\(id)")[id].string ?? ""
            return text.contains(" loading\n") ? text : nil
        }
        #expect(!early.contains("Successfully loaded path /ns/a/f9 "))
        site.openGate()
        _ = try await cache.done(task: id)
        let text = try #require(try await cache.output("task_id=\(id)")[id].string)
        #expect(text.contains("Allow up to 100 active jobs\n") && text.contains("a word on stderr\n"))
        #expect(text.split(separator: "\n").filter { $0.hasPrefix("Successfully") }.count == 30)
        #expect(try await cache.output("task_id=\(id)&tail=1")[id].string?.split(separator: "\n").count == 1)
        #expect(try await cache.output("task_id=\(id)&offset=6&bytes=2")[id].string?.count == 2)
        #expect(
            try await cache.output("task_id=\(id)&bytes=20")[id].string?.contains("bytes before this are left out")
                == true)
    }

    /// cache-load contract §5 cases 35, 37.
    @Test func `output is of exactly what was asked for`() async throws {
        let cache = try await CacheServer()
        let one = try await cache.load(["/ns/a"], name: "g1")
        for id in one { _ = try await cache.done(task: id) }
        let others = try await cache.load(["/ns/a"], name: "g10") + cache.load(["/ns/b"], name: "g1_x")
        for id in others { _ = try await cache.done(task: id) }
        #expect(try await cache.output("task_name=g1").object?.keys.map { $0 } == one)
        #expect(try await cache.output("task_name=g1&task_id=\(one[0])").object?.count == 1)
        for query in [
            "task_id=\(one[0].suffix(1))", "task_id=a", "task_id=6f1d3a9e-0000-4000-8000-000000000000",
            "task_id=\(one[0])&task_name=g10", "task_name=g", "task_name=..%2F..%2Fetc&task_id=passwd",
        ] {
            let answer = try await cache.get("/api/v1/output?\(query)")
            #expect(answer.status == 404 && answer.json["error"].string != nil, "\(query)")
        }
        let neither = try await cache.get("/api/v1/output")
        #expect(neither.status == 400 && neither.json["error"] == "task_id or task_name is required")
        #expect(try await cache.get("/api/v1/output?task_name=g1&tail=x").status == 400)
    }

    /// cache-load contract §5 case 59.
    @Test func `whatever the program writes, the answers are JSON and the counts right`() async throws {
        let site = try CacheSite()
        try site.tree(Dictionary(uniqueKeysWithValues: (0..<6).map { ("/ns/a/f\($0)", ["size": 1]) }))
        try site.rules([
            "*": [
                "binary": true, "long_line": 1_048_576, "line_end": "\r\n", "no_final_newline": true, "huge": 2000,
                "incomplete": ["/ns/a/f2", "/ns/a/f3"], "second_try": ["/ns/a/f4"],
            ]
        ])
        let cache = try await CacheServer(site)
        let id = try await cache.load(["/ns/a"])[0]
        let row = try await cache.done(task: id)
        #expect(row["success_count"] == 4 && row["failed_count"] == 2)
        #expect(Set(row["failed_paths"].array ?? []) == ["/ns/a/f2", "/ns/a/f3"])
        let text = try #require(try await cache.output("task_id=\(id)")[id].string)
        #expect(text.utf8.count > 1 << 20 && text.contains("\u{FFFD}") && text.contains("\0"))
    }
}
