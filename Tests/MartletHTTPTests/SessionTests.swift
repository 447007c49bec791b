import AsyncHTTPClient
import Foundation
import MartletCore
import MartletEngine
import NIOHTTP1
import Testing

@testable import MartletHTTP

/// Browsers: how they log in, what their cookie is good for, and when it ends.
@Suite struct SessionTests {
    /// As a page of the console sends them. No token: `call` leaves out headers without a value.
    private static let page = ["Authorization": "", "X-Martlet-Console": "1", "Sec-Fetch-Site": "same-origin"]

    private func logIn(_ api: LiveAPI, _ body: String) async throws -> (reply: LiveAPI.Reply, cookie: String) {
        let reply = try await api.call("POST", "/api/session", body: body, headers: Self.page)
        let cookie = reply.headers["Set-Cookie"].first ?? ""
        return (reply, String(cookie.prefix { $0 != ";" }))
    }

    private func status(
        _ api: LiveAPI, _ method: String = "GET", _ path: String = "/api/session", cookie: String,
        _ headers: [String: String] = [:], body: String? = nil
    ) async throws -> Int {
        let all = Self.page.merging(["Cookie": cookie]) { $1 }.merging(headers) { $1 }
        return try await api.call(method, path, body: body, headers: all).status
    }

    @Test func `a token logs in, and the cookie is out of reach of scripts and other sites`() async throws {
        let api = try await LiveAPI()
        let (reply, cookie) = try await logIn(api, #"{"token":"\#(LiveAPI.token)"}"#)
        #expect(reply.status == 201 && reply.json["name"] == "admin", "\(reply.text)")
        let header = try #require(reply.headers["Set-Cookie"].first)
        let attributes = header.split(separator: ";").dropFirst().map { $0.trimmingCharacters(in: .whitespaces) }
        #expect(Set(attributes) == ["Max-Age=2592000", "Path=/", "HttpOnly", "SameSite=Strict"])
        #expect(header.hasPrefix("martlet_\(api.port)=mls_") && !reply.text.contains("mls_"))
        #expect(try await status(api, cookie: cookie) == 200)
        #expect(try await status(api, "POST", "/api/runs", cookie: cookie, body: #"{"command":["true"]}"#) == 202)
        // What a browser holds is no token.
        let secret = String(cookie.split(separator: "=")[1])
        #expect(try await api.call("GET", "/api/session", headers: ["Authorization": "Bearer \(secret)"]).status == 401)
    }

    @Test func `behind TLS the cookie is for TLS only`() async throws {
        let api = try await LiveAPI()
        let reply = try await api.call(
            "POST", "/api/session", body: #"{"token":"\#(LiveAPI.token)"}"#,
            headers: Self.page.merging(["Origin": "https://martlet.example", "Host": "martlet.example"]) { $1 })
        #expect(reply.headers["Set-Cookie"].first?.hasSuffix("; Secure") == true, "\(reply.text)")
    }

    @Test func `a cookie is good for pages of the console alone`() async throws {
        let api = try await LiveAPI()
        let cookie = try await logIn(api, #"{"token":"\#(LiveAPI.token)"}"#).cookie
        let run = #"{"command":["true"]}"#
        for site in ["same-site", "cross-site", "none"] {
            let found = try await status(api, "POST", "/api/runs", cookie: cookie, ["Sec-Fetch-Site": site], body: run)
            #expect(found == (site == "cross-site" ? 403 : 401), "\(site)")
        }
        // No form and no link of a page of others can send the header.
        #expect(try await status(api, "POST", "/api/runs", cookie: cookie, ["X-Martlet-Console": ""], body: run) == 401)
        let origin = ["Origin": "http://127.0.0.1:1", "Sec-Fetch-Site": "same-site"]
        #expect(try await status(api, "POST", "/api/runs", cookie: cookie, origin, body: run) == 403)
        // Pages of another port can have a browser fetch an address, and a ping changes something by that.
        #expect(try await status(api, "GET", "/ping/backup", cookie: cookie) == 401)
        #expect(try await status(api, "GET", "/ping/backup/fail", cookie: cookie, ["X-Martlet-Console": ""]) == 401)
        // A link that somebody opens, to a log for one.
        let link = ["X-Martlet-Console": "", "Sec-Fetch-Site": "none"]
        #expect(try await status(api, cookie: cookie, link) == 200)
    }

    @Test func `a listener without the console takes no cookie`() async throws {
        let console = try await LiveAPI()
        let listener = try Listener(
            ["address": "127.0.0.1:0", "facades": ["native"]], at: "", problems: Fields.Problems())
        let api = try await LiveAPI(listener: listener)
        let cookie = try await logIn(console, #"{"token":"\#(LiveAPI.token)"}"#).cookie
        #expect(try await logIn(api, #"{"token":"\#(LiveAPI.token)"}"#).reply.status == 409)
        let own = cookie.replacing("martlet_\(console.port)", with: "martlet_\(api.port)")
        #expect(try await status(api, cookie: own) == 401)
    }

    @Test func `a link lets one browser in, once`() async throws {
        let api = try await LiveAPI()
        let path = try #require(try await api.call("POST", "/api/login-links").json["path"].string)
        let link = try #require(path.split(separator: "#").last)
        #expect(path.hasPrefix("/console/login#mlk_"))
        let (first, cookie) = try await logIn(api, #"{"link":"\#(link)"}"#)
        #expect(first.status == 201)
        #expect(try await status(api, cookie: cookie) == 200)
        let second = try await logIn(api, #"{"link":"\#(link)"}"#).reply
        #expect(second.status == 400 && second.headers["Set-Cookie"].isEmpty)
    }

    @Test func `a session ends with its token, and when somebody logs out`() async throws {
        let api = try await LiveAPI()
        let made = try await api.call("POST", "/api/tokens", body: #"{"name":"viewer","role":"read"}"#)
        let token = try #require(made.json["token"].string)
        let (one, other) = (
            try await logIn(api, #"{"token":"\#(token)"}"#).cookie,
            try await logIn(api, #"{"token":"\#(token)"}"#).cookie
        )
        #expect(try await status(api, "POST", "/api/runs", cookie: one, body: #"{"command":["true"]}"#) == 403)
        #expect(try await status(api, "DELETE", cookie: one) == 204)
        #expect(try await status(api, cookie: one) == 401)
        #expect(try await status(api, cookie: other) == 200)
        #expect(try await api.call("DELETE", "/api/tokens/viewer").status == 200)
        #expect(try await status(api, cookie: other) == 401)
    }

    @Test func `guesses at the login are counted as wrong tokens are`() async throws {
        let api = try await LiveAPI(wrongTokens: 3)
        for _ in 0..<3 { #expect(try await logIn(api, #"{"token":"mlt_wrong"}"#).reply.status == 400) }
        #expect(try await logIn(api, #"{"token":"\#(LiveAPI.token)"}"#).reply.status == 429)
    }

    @Test func `logging in and out is recorded, without the secret`() async throws {
        let api = try await LiveAPI()
        let cookie = try await logIn(api, #"{"token":"\#(LiveAPI.token)"}"#).cookie
        #expect(try await status(api, "DELETE", cookie: cookie) == 204)
        let records = try await api.call("GET", "/api/audit")
        let actions = records.json["items"].array?.map { "\($0["action"].string ?? "") \($0["target"].string ?? "")" }
        #expect(actions == ["DELETE /api/session session", "POST /api/session session of admin"])
        #expect(!records.text.contains("mls_"))
    }
}
