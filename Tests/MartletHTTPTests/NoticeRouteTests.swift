import Foundation
import MartletCore
import MartletEngine
import MartletHTTP
import NIOHTTP1
import Testing

/// The ledger over HTTP. Nothing is sent here: there is no notifier.
@Suite struct NoticeRouteTests {
    private func api() async throws -> LiveAPI {
        let api = try await LiveAPI()
        api.control.notices.replace([
            NoticeChannelFacts(
                name: "ops", kind: "dingtalk", target: "https://oapi.dingtalk.com", perMinute: 20,
                rules: [NoticeRule(on: [.failed])])
        ])
        return api
    }

    private func failed(_ api: LiveAPI, job: String) async throws -> String {
        let definition = #"{"tasks":[{"name":"t","command":["fail"]}],"labels":{"team":"db"}}"#
        #expect(try await api.call("PUT", "/api/jobs/\(job)", body: definition).status < 300)
        let id = try await api.submit(#"{"job":"\#(job)"}"#)
        _ = try await api.ended(id)
        return id
    }

    @Test func `the ledger is filtered and paged`() async throws {
        let api = try await api()
        let ids = [try await failed(api, job: "a"), try await failed(api, job: "b"), try await failed(api, job: "c")]
        let first = try await api.call("GET", "/api/notices?limit=2").json
        #expect(first["items"].array?.map { $0["run"].string } == [ids[2], ids[1]])
        let next = try #require(first["next"].string)
        let second = try await api.call("GET", "/api/notices?limit=2&cursor=\(next)").json
        #expect(second["items"].array?.map { $0["run"].string } == [ids[0]] && second["next"] == .null)
        for (query, count) in [
            ("channel=ops", 3), ("channel=no", 0), ("state=waiting", 3), ("state=sent", 0), ("run=\(ids[1])", 1),
            ("group=g", 0),
        ] {
            #expect(try await api.call("GET", "/api/notices?\(query)").json["items"].array?.count == count, "\(query)")
        }
        for query in ["state=x", "run=x", "cursor=x", "limit=0", "colour=red"] {
            #expect(try await api.call("GET", "/api/notices?\(query)").status == 400, "\(query)")
        }
        let shown = try await api.call("GET", "/api/notices/1").json
        #expect(shown["text"].string?.hasPrefix("告警:a failed\n状态: failed (exit)\n") == true)
        #expect(try await api.call("GET", "/api/notices/99").status == 404)
        #expect(try await api.call("GET", "/api/notices/x").status == 404)
    }

    @Test func `a restricted token sees the notices of its runs only`() async throws {
        let api = try await api()
        _ = try await failed(api, job: "own-a")
        _ = try await failed(api, job: "other")
        let wish = try NewToken(parsing: ["name": "r", "role": "read", "jobs": ["own-*"]])
        let secret = try await api.tokens.create(wish, by: .admin).secret
        let headers = ["Authorization": "Bearer \(secret.exposed)"]
        let items = try await api.call("GET", "/api/notices", headers: headers).json["items"].array ?? []
        #expect(items.map { $0["title"].string } == ["告警:own-a failed"])
        #expect(try await api.call("GET", "/api/notices/1", headers: headers).status == 200)
        #expect(try await api.call("GET", "/api/notices/2", headers: headers).status == 404)
    }

    @Test func `a token that covers little of a long ledger gets short pages that go on`() async throws {
        let api = try await api()
        _ = try await failed(api, job: "own-a")
        for _ in 0..<4200 {
            _ = try await api.control.store.addTestNotice(to: "ops", id: UUID().uuidString, at: Date())
        }
        let rights = Rights(role: .read, jobs: [try #require(NamePattern("own-*"))])
        var query = NoticeQuery()
        query.limit = 1
        let first = try await api.control.notices(query, rights: rights)
        #expect(first.items.isEmpty && first.next == 202)
        query.before = first.next
        let second = try await api.control.notices(query, rights: rights)
        #expect(second.items.map(\.content.title) == ["告警:own-a failed"] && second.next == nil)
    }

    @Test func `a test is owed to a known channel, and what is sent is not sent again`() async throws {
        let api = try await api()
        #expect(try await api.call("POST", "/api/notices/test", body: #"{"channel":"nope"}"#).status == 400)
        #expect(try await api.call("POST", "/api/notices/test", body: #"{}"#).status == 400)
        let reply = try await api.call("POST", "/api/notices/test", body: #"{"channel":"ops"}"#)
        #expect(reply.status == 202 && reply.headers.first(name: "Location") == "/api/notices/1")
        #expect(try await api.call("POST", "/api/notices/1/retry").status == 202)
        let queue = try #require(api.control.store as? any NoticeQueue)
        guard case .send(let taken) = try await queue.claimNotices(of: "ops", pace: NoticePace(), at: Date()) else {
            throw MartletError(.internal, "nothing is due")
        }
        #expect(try await api.call("POST", "/api/notices/1/retry").status == 409)
        _ = try await queue.settle(taken, .sent, at: Date())
        #expect(try await api.call("POST", "/api/notices/1/retry").status == 409)
        #expect(try await api.call("POST", "/api/notices/2/retry").status == 404)
        let channel = try await api.call("GET", "/api/notices/channels").json["items"][0]
        #expect(channel["name"] == "ops" && channel["waiting"] == 0 && channel["lastMinute"] == 1)
    }
}
