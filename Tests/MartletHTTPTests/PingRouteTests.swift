import AsyncHTTPClient
import Foundation
import MartletCore
import MartletEngine
import NIOCore
import NIOHTTP1
import Testing

@testable import MartletHTTP

@Suite struct PingRouteTests {
    private func api() async throws -> LiveAPI {
        let api = try await LiveAPI()
        let watch = #"{"watch":true,"cron":"0 4 * * *","labels":{"check":"tape"}}"#
        #expect(try await api.call("PUT", "/api/schedules/tape", body: watch).status == 201)
        return api
    }

    private func lastFire(_ api: LiveAPI) async throws -> JSONValue {
        try await api.call("GET", "/api/schedules/tape/fires").json["items"][0]
    }

    private static let bare = ["Authorization": ""]

    @Test(
        arguments: [
            ("", "succeeded", nil), ("/success", "succeeded", nil), ("/0", "succeeded", nil), ("/fail", "failed", nil),
            ("/3", "failed", "exit code 3"), ("/255", "failed", "exit code 255"), ("/start", "running", nil),
        ] as [(String, String, String?)])
    func `a ping tells how the work goes`(_ signal: String, _ outcome: String, _ note: String?) async throws {
        let api = try await api()
        for method in ["GET", "POST", "HEAD"] {
            let reply = try await api.call(method, "/ping/tape\(signal)")
            #expect(reply.status == 200 && reply.text == (method == "HEAD" ? "" : "ok\n"), "\(method)")
            #expect(reply.headers.first(name: "Content-Type") == "text/plain; charset=utf-8")
            let fire = try await lastFire(api)
            #expect(fire["outcome"].string == outcome && fire["note"].string == note, "\(method): \(fire)")
        }
    }

    @Test func `a text alone belongs to the time that came last`() async throws {
        let api = try await api()
        let early = try await api.call("POST", "/ping/tape/log", body: "too early")
        #expect(early.status == 409 && early.json["code"] == "conflict", "\(early.text)")
        #expect(try await api.call("POST", "/ping/tape").status == 200)
        #expect(try await api.call("POST", "/ping/tape/log", body: "12 GB").status == 200)
        let fire = try await lastFire(api)
        #expect(fire["outcome"] == "succeeded" && fire["note"] == "12 GB", "\(fire)")
        #expect(try await api.call("GET", "/api/schedules/tape/fires").json["items"].array?.count == 1)
    }

    @Test func `start and end are one entry, and what was said is kept`() async throws {
        let api = try await api()
        #expect(try await api.call("GET", "/ping/tape/start").status == 200)
        #expect(try await api.call("POST", "/ping/tape/log", body: "half way").status == 200)
        let bytes = Array("done \u{1B}[31m 中".utf8) + [0xFF, 0x00, 0x0D, 0x0A] + Array("next\t1\n".utf8)
        var request = api.request("POST", "/ping/tape/7")
        request.body = .bytes(ByteBuffer(bytes: bytes))
        #expect(try await LiveAPI.client.execute(request, timeout: .seconds(300)).status == .ok)
        let fires = try await api.call("GET", "/api/schedules/tape/fires").json["items"].array ?? []
        #expect(fires.count == 1 && fires[0]["outcome"] == "failed" && fires[0]["startedAt"].string != nil)
        #expect(fires[0]["note"].string == "exit code 7\ndone [31m 中\u{FFFD}\nnext\t1")
    }

    @Test func `a text is cut, and one that is too large is refused`() async throws {
        let api = try await api()
        let long = String(repeating: "x", count: PingRoutes.largestBody)
        #expect(try await api.call("POST", "/ping/tape", body: long).status == 200)
        #expect(try await lastFire(api)["note"].string?.utf8.count == Ping.mostText)
        let reply = try await api.call("POST", "/ping/tape/fail", body: long + "x")
        #expect(reply.status == 413 && reply.json["code"] == "tooLarge")
        // Without its length in the head, too.
        var request = api.request("POST", "/ping/tape/fail")
        let parts = AsyncStream<ByteBuffer> { stream in
            for _ in 0..<2 { stream.yield(ByteBuffer(string: long)) }
            stream.finish()
        }
        request.body = .stream(parts, length: .unknown)
        #expect(try await LiveAPI.client.execute(request, timeout: .seconds(300)).status == .payloadTooLarge)
        #expect(try await lastFire(api)["outcome"] == "succeeded")
    }

    @Test func `what is no ping of a watched schedule is not there`() async throws {
        let api = try await api()
        #expect(try await api.call("PUT", "/api/jobs/hello", body: #"{"command":["true"]}"#).status == 201)
        let other = #"{"job":"hello","every":"1h"}"#
        #expect(try await api.call("PUT", "/api/schedules/other", body: other).status == 201)
        for path in [
            "other", "none", "tape/stop", "tape/256", "tape/-1", "tape/+1", "tape/0001", "tape/%31", "tape/1/2",
        ] {
            let reply = try await api.call("GET", "/ping/\(path)")
            #expect(reply.status == 404, "\(path): \(reply.status)")
            #expect(reply.headers.first(name: "Content-Type") == "application/problem+json", "\(path)")
        }
        #expect(try await api.call("PUT", "/ping/tape").status == 405)
        #expect(try await api.call("GET", "/ping/tape?colour=red").status == 400)
    }

    @Test func `a token may stand in the address of a ping, and of nothing else`() async throws {
        let api = try await api()
        let wish = try NewToken(parsing: ["name": "tape", "role": "run", "labels": ["check": "tape"]])
        let token = try await api.tokens.create(wish, by: .admin).secret.exposed
        let encoded = token.map { "%\(String($0.asciiValue ?? 0, radix: 16))" }.joined()
        for query in ["token=\(token)", "token=\(encoded)"] {
            #expect(try await api.call("GET", "/ping/tape?\(query)", headers: Self.bare).status == 200, "\(query)")
            #expect(try await api.call("HEAD", "/ping/tape/start?\(query)", headers: Self.bare).status == 200)
            for path in ["/api/schedules", "/api/schedules/tape", "/metrics", "/api/ping/tape"] {
                #expect(try await api.call("GET", "\(path)?\(query)", headers: Self.bare).status == 401, "\(path)")
            }
            // A header goes first.
            let wrong = ["Authorization": "Bearer \(LiveAPI.token.dropLast())0"]
            #expect(try await api.call("GET", "/ping/tape?\(query)", headers: wrong).status == 401)
        }
        for query in ["", "?token=", "?token=wrong", "?token=\(token)&token=\(token)", "?Token=\(token)"] {
            #expect(try await api.call("GET", "/ping/tape\(query)", headers: Self.bare).status == 401, "\(query)")
        }
        // Neither what is kept nor what is told has it.
        let audit = try await api.call("GET", "/api/audit?limit=1000").text
        #expect(audit.contains("GET /ping/{schedule}") && audit.contains("schedule tape"))
        #expect(!audit.contains(token) && !audit.contains(encoded))
        for path in [
            "/ping/none?token=\(token)", "/ping/tape/nonsense?token=\(token)", "/ping/tape?x=1&token=\(token)",
        ] {
            let reply = try await api.call("GET", path, headers: Self.bare)
            #expect(reply.status == 404 || reply.status == 400)
            #expect(!reply.text.contains(token) && !"\(reply.headers)".contains(token), "\(path)")
        }
    }

    @Test func `a ping needs the role run and cover`() async throws {
        let api = try await api()
        for (role, label, status) in [("read", "tape", 403), ("run", "disk", 404), ("run", "tape", 200)] {
            let wish = try NewToken(parsing: [
                "name": .string("\(role)-\(label)"), "role": .string(role), "labels": ["check": .string(label)],
            ])
            let token = try await api.tokens.create(wish, by: .admin).secret.exposed
            let reply = try await api.call("GET", "/ping/tape?token=\(token)", headers: Self.bare)
            #expect(reply.status == status, "\(role) \(label): \(reply.text)")
        }
    }

    /// What a page of another site may make a browser fetch has no token, and with one it says where it comes from.
    @Test func `a web page of others cannot ping`() async throws {
        let api = try await api()
        #expect(try await api.call("GET", "/ping/tape", headers: Self.bare).status == 401)
        for header in ["Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"] {
            let headers = [header.key: header.value, "Authorization": ""]
            let reply = try await api.call("GET", "/ping/tape?token=\(LiveAPI.token)", headers: headers)
            #expect(reply.status == 403 && reply.json["code"] == "foreignSite", "\(header)")
        }
        #expect(try await api.call("GET", "/api/schedules/tape/fires").json["items"] == [])
    }
}
