import Foundation
import MartletCore
import Testing

@Suite struct CacheStopTests {
    /// cache-load contract §5 case 53.
    @Test func `stopped tasks leave nothing behind`() async throws {
        let paths = (0..<6).map { "/ns/\($0)" }
        let cache = try await CacheServer(paths: paths, rules: ["*": ["hang": "ignore"]])
        let ids = try await cache.load(paths, name: "g")
        try await cache.called("distributedLoad", times: 4)
        let waiting = try #require(
            try await cache.status("task_name=g")["data"].object?.first { $0.value["state"] == "pending" }?.key)
        let one = try await cache.send(.DELETE, "/api/v1/gfs?task_id=\(waiting)")
        #expect(one.json == ["stopped": [.string(waiting)], "total": 1])
        let all = try await cache.send(.DELETE, "/api/v1/gfs?task_name=g")
        #expect(all.json["total"] == 5)
        let done = try await cache.done("task_name=g")
        #expect(done["status"] == "failed" && done["total_task"] == 6)
        for id in ids {
            #expect(done["data"][id]["state"] == "canceled")
            #expect(done["data"][id]["exit_code"].string?.isEmpty == false)
        }
        #expect(done["data"][waiting]["exit_code"] == "canceled")
        #expect(try cache.site.calls().count == 4)
        #expect(cache.site.processes().isEmpty)
        #expect(try await cache.send(.DELETE, "/api/v1/gfs?task_name=nobody").status == 404)
        #expect(try await cache.send(.DELETE, "/api/v1/gfs").status == 400)
        #expect(try await cache.send(.DELETE, "/api/v1/gfs?task_name=g").json["total"] == 0)
    }

    @Test func `a name ends nothing that another batch waits for`() async throws {
        let cache = try await CacheServer(rules: ["*": ["hang": "term"]])
        let first = try await cache.load(["/ns/a"], name: "one")[0]
        let second = try await cache.load(["/ns/a", "/ns/b"], name: "two")
        #expect(second[0] == first)
        let stopped = try await cache.send(.DELETE, "/api/v1/gfs?task_name=two")
        #expect(
            stopped.json == ["stopped": [.string(second[1])], "total": 1, "shared": [.string(first)]])
        #expect(try await cache.send(.DELETE, "/api/v1/gfs?task_name=one").json["total"] == 0)
        #expect(try await cache.task(first)["status"] == "running")
        let byID = try await cache.send(.DELETE, "/api/v1/gfs?task_id=\(first)")
        #expect(byID.json == ["stopped": [.string(first)], "total": 1])
        #expect(try await cache.done(task: first)["state"] == "canceled")
    }

    @Test func `a retry loads the failed files and nothing else`() async throws {
        let site = try CacheSite()
        try site.tree(
            Dictionary(
                uniqueKeysWithValues: (0..<4).map { ("/ns/a/f\($0)", ["size": 1]) }.map { ($0.0, $0.1 as JSONValue) }
            )
            .merging(["/ns/b/f": ["size": 1], "/ns/c/f": ["size": 1]]) { $1 })
        try site.rules(["/ns/a": ["fail_files": ["/ns/a/f1", "/ns/a/f2"]], "/ns/b": ["exit": 255]])
        let cache = try await CacheServer(site)
        let ids = try await cache.load(["/ns/a", "/ns/b", "/ns/c"], name: "nightly", action: "ForceLoad")
        // The metadata of /ns/b is what fails.
        #expect(try await cache.done("task_name=nightly")["status"] == "notallsuccess")
        try site.rules([:])
        let before = try site.calls().count
        let answer = try await cache.send(.POST, "/api/v1/gfs/retry?format=object", #"{"task_name":"nightly"}"#)
        #expect(answer.json["results"].array?.map { $0["path"] } == ["/ns/a/f1", "/ns/a/f2", "/ns/b"])
        let done = try await cache.done("task_name=nightly")
        #expect(done["status"] == "success" && done["total_task"] == 3)
        let calls = try site.calls().dropFirst(before)
        #expect(
            Set(calls.map { "\($0.command) \($0.path)" }) == [
                "distributedLoad /ns/a/f1", "distributedLoad /ns/a/f2", "loadMetadata /ns/b", "distributedLoad /ns/b",
            ])
        #expect(try await cache.send(.POST, "/api/v1/gfs/retry", #"{"task_name":"nightly"}"#).status == 409)
        #expect(try await cache.send(.POST, "/api/v1/gfs/retry", #"{"task_name":"nobody"}"#).status == 404)
        #expect(try await cache.send(.POST, "/api/v1/gfs/retry", #"{"task_name":5}"#).status == 400)
        #expect(try await cache.send(.POST, "/api/v1/gfs/retry", "{}").status == 400)
        let single = try await cache.send(.POST, "/api/v1/gfs/retry", "{\"task_id\":\"\(ids[1])\"}")
        #expect(single.json.array?.count == 1)
    }

    @Test func `a retry forgets neither what else failed nor what goes on`() async throws {
        let rules: JSONValue = ["/ns/x": ["exit": 255], "/ns/y": ["exit": 255], "/ns/z": ["hang": "term"]]
        let cache = try await CacheServer(paths: ["/ns/x", "/ns/y", "/ns/z"], rules: rules)
        let ids = try await cache.load(["/ns/x", "/ns/y", "/ns/z"], name: "mask")
        for id in ids.prefix(2) { _ = try await cache.done(task: id) }
        try cache.site.rules(["/ns/z": ["hang": "term"]])
        let single = try await cache.send(.POST, "/api/v1/gfs/retry", "{\"task_id\":\"\(ids[0])\"}")
        let again = try #require(single.json.array?.first?.string)
        #expect(try await cache.done(task: again)["status"] == "success")

        let now = try await cache.status("task_name=mask")
        #expect(now["status"] == "running" && now["total_task"] == 3)
        #expect(Set((now["data"].object ?? [:]).keys) == [again, ids[1], ids[2]])
        let stopped = try await cache.send(.DELETE, "/api/v1/gfs?task_name=mask")
        #expect(stopped.json == ["stopped": [.string(ids[2])], "total": 1])
        #expect(try await cache.done("task_name=mask")["status"] == "notallsuccess")
        // What was stopped is not started again by the name, and is not forgotten either.
        let rest = try await cache.send(.POST, "/api/v1/gfs/retry?format=object", #"{"task_name":"mask"}"#)
        #expect(rest.json["results"].array?.map { $0["path"] } == ["/ns/y"])
        let done = try await cache.done("task_name=mask")
        #expect(done["status"] == "notallsuccess" && done["total_task"] == 2)
        #expect(done["data"][ids[2]]["state"] == "canceled")
    }
}
