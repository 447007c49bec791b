import MartletCore
import Testing

@Suite struct CacheStatusTests {
    private static func files(_ directory: String, _ count: Int, cached: Int = 0) -> [String: JSONValue] {
        Dictionary(
            uniqueKeysWithValues: (0..<count).map { index in
                ("\(directory)/f\(index)", ["size": 1, "cached": .int(index < cached ? 100 : 0)])
            })
    }

    /// cache-load contract §5 case 25; format A.
    @Test func `files are counted, new and present ones`() async throws {
        let site = try CacheSite()
        try site.tree(Self.files("/ns/a", 5, cached: 2))
        let cache = try await CacheServer(site)
        let id = try await cache.load(["/ns/a"], name: "g")[0]
        let answer = try await cache.done("task_id=\(id)")
        let row = answer["data"][id]
        #expect(answer["status"] == "success" && answer["total_task"] == 1)
        #expect(row["exit_code"] == "exit status 0" && row["success_count"] == 3 && row["total_file"] == 5)
        #expect(row["path"] == "/ns/a" && row["task_name"] == "g" && row["action"] == "GooseFSDistributeLoad")
        #expect(row["progress"] == "5/5" && row["failed_count"] == 0 && row["outcome"] == "ok")
        #expect(
            row["created_at"].string?.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/) != nil)
        let again = try await cache.load(["/ns/a"], name: "g")[0]
        let second = try await cache.done(task: again)
        #expect(second["status"] == "success" && second["outcome"] == "nothingToDo")
        #expect(second["success_count"] == 0 && second["total_file"] == 5)
    }

    /// cache-load contract §5 case 26.
    @Test func `a group fares as its tasks do`() async throws {
        let cache = try await CacheServer(
            paths: ["/ns/good", "/ns/bad", "/ns/worse", "/ns/slow"],
            rules: [
                "/ns/bad": ["exit": 255, "empty": true], "/ns/worse": ["exit": 255], "/ns/slow": ["hang": "term"],
            ])
        _ = try await cache.load(["/ns/good", "/ns/bad"], name: "mixed")
        _ = try await cache.load(["/ns/bad", "/ns/worse"], name: "bad")
        #expect(try await cache.done("task_name=mixed")["status"] == "notallsuccess")
        #expect(try await cache.done("task_name=bad")["status"] == "failed")
        let ids = try await cache.load(["/ns/slow", "/ns/bad"], name: "open")
        _ = try await cache.done(task: ids[1])
        let open = try await cache.status("task_name=open")
        #expect(open["status"] == "running" && open["data"][ids[0]]["exit_code"] == "")
    }

    /// cache-load contract §5 case 28; and format A, in which the program's exit code is 0 as well.
    @Test(arguments: ["A", "B"]) func `failed files make a load fail and are named`(_ format: String) async throws {
        let site = try CacheSite()
        try site.tree(Self.files("/ns/a", 6))
        try site.rules(["*": ["format": .string(format), "fail_files": ["/ns/a/f1"], "incomplete": ["/ns/a/f3"]]])
        let cache = try await CacheServer(site)
        let id = try await cache.load(["/ns/a"], name: "g")[0]
        let answer = try await cache.done("task_name=g")
        let row = answer["data"][id]
        #expect(row["exit_code"] == "exit status 0" && row["outcome"] == "partial")
        #expect(row["status"] == "notallsuccess" && answer["status"] == "notallsuccess")
        #expect(row["failed_count"] == 2 && row["success_count"] == 4)
        #expect(Set(row["failed_paths"].array ?? []) == ["/ns/a/f1", "/ns/a/f3"])
        #expect(row["reason"].string?.contains("2 of 6 files failed") == true)
    }

    @Test func `a load of which every file failed has failed`() async throws {
        let cache = try await CacheServer(rules: ["*": ["fail_all": true]])
        let id = try await cache.load(["/ns/a"])[0]
        #expect(try await cache.done(task: id)["status"] == "failed")
    }

    @Test func `progress is told while it goes on`() async throws {
        let site = try CacheSite()
        try site.tree(Self.files("/ns/a", 40, cached: 3))
        try site.rules(["*": ["line_ms": 5, "gates": ["/ns/a/f9": .string(site.gate)]]])
        let cache = try await CacheServer(site)
        let id = try await cache.load(["/ns/a"])[0]
        let early = try await eventually("some progress") {
            let row = try await cache.task(id)
            let words = (row["progress"].string ?? "").split(separator: "/").compactMap { Int($0) }
            return row["status"] == "running" && words.count == 2 && words[0] > 3 && words[1] == 40 ? row : nil
        }
        #expect(early["success_count"].number > 0)
        site.openGate()
        #expect(try await cache.done(task: id)["progress"] == "40/40")
    }

    /// cache-load contract §5 cases 29, 31, 32.
    @Test func `filters go together`() async throws {
        let cache = try await CacheServer(
            paths: ["/ns/good", "/ns/bad", "/ns/part", "/ns/slow"],
            rules: [
                "/ns/bad": ["exit": 255], "/ns/slow": ["hang": "term"],
                "/ns/part": ["fail_files": ["/ns/part/f"]],
            ])
        try cache.site.tree(
            Self.files("/ns/part", 2).merging([
                "/ns/part/f": [:], "/ns/good/f": [:], "/ns/bad/f": [:], "/ns/slow/f": [:],
            ]) { $1 })
        let ids = try await cache.load(["/ns/good", "/ns/bad", "/ns/part", "/ns/slow"], name: "g1")
        let metadata = try await cache.load(["/ns/good"], name: "g1-meta", action: "LoadMetadata")
        for id in ids[..<3] + metadata { _ = try await cache.done(task: id) }
        for (index, word) in ["success", "failed", "notallsuccess", "running"].enumerated() {
            let found = try await cache.status("task_name=g1&status=\(word)")
            #expect(found["data"].object?.keys.map { $0 } == [ids[index]], "\(word)")
            #expect(found["status"].string == word)
        }
        #expect(try await cache.status("action=GooseFSLoadMetadata")["data"].object?.keys.map { $0 } == metadata)
        #expect(try await cache.status("action=GooseFSDistributeLoad")["total_task"] == 4)
        #expect(try await cache.status("")["total_task"] == 5)
        #expect(try await cache.status("limit=2")["truncated"] == true)
        #expect(try await cache.status("test_task_name=g1-meta")["total_task"] == 1)
        for query in [
            "task_id=nobody", "task_name=nobody", "task_id=\(ids[0])&task_name=g1-meta",
            "task_name=g1&action=GooseFSFree",
            "task_id=\(ids[0])&status=failed", "action=Nonsense", "task_id=%2e%2e%2f",
        ] {
            let answer = try await cache.get("/api/v1/status?\(query)")
            #expect(answer.status == 404, "\(query)")
            #expect(answer.json["error"].string?.hasPrefix("no task found by filter: {") == true, "\(query)")
        }
        for query in ["status=done", "status=Failed", "run=first", "limit=0", "limit=x"] {
            #expect(try await cache.get("/api/v1/status?\(query)").status == 400, "\(query)")
        }
    }

    @Test func `a limit counts the tasks that fit`() async throws {
        let cache = try await CacheServer(rules: ["/ns/a": ["exit": 255]])
        let old = try await cache.load(["/ns/a"], name: "n")[0]
        _ = try await cache.done(task: old)
        let new = try await cache.load(["/ns/b"], name: "n")[0]
        _ = try await cache.done(task: new)
        for query in ["status=failed&limit=1", "task_name=n&run=all&status=failed&limit=1"] {
            let found = try await cache.status(query)
            #expect(found["data"].object?.keys.map { $0 } == [old] && found["truncated"] == .null, "\(query)")
        }
        #expect(try await cache.status("limit=1")["truncated"] == true)
        // A status picks from the latest batch; it is not looked for in earlier ones.
        #expect(try await cache.get("/api/v1/status?task_name=n&status=failed").status == 404)
    }

    @Test func `a list with a load's name does not take its place`() async throws {
        let cache = try await CacheServer()
        let id = try await cache.load(["/ns/a"], name: "n")[0]
        #expect(try await cache.gfs("List", ["/ns"], name: "n").status == 200)
        #expect(try await cache.gfs("Free", ["/ns/b"], name: "n").status == 200)
        #expect(try await cache.done("task_name=n")["data"].object?.keys.map { $0 } == [id])
        let lists = try await cache.status("action=GooseFSList")["data"].object ?? [:]
        #expect(lists.values.map { $0["task_name"] } == [""])
    }

    @Test func `a name's latest batch counts, and its history on request`() async throws {
        let cache = try await CacheServer(rules: ["/ns/a": ["exit": 255]])
        let old = try await cache.load(["/ns/a"], name: "daily")
        _ = try await cache.done("task_name=daily")
        let new = try await cache.load(["/ns/b"], name: "daily")
        let latest = try await cache.done("task_name=daily")
        #expect(latest["status"] == "success" && latest["data"].object?.keys.map { $0 } == new)
        let all = try await cache.status("task_name=daily&run=all")
        #expect(all["status"] == "notallsuccess" && Set(all["data"].object?.keys.map { $0 } ?? []) == Set(old + new))
    }
}
