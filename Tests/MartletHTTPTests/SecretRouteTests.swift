import Foundation
import MartletCore
import MartletEngine
import NIOHTTP1
import Testing

/// `/api/secrets`: who may do what, and that no answer but one tells a value.
@Suite struct SecretRouteTests {
    private let api: LiveAPI
    private let canary = "canary-\(UUID().uuidString)"

    init() async throws { api = try await LiveAPI() }

    private func token(_ role: Rights.Role, readsSecrets: Bool = false) async throws -> [String: String] {
        let wish = try NewToken(parsing: [
            "name": .string("t-\(UUID().uuidString)"), "role": .string(role.rawValue),
            "secretsRead": .bool(readsSecrets),
        ])
        return ["Authorization": "Bearer \(try await api.tokens.create(wish, by: .admin).secret.exposed)"]
    }

    @Test func `a secret is stored and shown without its value`() async throws {
        let put = try await api.call(
            "PUT", "/api/secrets/prod-db", body: #"{"value":"\#(canary)","description":"of orders"}"#)
        #expect(put.status == 201 && put.headers["Location"] == ["/api/secrets/prod-db"])
        #expect(put.headers["ETag"] == ["\"1\""])
        let show = try await api.call("GET", "/api/secrets/prod-db")
        #expect(show.json["name"] == "prod-db" && show.json["version"] == 1 && show.json["description"] == "of orders")
        #expect(show.json["updatedBy"] == "admin" && show.json["updatedAt"].string?.hasSuffix("Z") == true)
        #expect(show.json["value"] == "••••••••")
        let list = try await api.call("GET", "/api/secrets")
        #expect(list.json["items"].array?.count == 1 && list.json["items"][0] == show.json)
        for reply in [put, show, list] { #expect(!reply.text.contains(canary)) }
        #expect(try await api.call("GET", "/api/secrets/prod-db", headers: ["If-None-Match": "\"1\""]).status == 304)
        #expect(try await api.call("GET", "/api/secrets/prod-db/value").json["value"].string == canary)
        #expect(try await api.call("DELETE", "/api/secrets/prod-db").status == 204)
        for method in ["GET", "DELETE"] { #expect(try await api.call(method, "/api/secrets/prod-db").status == 404) }
        #expect(try await api.call("GET", "/api/secrets/prod-db/value").status == 404)
    }

    @Test func `the placeholder keeps the value, and is no value`() async throws {
        let mask = #"{"value":"••••••••","description":"new words"}"#
        let early = try await api.call("PUT", "/api/secrets/a", body: mask)
        #expect(early.status == 400 && early.json["errors"][0]["field"] == "value")
        try await api.call("PUT", "/api/secrets/a", body: #"{"value":"\#(canary)","description":"old"}"#)
        let changed = try await api.call("PUT", "/api/secrets/a", body: mask)
        #expect(changed.status == 200 && changed.json["version"] == 2 && changed.json["description"] == "new words")
        #expect(try await api.call("GET", "/api/secrets/a/value").json["value"].string == canary)
        try await api.call("PUT", "/api/secrets/a", body: #"{"value":"•••••••••"}"#)
        #expect(try await api.call("GET", "/api/secrets/a/value").json["value"] == "•••••••••")
        #expect(try await api.call("GET", "/api/secrets/a").json["description"] == "new words")
    }

    @Test func `a version guards a write`() async throws {
        let body = #"{"value":"some value"}"#
        #expect(try await api.call("PUT", "/api/secrets/a", body: body, headers: ["If-None-Match": "*"]).status == 201)
        #expect(try await api.call("PUT", "/api/secrets/a", body: body, headers: ["If-None-Match": "*"]).status == 412)
        #expect(try await api.call("PUT", "/api/secrets/a", body: body, headers: ["If-Match": "\"1\""]).status == 200)
        #expect(try await api.call("PUT", "/api/secrets/a", body: body, headers: ["If-Match": "\"1\""]).status == 412)
        #expect(try await api.call("DELETE", "/api/secrets/a", headers: ["If-Match": "\"1\""]).status == 412)
        #expect(try await api.call("DELETE", "/api/secrets/a", headers: ["If-Match": "\"2\""]).status == 204)
    }

    @Test func `what is wrong is named and never repeated`() async throws {
        let long = String(repeating: canary, count: 2000)
        for (body, field) in [
            (#"{"value":"abcd"}"#, "value"), (#"{}"#, "value"), (#"{"value":"\#(long)"}"#, "value"),
            (#"{"value":"\#(canary)\u0000"}"#, "value"), (#"{"value":["\#(canary)"]}"#, "value"),
            (#"{"value":"\#(canary)","note":1}"#, "note"), (#"{"value":"\#(canary)","description":1}"#, "description"),
        ] {
            let reply = try await api.call("PUT", "/api/secrets/a", body: body)
            #expect(reply.status == 400 && reply.json["errors"][0]["field"].string == field, "\(reply.text)")
            #expect(!reply.text.contains(canary.prefix(20)), "\(field)")
        }
        #expect(try await api.call("PUT", "/api/secrets/a", body: #"{"value":"\#(canary)"#).status == 400)
        #expect(try await api.call("PUT", "/api/secrets/-a", body: #"{"value":"\#(canary)"}"#).status == 400)
        #expect(try await api.call("GET", "/api/secrets").json["items"] == [])
    }

    @Test func `only a token that may read secrets is told a value`() async throws {
        try await api.call("PUT", "/api/secrets/a", body: #"{"value":"\#(canary)"}"#)
        for (role, readsSecrets, expected) in [
            (Rights.Role.read, false, 403), (.run, false, 403), (.admin, false, 403), (.read, true, 200),
        ] {
            let headers = try await token(role, readsSecrets: readsSecrets)
            let reply = try await api.call("GET", "/api/secrets/a/value", headers: headers)
            #expect(reply.status == expected, "\(role) \(readsSecrets)")
            #expect(reply.text.contains(canary) == (expected == 200))
            #expect(try await api.call("GET", "/api/secrets", headers: headers).status == (role == .admin ? 200 : 403))
        }
    }

    @Test func `pages follow each other`() async throws {
        for name in ["c", "a", "d", "b"] {
            try await api.call("PUT", "/api/secrets/\(name)", body: #"{"value":"value"}"#)
        }
        let first = try await api.call("GET", "/api/secrets?limit=3").json
        #expect(first["items"].array?.compactMap { $0["name"].string } == ["a", "b", "c"])
        let second = try await api.call("GET", "/api/secrets?limit=3&cursor=\(first["next"].string ?? "")").json
        #expect(second["items"].array?.compactMap { $0["name"].string } == ["d"] && second["next"] == .null)
    }
}
