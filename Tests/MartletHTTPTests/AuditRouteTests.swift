import Foundation
import HTTPTypes
import MartletCore
import NIOHTTP1
import Testing

@testable import MartletHTTP

@Suite struct AuditRouteTests {
    private func trail(_ api: LiveAPI, _ query: String = "?limit=1000") async throws -> [JSONValue] {
        try await api.call("GET", "/api/audit\(query)").json["items"].array ?? []
    }

    @Test func `every mutating call is recorded with caller, address, target and outcome`() async throws {
        let api = try await LiveAPI()
        let body = #"{"tasks":[{"name":"t","command":["hang"]}]}"#
        try await api.call("PUT", "/api/jobs/nightly", body: body)
        let id = try await api.submit(#"{"job":"nightly"}"#)
        try await api.call("POST", "/api/runs/\(id)/stop")
        _ = try await api.ended(id)
        try await api.call("POST", "/api/runs/\(id)/stop")
        try await api.call("DELETE", "/api/jobs/nightly")
        try await api.call("DELETE", "/api/jobs/nightly")
        try await api.call("POST", "/api/runs", body: "{", headers: ["Authorization": ""])
        try await api.call("POST", "/api/runs", body: "{")
        let made = try await api.call("POST", "/api/tokens", body: #"{"name":"viewer","role":"read"}"#)
        let viewer = ["Authorization": "Bearer \(try #require(made.json["token"].string))"]
        let refused = try await api.call("POST", "/api/runs/\(id)/stop", headers: viewer)
        #expect(refused.status == 403)
        for path in ["/api/runs", "/api/jobs", "/api/audit", "/livez"] { try await api.call("GET", path) }
        let found = try await trail(api).reversed().map {
            [$0["caller"], $0["action"], $0["target"], $0["outcome"]].map { $0.string ?? "-" }
        }
        #expect(
            found == [
                ["admin", "PUT /api/jobs/{name}", "job nightly", "done"],
                ["admin", "POST /api/runs", "run \(id)", "done"],
                ["admin", "POST /api/runs/{id}/stop", "run \(id)", "done"],
                ["admin", "POST /api/runs/{id}/stop", "run \(id)", "conflict"],
                ["admin", "DELETE /api/jobs/{name}", "job nightly", "done"],
                ["admin", "DELETE /api/jobs/{name}", "job nightly", "notFound"],
                ["anonymous", "POST /api/runs", "", "unauthorised"],
                ["admin", "POST /api/runs", "", "invalid"],
                ["admin", "POST /api/tokens", "token viewer", "done"],
                ["viewer", "POST /api/runs/{id}/stop", "run \(id)", "forbidden"],
            ])
        let last = try await trail(api, "?limit=1")[0]
        #expect(last["address"] == "127.0.0.1" && last["token"].string != nil)
        #expect(last["requestId"].string == refused.headers["X-Request-Id"].first)
        let ofRun = try await trail(api, "?target=run%20\(id)")
        let stop = try #require(ofRun.first { $0["outcome"] == "done" && $0["action"] != "POST /api/runs" })
        #expect(
            stop["before"].string?.count == 64 && stop["after"].string?.count == 64 && stop["before"] != stop["after"])
    }

    @Test func `every route that is not read is recorded, whatever becomes of the call`() async throws {
        let api = try await LiveAPI()
        var wanted = 0
        // What a preview asks for is too long for a query, and a browser in use says so each minute: they change nothing.
        let silent = ["POST /api/schedules/preview", "PUT /api/session"]
        let changing = api.routes.filter {
            ![.get, .head].contains($0.method) && !silent.contains("\($0.method) \($0.path)")
        }
        for route in changing {
            let path = route.path.replacing("{id}", with: UUID().uuidString).replacing("{name}", with: "x")
                .replacing("{token}", with: "x")
            try await api.call(route.method.rawValue, path, headers: ["Authorization": "Bearer wrong"])
            wanted += 1
            let records = try await trail(api)
            #expect(records.count == wanted && records[0]["action"].string == "\(route.method) \(route.path)")
        }
    }

    @Test func `slashes too many and HEAD are no way round the record`() async throws {
        let api = try await LiveAPI()
        try await api.call("PUT", "/api/secrets/word", body: #"{"value":"correct horse"}"#)
        try await api.call("GET", "/api/secrets/word/value")
        try await api.call("HEAD", "/api/secrets/word/value")
        try await api.call("GET", "/api/secrets/word/value//")
        try await api.call("GET", "/api//secrets/word/value")
        let reads = try await trail(api, "?limit=1000&target=secret%20word").dropLast()
        #expect(reads.count >= 2 && reads.allSatisfy { $0["action"] == "GET /api/secrets/{secret}/value" })
        for path in ["/api/runs//", "/api/runs", "/api//runs"] {
            let before = try await trail(api).count
            let status = try await api.call("POST", path, body: #"{"command":["true"]}"#).status
            #expect(try await trail(api).count == before + (status == 202 ? 1 : 0), "\(path): \(status)")
        }
    }

    @Test func `strangers cannot fill the trail`() async throws {
        let api = try await quickly(within: .seconds(50)) {
            let api = try await LiveAPI()
            for _ in 0..<120 { try await api.call("POST", "/api/runs", body: "{}", headers: ["Authorization": ""]) }
            return api
        }
        #expect(try await trail(api).count == 100)
        _ = try await api.submit()
        #expect(try await trail(api).count == 101, "who has a token is recorded all the same")
    }

    @Test func `the trail is listed page by page`() async throws {
        let api = try await LiveAPI()
        for _ in 0..<7 { _ = try await api.submit() }
        var numbers: [Int64] = []
        var cursor: String? = ""
        while let text = cursor, numbers.count < 20 {
            let page = try await api.call("GET", "/api/audit?limit=3" + (text.isEmpty ? "" : "&cursor=\(text)")).json
            numbers += (page["items"].array ?? []).compactMap { $0["number"].int }
            cursor = page["next"].string
        }
        #expect(numbers == Array((1...7).reversed()))
        for query in ["?limit=0", "?cursor=x", "?x=1", "?cursor=a1eA"] {
            #expect(try await api.call("GET", "/api/audit\(query)").status == 400, "\(query)")
        }
    }

    @Test func `a check tells the newest record, and knows one that was noted`() async throws {
        let api = try await LiveAPI()
        #expect(try await api.call("GET", "/api/audit/verify").json["ok"] == true)
        _ = try await api.submit()
        let first = try await api.call("GET", "/api/audit/verify").json
        let hash = try #require(first["hash"].string)
        #expect(first["number"].int == 1 && hash.count == 64)
        _ = try await api.submit()
        func ok(_ query: String) async throws -> JSONValue {
            try await api.call("GET", "/api/audit/verify?\(query)").json["ok"]
        }
        #expect(try await ok("number=1&hash=\(hash)") == true)
        #expect(try await ok("number=2&hash=\(hash)") == false)
        #expect(try await ok("number=3&hash=\(hash)") == false)
        #expect(try await ok("number=9223372036854775807&hash=\(hash)") == false)
        #expect(try await api.call("GET", "/api/audit/verify?number=1").status == 400)
    }
}
