import Foundation
import MartletCore
import Testing

@Suite struct CacheSubmitTests {
    private static func isUUID4(_ text: String) -> Bool {
        text.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil
    }

    /// cache-load contract §5 cases 1, 2, 4.
    @Test func `loads are answered at once, with ids and the right arguments`() async throws {
        let site = try CacheSite()
        try site.rules(["*": ["gate": .string(site.gate)]])
        let cache = try await CacheServer(site)
        let hc = try await cache.get("/hc")
        #expect(hc.status == 200 && hc.text == "ok" && hc.header("Content-Type") == "text/plain; charset=utf-8")
        let object = try await cache.gfs("DistributeLoad", ["/ns/a", "/ns/b"], name: "g1", "?format=object")
        #expect(object.json["total"] == 2)
        #expect(object.json["results"].array?.map { $0["path"] } == ["/ns/a", "/ns/b"])
        let metadata = try await cache.load(["/ns/a"], action: "LoadMetadata")
        let ids = (object.json["results"].array ?? []).compactMap { $0["task_id"].string } + metadata
        #expect(Set(ids).count == 3)
        for id in ids { #expect(Self.isUUID4(id)) }
        try await cache.called("loadMetadata")
        try await cache.called("distributedLoad", times: 2)
        let argv = try Set(cache.site.calls().map(\.argv))
        #expect(
            argv == [
                ["fs", "distributedLoad", "--replication", "1", "/ns/a"],
                ["fs", "distributedLoad", "--replication", "1", "/ns/b"], ["fs", "loadMetadata", "-R", "-F", "/ns/a"],
            ])
    }

    /// cache-load contract §5 cases 5, 7; the document's answer to a forced load.
    @Test func `a forced load reads the metadata to its end, then loads`() async throws {
        let site = try CacheSite(paths: ["/ns/a"])
        try site.rules(["*": ["loadMetadata": ["gate": .string(site.gate)]]])
        try site.tree(["/ns/a/f": ["size": 1, "known": false]])
        let cache = try await CacheServer(site)
        let ids = try await cache.load(["/ns/a"], name: "g2", action: "ForceLoad")
        try await cache.called("loadMetadata")
        #expect(try await cache.status("task_name=g2")["status"] == "running")
        site.openGate()
        let row = try await cache.done(task: ids[0])
        #expect(row["status"] == "success")
        #expect(row["success_count"] == 1)
        let calls = try site.calls()
        #expect(calls.map(\.command) == ["loadMetadata", "distributedLoad"])
        #expect(try #require(calls[0].end) <= calls[1].start)
    }

    @Test func `a forced load stops after failed metadata, unless it was told to go on`() async throws {
        let cache = try await CacheServer(paths: ["/ns/a", "/ns/b"], rules: ["*": ["loadMetadata": ["exit": 255]]])
        let gated = try await cache.load(["/ns/a"], action: "ForceLoad")
        let row = try await cache.done(task: gated[0])
        #expect(row["status"] == "failed" && row["exit_code"] == "exit status 255")
        #expect(try cache.site.calls().map(\.command) == ["loadMetadata"])
        let body = #"{"action":"GooseFSForceLoad","path":["/ns/b"],"continue_on_metadata_error":true}"#
        let id = try #require(try await cache.gfs(body).json[0].string)
        let other = try await cache.done(task: id)
        #expect(other["status"] == "notallsuccess" && other["success_count"] == 1)
        #expect(try cache.site.calls().map(\.command) == ["loadMetadata", "loadMetadata", "distributedLoad"])
    }

    /// cache-load contract §5 cases 8, 19, 20.
    @Test func `what is wrong is refused, and nothing is started`() async throws {
        let cache = try await CacheServer()
        let wrong: [(String, String)] = [
            (#"{"action":"GooseFSDistributeLoad","task_name":"x","path":[]}"#, #""path is required"#),
            (#"{"action":"GooseFSDistributeLoad","path":["/ns/a",""]}"#, "path[1]"),
            (#"{"action":"GooseFSForceLoad","path":["/ns/a",null]}"#, "path[1]"),
            (#"{"action":"GooseFSLoadMetadata","path":["/ns/a","ns/b"]}"#, "must be absolute"),
            (#"{"action":"GooseFSDistributeLoad","path":["-Da=b"]}"#, "must be absolute"),
            (#"{"action":"GooseFSDistributeLoad","path":["/ns/../etc"]}"#, "the part .."),
            (#"{"action":"GooseFSDistributeLoad","path":["/ns/a\nb"]}"#, "control characters"),
            (#"{"action":"GooseFSDistributeLoad","path":["/ns/*"]}"#, "allow_wildcard"),
            (
                #"{"action":"Nonsense","path":["/ns/a"]}"#,
                "must be one of: GooseFSList, GooseFSForceLoad, GooseFSLoadMetadata, GooseFSDistributeLoad, GooseFSFree"
            ),
            (
                #"{"path":["/ns/a"]}"#,
                "Key: 'GooseFSRequest.Action' Error:Field validation for 'Action' failed on the 'required' tag"
            ),
            (#"{"action":"GooseFSDistributeLoad"}"#, "'Path' failed on the 'required' tag"),
            (
                #"{"action":"GooseFSDistributeLoad","path":"/a"}"#,
                "json: cannot unmarshal string into Go struct field GooseFSRequest.path of type []*string"
            ),
            ("{", #""unexpected EOF""#), ("", #""EOF""#), ("[]", "json: cannot unmarshal array into Go value of type"),
        ]
        for (body, part) in wrong {
            let answer = try await cache.gfs(body)
            #expect(answer.status == 400, "\(body): \(answer.text)")
            #expect(answer.text.contains(part), "\(body): \(answer.text)")
        }
        #expect(try await cache.get("/hc").status == 200)
        #expect(try cache.site.calls().isEmpty)
        #expect(try await cache.get("/api/v1/status").status == 404)
    }

    /// cache-load contract §5 case 23.
    @Test func `paths reach the program byte for byte, as one argument`() async throws {
        let paths = [
            "/ns/a b", "/ns/\"q\" 'q'", "/ns/$(id)`id`", "/ns/;rm -rf x|&<>", "/ns/数据/表", "/ns/😀", "/ns/e\u{301}",
            "/ns/\u{E9}", "/ns/${params.x}", "/ns/-Da=b", "/ns//twice/", #"/ns/back\slash"#, "/ns/%2e%2e",
        ]
        let cache = try await CacheServer(rules: ["*": ["empty": true]])
        let ids = try await cache.load(paths)
        for id in ids { _ = try await cache.done(task: id) }
        let seen = try cache.site.calls().map { Array($0.path.utf8) }
        #expect(Set(seen) == Set(paths.map { Array($0.utf8) }))
        #expect(try cache.site.calls().allSatisfy { $0.argv.count == 5 && $0.jvm.isEmpty })
    }

    /// cache-load contract §5 case 38.
    @Test func `names of batches are texts and nothing else`() async throws {
        let cache = try await CacheServer()
        for (name, encoded) in [
            ("../../x", "..%2F..%2Fx"), ("a/b", "a%2Fb"), ("a b", "a+b"), ("夜间", "%E5%A4%9C%E9%97%B4"),
        ] {
            let ids = try await cache.load(["/ns/a"], name: name)
            let status = try await cache.done("task_name=\(encoded)")
            #expect(status["data"][ids[0]]["task_name"].string == name)
            #expect(try await cache.output("task_name=\(encoded)").object?.keys.sorted() == ids)
        }
        #expect(
            try await cache.gfs("DistributeLoad", ["/ns/a"], name: String(repeating: "x", count: 256)).status == 400)
        let unnamed = try await cache.load(["/ns/b"], name: "")
        #expect(try await cache.done(task: unnamed[0])["task_name"] == "")
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: cache.site.scratch.url.path).allSatisfy {
                !$0.contains("x_")
            })
    }

    /// cache-load contract §5 case 52.
    @Test func `a load of what is being loaded joins it and says so`() async throws {
        let site = try CacheSite(paths: ["/ns/a"])
        try site.rules(["*": ["gate": .string(site.gate)]])
        let cache = try await CacheServer(site)
        let first = try await cache.load(["/ns"], name: "parent")
        let below = try await cache.gfs("DistributeLoad", ["/ns/a"], name: "child")
        #expect(below.json == [.string(first[0])] && below.header("X-Martlet-Joined") == first[0])
        let same = try await cache.gfs("DistributeLoad", ["/ns/", "/other"], name: "again", "?format=object")
        #expect(same.json["results"][0]["task_id"].string == first[0] && same.json["results"][0]["joined"] == true)
        #expect(same.json["results"][1]["joined"] == .null)
        #expect(try await cache.status("task_name=again")["total_task"] == 2)
        site.openGate()
        let child = try await cache.done("task_name=child")
        #expect(child["status"] == "success" && child["data"][first[0]]["task_name"] == "child")
        _ = try await cache.done("task_name=again")
        #expect(try site.calls().filter { $0.path.hasPrefix("/ns") }.count == 1)
        let later = try await cache.gfs("DistributeLoad", ["/ns/a"])
        #expect(later.json[0].string != first[0] && later.header("X-Martlet-Joined") == nil)
    }

    @Test func `a path that comes twice is loaded once, and joins nothing`() async throws {
        let cache = try await CacheServer()
        let answer = try await cache.gfs("DistributeLoad", ["/ns/a", "/ns/a/"], "?format=object")
        let results = answer.json["results"].array ?? []
        #expect(results.count == 2 && results[0]["task_id"] == results[1]["task_id"])
        #expect(results.allSatisfy { $0["joined"] == .null } && answer.header("X-Martlet-Joined") == nil)
    }

    /// cache-load contract §5 case 58.
    @Test func `many requests at once get ids of their own, and none is lost`() async throws {
        let paths = (0..<200).map { "/ns/p\($0)" }
        let cache = try await CacheServer(
            paths: paths,
            environment: ["MARTLET_CACHE_LOAD_BIN": "/bin/true", "MARTLET_CACHE_LOAD_MAX_CONCURRENT": "16"])
        let ids = try await withThrowingTaskGroup(of: [String].self) { group in
            for start in stride(from: 0, to: 200, by: 4) {
                group.addTask { try await cache.load(Array(paths[start..<start + 4]), name: "many") }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(ids).count == 200)
        let all = try await cache.done("task_name=many&run=all")
        #expect(all["total_task"] == 200 && Set(all["data"].object?.keys.map { $0 } ?? []) == Set(ids))
        #expect(try await cache.status("task_name=many")["total_task"] == 4)
    }

    @Test func `an equal request with the same key is the same batch`() async throws {
        let cache = try await CacheServer()
        let body = #"{"action":"GooseFSDistributeLoad","path":["/ns/a","/ns/b"]}"#
        let first = try await cache.gfs(body, headers: ["Idempotency-Key": "k1"])
        let again = try await cache.gfs(body, headers: ["Idempotency-Key": "k1"])
        #expect(first.status == 200 && again.json == first.json && again.header("Idempotent-Replayed") == "true")
        let other = #"{"action":"GooseFSDistributeLoad","path":["/ns/a"]}"#
        #expect(try await cache.gfs(other, headers: ["Idempotency-Key": "k1"]).status == 422)
    }

    @Test func `without the program the answer names the setting`() async throws {
        let cache = try await CacheServer(environment: ["MARTLET_CACHE_LOAD_BIN": ""])
        let answer = try await cache.gfs("DistributeLoad", ["/ns/a"])
        #expect(answer.status == 503 && answer.text.contains("cacheLoad.bin"))
        let gone = try await CacheServer(environment: ["MARTLET_CACHE_LOAD_BIN": "/nowhere/goosefs"])
        let ids = try await gone.load(["/ns/a"])
        let row = try await gone.done(task: ids[0])
        #expect(row["status"] == "failed" && row["exit_code"].string?.hasSuffix("no such file or directory") == true)
    }

    @Test func `a forced load of a pattern sees what was written anew`() async throws {
        let site = try CacheSite()
        try site.tree(["/j/a/f": ["size": 1, "cached": 100, "ufs-version": 2], "/j/b/f": ["size": 1, "known": false]])
        let cache = try await CacheServer(site)
        let body = #"{"action":"GooseFSForceLoad","task_name":"anew","path":["/j/*"],"allow_wildcard":true}"#
        #expect(try await cache.send(.POST, "/api/v1/gfs", body).status == 200)
        let task = try #require(try await cache.done("task_name=anew")["data"].object?.values.first)
        #expect(task["status"] == "success" && task["success_count"] == 2, "\(task)")
    }
}
