import AsyncHTTPClient
import Foundation
import MartletCore
import MartletEngine
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

@testable import MartletHTTP

/// Browsers: how they log in, what their cookie is good for, and when it ends.
@Suite struct SessionTests {
    /// As a page of the console sends them. No token: `call` leaves out headers without a value.
    private static let page = ["Authorization": "", "X-Martlet-Console": "1", "Sec-Fetch-Site": "same-origin"]

    /// What a browser holds after a login: the jar, and what the page keeps.
    private struct Browser {
        var cookie = ""
        var mark = "1"
    }

    private func logIn(
        _ api: LiveAPI, _ body: String, _ headers: [String: String] = [:]
    ) async throws -> (reply: LiveAPI.Reply, browser: Browser) {
        let reply = try await api.call("POST", "/api/session", body: body, headers: Self.page.merging(headers) { $1 })
        let cookie = reply.headers["Set-Cookie"].first ?? ""
        return (reply, Browser(cookie: String(cookie.prefix { $0 != ";" }), mark: reply.json["mark"].string ?? ""))
    }

    private func logIn(_ api: LiveAPI, token: String = LiveAPI.token) async throws -> Browser {
        try await logIn(api, #"{"token":"\#(token)"}"#).browser
    }

    private func status(
        _ api: LiveAPI, _ method: String = "GET", _ path: String = "/api/session", by browser: Browser,
        _ headers: [String: String] = [:], body: String? = nil
    ) async throws -> Int {
        let own = ["Cookie": browser.cookie, "X-Martlet-Console": browser.mark]
        let all = Self.page.merging(own) { $1 }.merging(headers) { $1 }
        return try await api.call(method, path, body: body, headers: all).status
    }

    @Test func `a token logs in, and the cookie is out of reach of scripts and other sites`() async throws {
        let api = try await LiveAPI()
        let (reply, browser) = try await logIn(api, #"{"token":"\#(LiveAPI.token)"}"#)
        #expect(reply.status == 201 && reply.json["name"] == "admin", "\(reply.text)")
        let header = try #require(reply.headers["Set-Cookie"].first)
        let attributes = header.split(separator: ";").dropFirst().map { $0.trimmingCharacters(in: .whitespaces) }
        #expect(Set(attributes) == ["Max-Age=2592000", "Path=/", "HttpOnly", "SameSite=Strict"])
        #expect(header.hasPrefix("martlet_\(api.port)=mls_") && !reply.text.contains("mls_"))
        #expect(try await status(api, by: browser) == 200)
        #expect(try await status(api, "POST", "/api/runs", by: browser, body: #"{"command":["true"]}"#) == 202)
        // What a browser holds is no token.
        let secret = String(browser.cookie.split(separator: "=")[1])
        #expect(try await api.call("GET", "/api/session", headers: ["Authorization": "Bearer \(secret)"]).status == 401)
    }

    @Test func `behind TLS the cookie is for TLS only`() async throws {
        let api = try await LiveAPI()
        let reply = try await api.call(
            "POST", "/api/session", body: #"{"token":"\#(LiveAPI.token)"}"#,
            headers: Self.page.merging(["Origin": "https://martlet.example", "Host": "martlet.example"]) { $1 })
        let cookie = try #require(reply.headers["Set-Cookie"].first)
        // Browsers take this name by TLS, for every path and of this host alone.
        #expect(cookie.hasPrefix("__Host-martlet_\(api.port)=mls_") && cookie.hasSuffix("; Secure"), "\(cookie)")
        #expect(cookie.contains("; Path=/;") && !cookie.contains("Domain"))
        // A proxy in front speaks plainly with us, and later calls have no origin.
        let browser = Browser(cookie: String(cookie.prefix { $0 != ";" }), mark: reply.json["mark"].string ?? "")
        #expect(try await status(api, by: browser) == 200)
    }

    @Test func `a cookie is good for pages of the console alone`() async throws {
        let api = try await LiveAPI()
        let browser = try await logIn(api)
        let run = #"{"command":["true"]}"#
        for site in ["same-site", "cross-site", "none"] {
            let found = try await status(api, "POST", "/api/runs", by: browser, ["Sec-Fetch-Site": site], body: run)
            #expect(found == (site == "cross-site" ? 403 : 401), "\(site)")
        }
        // No form and no link of a page of others can send the header.
        #expect(try await status(api, "POST", "/api/runs", by: browser, ["X-Martlet-Console": ""], body: run) == 401)
        let origin = ["Origin": "http://127.0.0.1:1", "Sec-Fetch-Site": "same-site"]
        #expect(try await status(api, "POST", "/api/runs", by: browser, origin, body: run) == 403)
        // Pages of another port can have a browser fetch an address, and a ping changes something by that.
        #expect(try await status(api, "GET", "/ping/backup", by: browser) == 401)
        #expect(try await status(api, "GET", "/ping/backup/fail", by: browser, ["X-Martlet-Console": ""]) == 401)
        // A link that somebody opens, to a log for one.
        let link = ["X-Martlet-Console": "", "Sec-Fetch-Site": "none"]
        #expect(try await status(api, by: browser, link) == 200)
    }

    @Test func `a listener without the console takes no cookie`() async throws {
        let console = try await LiveAPI()
        let listener = try Listener(
            ["address": "127.0.0.1:0", "facades": ["native"]], at: "", problems: Fields.Problems())
        let api = try await LiveAPI(listener: listener)
        var browser = try await logIn(console)
        #expect(try await logIn(api, #"{"token":"\#(LiveAPI.token)"}"#).reply.status == 409)
        browser.cookie = browser.cookie.replacing("martlet_\(console.port)", with: "martlet_\(api.port)")
        #expect(try await status(api, by: browser) == 401)
    }

    @Test func `a link lets one browser in, once`() async throws {
        let api = try await LiveAPI()
        let path = try #require(try await api.call("POST", "/api/login-links").json["path"].string)
        let link = try #require(path.split(separator: "#").last)
        #expect(path.hasPrefix("/console/login#mlk_"))
        let (first, browser) = try await logIn(api, #"{"link":"\#(link)"}"#)
        #expect(first.status == 201)
        #expect(try await status(api, by: browser) == 200)
        let second = try await logIn(api, #"{"link":"\#(link)"}"#).reply
        #expect(second.status == 400 && second.headers["Set-Cookie"].isEmpty)
    }

    @Test func `a session ends with its token, and when somebody logs out`() async throws {
        let api = try await LiveAPI()
        let made = try await api.call("POST", "/api/tokens", body: #"{"name":"viewer","role":"read"}"#)
        let token = try #require(made.json["token"].string)
        let (one, other) = (try await logIn(api, token: token), try await logIn(api, token: token))
        #expect(try await status(api, "POST", "/api/runs", by: one, body: #"{"command":["true"]}"#) == 403)
        #expect(try await status(api, "DELETE", by: one) == 204)
        #expect(try await status(api, by: one) == 401)
        #expect(try await status(api, by: other) == 200)
        #expect(try await api.call("DELETE", "/api/tokens/viewer").status == 200)
        #expect(try await status(api, by: other) == 401)
    }

    @Test func `guesses at the login are counted as wrong tokens are`() async throws {
        let statuses = try await quickly(within: .seconds(15)) {
            let api = try await LiveAPI(wrongTokens: 3)
            var statuses: [Int] = []
            for token in ["mlt_wrong", "mlt_wrong", "mlt_wrong", LiveAPI.token] {
                statuses.append(try await logIn(api, #"{"token":"\#(token)"}"#).reply.status)
            }
            return statuses
        }
        #expect(statuses == [400, 400, 400, 429])
    }

    @Test func `logging in and out is recorded, without the secret`() async throws {
        let api = try await LiveAPI()
        let browser = try await logIn(api)
        #expect(try await status(api, "DELETE", by: browser) == 204)
        let records = try await api.call("GET", "/api/audit")
        let actions = records.json["items"].array?.map { "\($0["action"].string ?? "") \($0["target"].string ?? "")" }
        #expect(actions == ["DELETE /api/session session", "POST /api/session session of admin"])
        #expect(!records.text.contains("mls_"))
    }

    // MARK: Neighbours

    @Test func `a cookie that a neighbour put in the jar does not make its session the page's`() async throws {
        let api = try await LiveAPI()
        let made = try await api.call("POST", "/api/tokens", body: #"{"name":"neighbour","role":"admin"}"#)
        let neighbour = try await logIn(api, token: try #require(made.json["token"].string))
        let run = #"{"command":["true"]}"#
        // Nobody is logged in here: the page has no mark of the session.
        for mark in ["1", "", "0123456789abcdef0123456789abcdef"] {
            let planted = Browser(cookie: neighbour.cookie, mark: mark)
            #expect(try await status(api, "POST", "/api/runs", by: planted, body: run) == 401, "\(mark)")
            if !mark.isEmpty { #expect(try await status(api, by: planted) == 401, "\(mark)") }
        }
        // Where somebody is, whichever comes first.
        let own = try await logIn(api)
        for cookies in ["\(neighbour.cookie); \(own.cookie)", "\(own.cookie); \(neighbour.cookie)"] {
            let headers = Self.page.merging(["Cookie": cookies, "X-Martlet-Console": own.mark]) { $1 }
            #expect(try await api.call("GET", "/api/session", headers: headers).json["name"] == "admin")
            #expect(try await api.call("POST", "/api/runs", body: run, headers: headers).status == 202)
            // A link or a stream cannot say whose it is.
            let plain = headers.merging(["X-Martlet-Console": ""]) { $1 }
            #expect(try await api.call("GET", "/api/session", headers: plain).status == 401)
        }
    }

    @Test func `a worthless cookie of our name shadows nothing`() async throws {
        let api = try await LiveAPI()
        let own = try await logIn(api)
        let name = "martlet_\(api.port)"
        let wrong = "mls_" + String(repeating: "0", count: 64)
        for cookies in [
            "\(name)=\(wrong); \(own.cookie)", "\(own.cookie); \(name)=\(wrong)", "\(name)=; \(own.cookie)",
            "\(own.cookie); \(own.cookie)", "__Host-\(name)=\(wrong); \(own.cookie)",
        ] {
            let browser = Browser(cookie: cookies, mark: own.mark)
            #expect(try await status(api, by: browser) == 200, "\(cookies)")
            #expect(try await status(api, by: browser, ["X-Martlet-Console": ""]) == 200, "\(cookies)")
        }
    }

    @Test func `a login ends the session before it`() async throws {
        let api = try await LiveAPI()
        let first = try await logIn(api)
        let again = ["Cookie": first.cookie, "X-Martlet-Console": first.mark]
        let second = try await logIn(api, #"{"token":"\#(LiveAPI.token)"}"#, again).browser
        #expect(second.cookie != first.cookie && second.mark != first.mark)
        #expect(try await status(api, by: first) == 401)
        #expect(try await status(api, by: second) == 200)
    }

    // MARK: Time

    @Test func `a browser in which nobody does anything is logged out`() async throws {
        let clock = Clock()
        let api = try await LiveAPI(now: { clock.now })
        let browser = try await logIn(api)
        #expect(try await api.call("GET", "/api/session").json["idleSeconds"] == 1800)
        // Pages read by themselves.
        clock.forward(1000)
        #expect(try await status(api, by: browser) == 200)
        clock.forward(801)
        #expect(try await status(api, by: browser) == 401)
        let busy = try await logIn(api)
        for _ in 0..<3 {
            clock.forward(1000)
            #expect(try await status(api, "PUT", by: busy) == 204)
        }
        clock.forward(1799)
        #expect(try await status(api, "POST", "/api/runs", by: busy, body: #"{"command":["true"]}"#) == 202)
        api.tokens.sessions.replace(idle: .seconds(60))
        clock.forward(59)
        #expect(try await status(api, by: busy) == 200)
        clock.forward(2)
        #expect(try await status(api, "PUT", by: busy) == 401, "what is over stays over")
    }

    @Test func `an event stream keeps no idle browser logged in`() async throws {
        let clock = Clock()
        let api = try await LiveAPI(recheck: .milliseconds(20), now: { clock.now })
        let browser = try await logIn(api)
        let request = api.request(
            "GET", "/api/events", ["Authorization": "", "Cookie": browser.cookie, "Sec-Fetch-Site": "same-origin"])
        let response = try await LiveAPI.client.execute(request, timeout: .seconds(300))
        #expect(response.status == .ok)
        clock.forward(1801)
        // Ends, which it did not while the session was in force.
        for try await _ in response.body {}
        #expect(try await status(api, by: browser) == 401)
    }

    @Test func `a link made by a session lets nobody in for longer than the session`() async throws {
        let clock = Clock()
        let api = try await LiveAPI(now: { clock.now })
        let day: TimeInterval = 86_400
        api.tokens.sessions.replace(idle: Sessions.longest)
        let first = try await logIn(api)
        clock.forward(29 * day)
        #expect(try await status(api, "PUT", by: first) == 204)
        let (reply, second) = try await logIn(api, #"{"link":"\#(try await link(api, by: first))"}"#)
        #expect(reply.headers["Set-Cookie"].first?.contains("; Max-Age=86400;") == true, "\(reply.headers)")
        clock.forward(day + 1)
        #expect(try await status(api, by: second) == 401)
    }

    @Test func `a link ends with the session that made it`() async throws {
        let api = try await LiveAPI()
        let maker = try await logIn(api)
        let link = try await link(api, by: maker)
        #expect(try await status(api, "DELETE", by: maker) == 204)
        #expect(try await logIn(api, #"{"link":"\#(link)"}"#).reply.status == 400)
    }

    @Test func `what a link let in ends with the token of the session that made it`() async throws {
        let clock = Clock()
        let api = try await LiveAPI(now: { clock.now })
        let made = try await api.call("POST", "/api/tokens", body: #"{"name":"short","role":"read","expiresIn":"10m"}"#)
        let maker = try await logIn(api, token: try #require(made.json["token"].string))
        let second = try await logIn(api, #"{"link":"\#(try await link(api, by: maker))"}"#).browser
        #expect(try await status(api, by: second) == 200)
        clock.forward(601)
        #expect(try await status(api, by: second) == 401)
    }

    private func link(_ api: LiveAPI, by browser: Browser) async throws -> String {
        let headers = Self.page.merging(["Cookie": browser.cookie, "X-Martlet-Console": browser.mark]) { $1 }
        let path = try await api.call("POST", "/api/login-links", headers: headers).json["path"].string
        return try #require(path?.split(separator: "#").last.map(String.init))
    }

    /// Goes when it is told to.
    private final class Clock: Sendable {
        private let passed = Mutex<TimeInterval>(0)
        private let start = Date()
        var now: Date { start + passed.withLock { $0 } }
        func forward(_ seconds: TimeInterval) { passed.withLock { $0 += seconds } }
    }
}
