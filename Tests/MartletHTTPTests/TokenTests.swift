import AsyncHTTPClient
import Foundation
import MartletCore
import MartletEngine
import NIOCore
import NIOHTTP1
import Testing

@testable import MartletHTTP

@Suite struct TokenTests {
    private func token(_ api: LiveAPI, _ body: String) async throws -> [String: String] {
        let reply = try await api.call("POST", "/api/tokens", body: body)
        #expect(reply.status == 201, "\(reply.text)")
        return ["Authorization": "Bearer \(try #require(reply.json["token"].string))"]
    }

    private func put(_ api: LiveAPI, _ job: String, team: String) async throws {
        let body = #"{"tasks":[{"name":"t","command":["true"]}],"labels":{"team":"\#(team)"}}"#
        #expect(try await api.call("PUT", "/api/jobs/\(job)", body: body).status == 201)
    }

    @Test func `a token is shown once, listed without its secret, and counts until it is revoked`() async throws {
        let api = try await LiveAPI()
        let made = try await api.call("POST", "/api/tokens", body: #"{"name":"ci","role":"read"}"#)
        let secret = try #require(made.json["token"].string)
        #expect(secret.hasPrefix("mlt_") && secret.utf8.count == 68)
        let header = ["Authorization": "Bearer \(secret)"]
        #expect(try await api.call("GET", "/api/runs", headers: header).status == 200)
        let list = try await api.call("GET", "/api/tokens")
        #expect(!list.text.contains(secret))
        let item = list.json["items"][0]
        #expect(item["name"] == "ci" && item["state"] == "active" && item["role"] == "read")
        #expect(item["createdBy"] == "admin" && item["lastUsedAt"].string != nil && item["expiresAt"].string != nil)
        let id = try #require(item["id"].string)
        #expect(try await api.call("DELETE", "/api/tokens/\(id)").json["state"] == "revoked")
        #expect(try await api.call("GET", "/api/runs", headers: header).status == 401)
        #expect(try await api.call("DELETE", "/api/tokens/ci").status == 404)
    }

    @Test func `a name is used by one token in force`() async throws {
        let api = try await LiveAPI()
        let body = #"{"name":"ci","role":"run"}"#
        _ = try await token(api, body)
        #expect(try await api.call("POST", "/api/tokens", body: body).status == 409)
        #expect(try await api.call("DELETE", "/api/tokens/ci").status == 200)
        _ = try await token(api, body)
    }

    @Test func `an id that is revoked hides no token of that name`() async throws {
        let api = try await LiveAPI()
        let old = try await api.call("POST", "/api/tokens", body: #"{"name":"old","role":"read"}"#)
        let id = try #require(old.json["id"].string)
        #expect(try await api.call("DELETE", "/api/tokens/\(id)").status == 200)
        // From before such names were refused.
        let store = try #require(api.control.store as? any TokenStore & SessionStore)
        let token = AccessToken(
            id: "00000000", name: id, rights: .all, createdAt: Date(), createdBy: "admin", expiresAt: nil)
        try await store.insert(token, secret: Secret("mlt_from_before"))
        let later = try await Tokens(store: store, admin: Secret(LiveAPI.token))
        #expect(try await later.revoke(id).id == "00000000")
        #expect(later.principal(presenting: Secret("mlt_from_before")) == nil)
    }

    @Test func `wrong wishes are refused with their fields`() async throws {
        let api = try await LiveAPI()
        for (body, field) in [
            (#"{"role":"read"}"#, "name"), (#"{"name":"a b","role":"read"}"#, "name"),
            (#"{"name":"0123abcd","role":"read"}"#, "name"), (#"{"name":"a"}"#, "role"),
            (#"{"name":"a","role":"root"}"#, "role"), (#"{"name":"a","role":"admin","jobs":["x"]}"#, "jobs"),
            (#"{"name":"a","role":"read","secretsRead":true,"labels":{"a":"b"}}"#, "jobs"),
            (#"{"name":"a","role":"read","jobs":[""]}"#, "jobs[0]"),
            (#"{"name":"a","role":"read","expiresIn":"soon"}"#, "expiresIn"),
            (#"{"name":"a","role":"read","expiresIn":"0s"}"#, "expiresIn"), (#"{"name":"a","role":"read","x":1}"#, "x"),
        ] {
            let reply = try await api.call("POST", "/api/tokens", body: body)
            #expect(reply.status == 400, "\(body)")
            #expect(
                reply.json["errors"].array?.contains { $0["field"].string == field } == true, "\(body): \(reply.text)")
        }
        #expect(try await api.call("GET", "/api/tokens").json["items"] == [])
    }

    @Test func `who may not read secrets cannot give that right`() async throws {
        let api = try await LiveAPI()
        let admin = try await token(api, #"{"name":"boss","role":"admin"}"#)
        let body = #"{"name":"x","role":"read","secretsRead":true}"#
        #expect(try await api.call("POST", "/api/tokens", body: body, headers: admin).status == 403)
        #expect(try await api.call("POST", "/api/tokens", body: body).status == 201)
    }

    @Test func `a run token starts what it is for and nothing else`() async throws {
        let api = try await LiveAPI()
        try await put(api, "backup-a", team: "db")
        try await put(api, "deploy", team: "web")
        let header = try await token(api, #"{"name":"b","role":"run","jobs":["backup-*"]}"#)
        let own = try await api.call("POST", "/api/runs", body: #"{"job":"backup-a"}"#, headers: header)
        #expect(own.status == 202)
        let foreign = try await api.call("POST", "/api/runs", body: #"{"job":"deploy"}"#, headers: header)
        #expect(foreign.status == 403 && foreign.json["code"] == "forbidden")
        for body in [#"{"command":["true"]}"#, #"[{"job":"backup-a"},{"command":["true"]}]"#] {
            #expect(try await api.call("POST", "/api/runs", body: body, headers: header).status == 403)
        }
        let any = try await token(api, #"{"name":"any","role":"run"}"#)
        #expect(try await api.call("POST", "/api/runs", body: #"{"command":["true"]}"#, headers: any).status == 403)
        #expect(try await api.call("GET", "/api/runs").json["items"].array?.count == 1)
        let run = try await api.call("GET", "/api/runs").json["items"][0]
        #expect(run["trigger"]["caller"] == "b")
    }

    @Test func `a label in the request opens no job of others`() async throws {
        let api = try await LiveAPI()
        try await put(api, "deploy", team: "web")
        let header = try await token(api, #"{"name":"db","role":"run","labels":{"team":"db"}}"#)
        let body = #"{"job":"deploy","labels":{"team":"db"}}"#
        #expect(try await api.call("POST", "/api/runs", body: body, headers: header).status == 403)
        // Somebody else may have given a foreign job that label: then its run is seen, and not repeated.
        let id = try await api.submit(body)
        _ = try await api.ended(id)
        #expect(try await api.call("GET", "/api/runs/\(id)", headers: header).status == 200)
        #expect(try await api.call("POST", "/api/runs/\(id)/rerun", headers: header).status == 403)
    }

    @Test func `lists show what a token covers`() async throws {
        let api = try await LiveAPI()
        for (job, team) in [("backup-a", "db"), ("backup-b", "web"), ("deploy", "web")] {
            try await put(api, job, team: team)
            for _ in 0..<3 { _ = try await api.submit(#"{"job":"\#(job)"}"#) }
        }
        _ = try await api.submit()
        for (rights, jobs) in [
            (#""jobs":["backup-*"]"#, ["backup-a", "backup-b"]), (#""jobs":["deploy","none"]"#, ["deploy"]),
            (#""labels":{"team":"web"}"#, ["backup-b", "deploy"]),
            (#""labels":{"team":"*b"}"#, ["backup-a", "backup-b", "deploy"]),
            (#""jobs":["backup-*"],"labels":{"team":"web"}"#, ["backup-b"]), (#""jobs":["none"]"#, []),
        ] {
            let header = try await token(api, #"{"name":"t\#(UUID())","role":"read",\#(rights)}"#)
            let runs = try await everyPage(api, "/api/runs?limit=2", header).map { $0["job"].string }
            #expect(runs.count == 3 * jobs.count, "\(rights)")
            #expect(Set(runs) == Set(jobs), "\(rights)")
            let listed = try await everyPage(api, "/api/jobs?limit=1", header).compactMap { $0["name"].string }
            #expect(listed == jobs, "\(rights)")
        }
    }

    private func everyPage(_ api: LiveAPI, _ path: String, _ headers: [String: String]) async throws -> [JSONValue] {
        var items: [JSONValue] = []
        var next: String? = ""
        while let cursor = next, items.count < 100 {
            let page = try await api.call("GET", path + (cursor.isEmpty ? "" : "&cursor=\(cursor)"), headers: headers)
            items += page.json["items"].array ?? []
            next = page.json["next"].string
        }
        return items
    }

    @Test(arguments: ["/api/events", "/api/runs/{id}/log?follow=true", "/api/runs/{id}/lines"])
    func `a stream ends soon after its token`(_ path: String) async throws {
        let api = try await LiveAPI(recheck: .milliseconds(50))
        let id = try await api.submit(#"{"command":["hang"]}"#)
        try await api.reaches("running", id)
        let header = try await token(api, #"{"name":"viewer","role":"read"}"#)
        let request = api.request("GET", path.replacing("{id}", with: id), header)
        let response = try await LiveAPI.client.execute(request, timeout: .seconds(300))
        #expect(response.status == .ok)
        #expect(try await api.call("DELETE", "/api/tokens/viewer").status == 200)
        // Ends although the run goes on.
        let isOver = await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                do { for try await _ in response.body {} } catch { return false }
                return true
            }
            group.addTask {
                try? await Task.sleep(for: .seconds(300))
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
        #expect(isOver)
        #expect(try await api.call("GET", "/api/runs/\(id)").json["state"] == "running")
    }

    @Test func `the event stream tells a bound token about its own runs only`() async throws {
        let api = try await LiveAPI()
        try await put(api, "own", team: "db")
        let header = try await token(api, #"{"name":"viewer","role":"read","jobs":["own"]}"#)
        let foreign = try await api.submit()
        _ = try await api.ended(foreign)
        let own = try await api.submit(#"{"job":"own"}"#)
        _ = try await api.ended(own)
        let request = api.request("GET", "/api/events?after=0", header)
        let response = try await LiveAPI.client.execute(request, timeout: .seconds(300))
        var text = ""
        for try await piece in response.body {
            text += String(buffer: piece)
            if text.contains("succeeded") { break }
        }
        #expect(text.contains(own) && !text.contains(foreign))
    }

    @Test func `keys of different callers are different keys`() async throws {
        let api = try await LiveAPI()
        try await put(api, "job", team: "db")
        let key = ["Idempotency-Key": "k"]
        let first = try await api.submit(#"{"job":"job"}"#, headers: key)
        let header = try await token(api, #"{"name":"other","role":"run"}"#)
        let second = try await api.submit(#"{"job":"job"}"#, headers: key.merging(header) { $1 })
        #expect(first != second && RunID(second) != nil)
        #expect(try await api.submit(#"{"job":"job"}"#, headers: key) == first)
    }

    @Test func `tokens outlive the server, and old ones are forgotten`() async throws {
        let api = try await LiveAPI()
        _ = try await token(api, #"{"name":"kept","role":"read","jobs":["a*"],"labels":{"x":"y*"}}"#)
        let store = try #require(api.control.store as? any TokenStore & SessionStore)
        let later = try await Tokens(store: store, admin: Secret(LiveAPI.token))
        #expect(
            later.list()
                == api.tokens.list().map {
                    var token = $0; token.lastUsedAt = nil; return token
                })
        let far = Date().addingTimeInterval(400 * 86_400)
        let old = try await Tokens(store: store, admin: Secret(LiveAPI.token), now: { far })
        #expect(old.list().count == 1)
        try await old.flush()
        #expect(old.list().isEmpty)
        #expect(try await store.tokens().isEmpty)
    }

    @Test func `use is noted and stored`() async throws {
        let api = try await LiveAPI()
        let header = try await token(api, #"{"name":"ci","role":"read"}"#)
        let store = try #require(api.control.store as? any TokenStore & SessionStore)
        #expect(try await store.tokens()[0].token.lastUsedAt == nil)
        _ = try await api.call("GET", "/api/runs", headers: header)
        try await api.tokens.flush()
        #expect(try await store.tokens()[0].token.lastUsedAt != nil)
    }
}
