import MartletCore
import MartletEngine
import NIOHTTP1
import Testing

@testable import MartletHTTP

@Suite struct RunRouteTests {
    @Test func `a submission is answered with its place`() async throws {
        let api = try await LiveAPI()
        let reply = try await api.call("POST", "/api/runs", body: #"{"command":["true"]}"#)
        #expect(reply.status == 202 && reply.json["state"] == "pending")
        let id = try #require(reply.json["id"].string)
        #expect(reply.headers["Location"] == ["/api/runs/\(id)"])
        #expect(reply.json.object?.count == 2)
    }

    @Test func `an idempotency key gives the first answer again and refuses another body`() async throws {
        let api = try await LiveAPI()
        let key = ["Idempotency-Key": "\"k-1\""]
        let first = try await api.call("POST", "/api/runs", body: #"{"command":["true"]}"#, headers: key)
        let again = try await api.call(
            "POST", "/api/runs", body: #"{"command":["true"]}"#, headers: ["Idempotency-Key": "k-1"])
        #expect(first.headers["Idempotent-Replayed"].isEmpty && again.headers["Idempotent-Replayed"] == ["true"])
        #expect(first.bytes == again.bytes && again.status == 202)
        let other = try await api.call("POST", "/api/runs", body: #"{"command":["false"]}"#, headers: key)
        #expect(other.status == 422 && other.json["code"] == "mismatch")
        let ordered = try await api.call(
            "POST", "/api/runs", body: #"{"command":["true"],"group":"g"}"#, headers: ["Idempotency-Key": "k-2"])
        let reordered = try await api.call(
            "POST", "/api/runs", body: #" { "group": "g", "command": ["true"] }"#, headers: ["Idempotency-Key": "k-2"])
        #expect(
            reordered.status == 202 && reordered.json["id"] == ordered.json["id"], "the same value in another order")
        let long = ["Idempotency-Key": String(repeating: "k", count: 257)]
        #expect(try await api.call("POST", "/api/runs", body: #"{"command":["true"]}"#, headers: long).status == 400)
    }

    @Test func `a caller may wait for the end`() async throws {
        let api = try await LiveAPI()
        let done = try await api.call(
            "POST", "/api/runs", body: #"{"command":["fail"]}"#, headers: ["Prefer": "respond-async, wait=300"])
        #expect(done.status == 200 && done.headers["Preference-Applied"] == ["wait"])
        #expect(done.json["state"] == "failed" && done.json["exitCode"] == 3)
        let open = try await api.call(
            "POST", "/api/runs", body: #"{"command":["hang"]}"#, headers: ["Prefer": "wait=1"])
        #expect(open.status == 202 && open.headers["Preference-Applied"] == ["wait"] && open.json["state"] == "pending")
    }

    @Test func `a batch is all or none`() async throws {
        let api = try await LiveAPI()
        let bad = try await api.call("POST", "/api/runs", body: #"[{"command":["true"]},{"comand":["true"]}]"#)
        #expect(bad.status == 400)
        #expect(bad.json["errors"].array?.allSatisfy { $0["field"].string?.hasPrefix("[1].") == true } == true)
        #expect(try await api.call("GET", "/api/runs").json["items"].array?.isEmpty == true)
        let good = try await api.call("POST", "/api/runs", body: #"[{"command":["true"]},{"command":["true"]}]"#)
        #expect(good.status == 202 && good.json["ids"].array?.count == 2 && good.json["items"].array?.count == 2)
        #expect(try await api.call("POST", "/api/runs", body: "[]").status == 400)
    }

    @Test func `a run shows every documented member and no secret value`() async throws {
        let api = try await LiveAPI()
        let id = try await api.submit(
            #"{"command":["true"],"secrets":{"PASS":"correct horse"},"group":"g","labels":{"a":"b"},"key":"k"}"#)
        let run = try await api.ended(id)
        let documented = [
            "id", "state", "outcome", "exitCode", "signal", "createdAt", "startedAt", "finishedAt", "dueAt", "attempt",
            "attempts", "task", "progress", "message", "results", "warnings", "group", "groups", "key", "labels",
            "driver", "job", "trigger", "reason",
        ]
        for name in documented { #expect(run.object?[name] != nil, "\(name) is missing") }
        #expect(run["group"] == "g" && run["secrets"] == ["PASS"] && run["reason"]["zh"].string?.isEmpty == false)
        let created = try #require(run["createdAt"].string)
        #expect(created.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
        let text = try await api.call("GET", "/api/runs/\(id)").text
        #expect(!text.contains("correct horse"))
    }

    @Test func `an unchanged run is not sent again`() async throws {
        let api = try await LiveAPI()
        let id = try await api.submit()
        _ = try await api.ended(id)
        let tag = try #require(try await api.call("GET", "/api/runs/\(id)").headers["ETag"].first)
        let again = try await api.call("GET", "/api/runs/\(id)", headers: ["If-None-Match": tag])
        #expect(again.status == 304 && again.bytes.isEmpty)
        #expect(try await api.call("GET", "/api/runs/\(id)", headers: ["If-None-Match": "\"0\""]).status == 200)
    }

    @Test func `pages follow each other without gap or repeat`() async throws {
        let api = try await LiveAPI()
        var ids: [String] = []
        for _ in 0..<7 { ids.append(try await api.submit()) }
        var seen: [String] = []
        var path: String? = "/api/runs?limit=3"
        while let page = path {
            let reply = try await api.call("GET", page)
            seen += reply.json["items"].array?.compactMap { $0["id"].string } ?? []
            let link = reply.headers["Link"].first
            #expect((link == nil) == (reply.json["next"] == .null))
            path = link.flatMap { $0.firstMatch(of: /<(.+)>; rel="next"/).map { String($0.1) } }
        }
        #expect(seen == ids.reversed())
    }

    @Test func `filters narrow and unknown parameters are named`() async throws {
        let api = try await LiveAPI()
        let mine = try await api.submit(#"{"command":["true"],"labels":{"team":"a=b"},"group":"g"}"#)
        _ = try await api.submit(#"{"command":["hang"]}"#)
        _ = try await api.ended(mine)
        for query in ["label=team%3Da%3Db", "label=team=a=b", "label.team=a%3Db", "group=g", "state=succeeded,failed"] {
            let items = try await api.call("GET", "/api/runs?\(query)").json["items"].array ?? []
            #expect(items.map { $0["id"].string } == [mine], "\(query)")
        }
        let wrong = try await api.call("GET", "/api/runs?stat=x&limit=0&cursor=zz&state=odd")
        #expect(wrong.status == 400)
        #expect(Set(wrong.json["errors"].array?.compactMap { $0["field"].string } ?? []) == ["stat", "limit", "state"])
        for cursor in ["zz", "r1", "r1AAAA", "j1aGVsbG8", "%FF"] {
            #expect(try await api.call("GET", "/api/runs?cursor=\(cursor)").status == 400, "\(cursor)")
        }
    }

    @Test func `stop ends a run once and refuses an ended one`() async throws {
        let api = try await LiveAPI()
        let id = try await api.submit(#"{"command":["hang"]}"#)
        try await api.reaches("running", id)
        #expect(try await api.call("POST", "/api/runs/\(id)/stop", body: #"{"grase":"1s"}"#).status == 400)
        #expect(try await api.call("POST", "/api/runs/\(id)/stop", body: #"{"grace":"1s"}"#).status == 202)
        #expect(try await api.ended(id)["state"] == "cancelled")
        #expect(try await api.call("POST", "/api/runs/\(id)/stop").status == 409)
        #expect(try await api.call("POST", "/api/runs/\(id)/resume").status == 409)
        let again = try await api.call("POST", "/api/runs/\(id)/rerun")
        #expect(again.status == 202 && again.json["id"].string != id)
        let new = try await api.call("GET", "/api/runs/\(again.json["id"].string ?? "")").json
        #expect(new["trigger"]["rerunOf"].string == id)
    }

    @Test func `a paused run can be resumed`() async throws {
        let api = try await LiveAPI()
        let id = try await api.submit(#"{"command":["hang"]}"#)
        try await api.reaches("running", id)
        #expect(try await api.call("POST", "/api/runs/\(id)/pause").status == 202)
        try await api.reaches("paused", id)
        #expect(try await api.call("POST", "/api/runs/\(id)/resume").status == 200)
        try await api.reaches("running", id)
    }

    @Test(arguments: [
        #"{"command":["true"],}"#, #"{"a":1,"a":2}"#, "", "[1]", "\"x\"", #"{"command":["\ud800"]}"#,
        #"{"command":"true"}"#,
    ])
    func `bad bodies are the caller's fault`(body: String) async throws {
        let api = try await LiveAPI()
        let reply = try await api.call("POST", "/api/runs", body: body)
        #expect(reply.status == 400 && reply.json["errors"].array?.isEmpty == false)
    }

    @Test func `a jobs life goes through its versions`() async throws {
        let api = try await LiveAPI()
        let created = try await api.call(
            "PUT", "/api/jobs/x", body: #"{"command":["true"]}"#, headers: ["If-None-Match": "*"])
        #expect(created.status == 201 && created.headers["ETag"] == ["\"1\""])
        #expect(
            try await api.call("PUT", "/api/jobs/x", body: #"{"command":["true"]}"#, headers: ["If-None-Match": "*"])
                .status == 412)
        let changed = try await api.call(
            "PUT", "/api/jobs/x", body: #"{"command":["fail"]}"#, headers: ["If-Match": "\"1\""])
        #expect(changed.status == 200 && changed.headers["ETag"] == ["\"2\""])
        #expect(
            try await api.call("PUT", "/api/jobs/x", body: #"{"command":["true"]}"#, headers: ["If-Match": "\"1\""])
                .status == 412)
        #expect(try await api.call("GET", "/api/jobs/x", headers: ["If-None-Match": "\"2\""]).status == 304)
        let shown = try await api.call("GET", "/api/jobs/x").json
        let definition = shown["definition"]
        #expect(definition["tasks"][0]["command"] == ["fail"])
        #expect(try Job(parsing: definition, name: "x").tasks.count == 1)
        let id = try await api.submit(#"{"job":"x"}"#)
        #expect(try await api.ended(id)["exitCode"] == 3)
        #expect(try await api.call("DELETE", "/api/jobs/x", headers: ["If-Match": "\"1\""]).status == 412)
        #expect(try await api.call("DELETE", "/api/jobs/x").status == 204)
        #expect(try await api.call("GET", "/api/jobs/x").status == 404)
        #expect(try await api.call("POST", "/api/runs", body: #"{"job":"x"}"#).status == 404)
    }
}

extension LiveAPI {
    /// Woken by the feed, not by the clock.
    func reaches(_ state: String, _ id: String) async throws {
        for await _ in control.feed.changes() {
            let run = try await call("GET", "/api/runs/\(id)").json
            if run["state"].string == state { return }
        }
    }
}

@Suite struct AliasRouteTests {
    @Test func `a run is found by the id that a facade gave it`() async throws {
        let api = try await LiveAPI()
        let alias = "9e9dee40-2fd8-4226-a462-fadaff2bd2c3"
        let submission = Submission(
            work: .inline(Job(tasks: [TaskSpec(name: "main", spec: ["command": ["hang"]])])),
            aliases: [RunAlias(facade: "scripts", alias: alias)], trigger: Trigger(source: "scripts"), rights: .all)
        let id = try await api.control.submit(submission).ids[0].description
        #expect(try await api.call("GET", "/api/runs/\(alias)").json["id"].string == id)
        // One that has not begun is stopped at once.
        try await api.reaches("running", id)
        #expect(try await api.call("POST", "/api/runs/\(alias)/stop").status == 202)
        #expect(try await api.call("GET", "/api/runs/\(alias.dropLast())0").status == 404)
    }
}

@Suite struct RunConditionTests {
    @Test(arguments: ["stop", "pause"]) func `a command for another version changes nothing`(_ command: String)
        async throws
    {
        let api = try await LiveAPI(runs: 0)
        let id = try await api.submit()
        let tag = try #require(try await api.call("GET", "/api/runs/\(id)").headers["ETag"].first)
        for wrong in ["\"99\"", "\"99-queued\", \"98\""] {
            let reply = try await api.call("POST", "/api/runs/\(id)/\(command)", headers: ["If-Match": wrong])
            #expect(reply.status == 412 && reply.json["code"] == "stale", "\(wrong)")
        }
        #expect(try await api.call("GET", "/api/runs/\(id)").json["state"] == "pending")
        let reply = try await api.call("POST", "/api/runs/\(id)/\(command)", headers: ["If-Match": tag])
        #expect(reply.status == 200, "\(tag): \(reply.text)")
        let after = try #require(reply.headers["ETag"].first)
        #expect(after != tag)
        let again = try await api.call("POST", "/api/runs/\(id)/rerun", headers: ["If-Match": tag])
        #expect(again.status == 412)
        #expect(try await api.call("POST", "/api/runs/\(id)/rerun", headers: ["If-Match": after]).status == 202)
    }

    @Test func `a star matches any version, and what is no tag is refused`() async throws {
        let api = try await LiveAPI(runs: 0)
        let id = try await api.submit()
        #expect(try await api.call("POST", "/api/runs/\(id)/pause", headers: ["If-Match": "three"]).status == 400)
        #expect(try await api.call("POST", "/api/runs/\(id)/pause", headers: ["If-Match": "*"]).status == 200)
        let tag = try #require(try await api.call("GET", "/api/runs/\(id)").headers["ETag"].first)
        #expect(try await api.call("POST", "/api/runs/\(id)/resume", headers: ["If-Match": "\"1\""]).status == 412)
        #expect(try await api.call("POST", "/api/runs/\(id)/resume", headers: ["If-Match": tag]).status == 200)
    }
}
