import Foundation
import MartletCore
import Testing

@Suite struct CacheRestartTests {
    /// cache-load contract §5 case 49: 200 paths, four at once, and the server killed in the middle.
    @Test func `a killed server loads every path of a batch once`() async throws {
        let paths = (0..<200).map { "/ns/p\($0)" }
        let site = try CacheSite(paths: paths, rules: ["*": ["delay_ms": 20]])
        var server = try await CacheServer(site)
        let ids = try await server.load(paths, name: "big")
        for count in [30, 60] {
            try await eventually("more loads") { try site.calls().count >= count ? true : nil }
            try await server.killed()
            server = try await CacheServer(site)
        }
        let last = server
        let done = try await last.done("task_name=big")
        #expect(done["status"] == "success" && done["total_task"] == 200)
        #expect(Set(done["data"].object?.keys.map { $0 } ?? []) == Set(ids))
        let calls = try site.calls()
        #expect(calls.count == 200 && Set(calls.map(\.path)) == Set(paths))
        #expect(calls.allSatisfy { $0.end != nil })
        #expect(site.mostAtOnce <= 4)
        for row in (done["data"].object ?? [:]).values {
            #expect(row["success_count"] == 1 && row["exit_code"] == "exit status 0")
        }
    }

    /// cache-load contract §5 case 49: what was read before the kill is not counted again.
    @Test func `counts are right after a restart in the middle`() async throws {
        let site = try CacheSite()
        try site.tree(Dictionary(uniqueKeysWithValues: (0..<30).map { ("/ns/a/f\($0)", ["size": 1]) }))
        try site.rules(["*": ["line_ms": 80, "fail_files": ["/ns/a/f20"]]])
        let first = try await CacheServer(site)
        let id = try await first.load(["/ns/a"], name: "g")[0]
        try await eventually("half of it is done") {
            try await first.task(id)["success_count"].number >= 5 ? true : nil
        }
        try await first.killed()
        let second = try await CacheServer(site)
        let row = try await second.done(task: id)
        #expect(row["success_count"] == 29 && row["failed_count"] == 1 && row["failed_paths"] == ["/ns/a/f20"])
        #expect(row["status"] == "notallsuccess" && row["attempt"] == 1)
        #expect(try site.calls().count == 1)
    }

    /// cache-load contract §5 case 50.
    @Test func `a server that is told to end leaves the loads going`() async throws {
        let site = try CacheSite(paths: ["/ns/a"])
        try site.rules(["*": ["gate": .string(site.gate)]])
        let first = try await CacheServer(site)
        let id = try await first.load(["/ns/a"])[0]
        try await first.called("distributedLoad")
        async let list = first.gfs(#"{"action":"GooseFSList","path":["/ns"],"timeout":600}"#)
        try await first.called("ls")
        first.server.child.signal(SIGTERM)
        let waiting = try await list
        #expect(waiting.status == 503 && waiting.text.contains("goes on"))
        #expect(try await first.server.child.ended() == 0)
        site.openGate()
        let second = try await CacheServer(site)
        let row = try await second.done(task: id)
        #expect(row["status"] == "success" && row["success_count"] == 1)
        #expect(try await second.done("action=GooseFSList")["status"] == "success")
    }
}
