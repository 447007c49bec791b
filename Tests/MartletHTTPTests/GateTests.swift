import AsyncHTTPClient
import Foundation
import HTTPTypes
import MartletCore
import MartletEngine
import NIOHTTP1
import Testing

@testable import MartletHTTP

@Suite struct GateTests {
    @Test func `every route but the open ones refuses a caller without the token`() async throws {
        let api = try await LiveAPI()
        #expect(
            api.routes.filter { $0.access == .open }.map(\.path) == ["/livez", "/readyz", "/version", "/api/session"])
        for route in api.routes where route.access != .open {
            let path = route.path.replacing("{id}", with: "01a1fe11-52aa-7000-93da-90f479f66d24").replacing(
                "{name}", with: "x")
            // The last but one differs from the token in its last letter only.
            let almost = "Bearer " + LiveAPI.token.dropLast() + "0"
            let basic = "Basic \(LiveAPI.token)"
            for authorization in ["", "Bearer wrong", "Bearer \(LiveAPI.token)x", basic, almost, "Bearer "] {
                // The head alone: a stream that was let in by mistake has no end.
                let reply = try await api.head(route.method.rawValue, path, authorization)
                #expect(reply.status.code == 401, "\(route.method) \(path) with \(authorization)")
                #expect(reply.headers["WWW-Authenticate"].first?.hasPrefix("Bearer") == true)
            }
        }
    }

    @Test func `the open routes answer without a token`() async throws {
        let api = try await LiveAPI()
        for path in ["/livez", "/readyz", "/version"] {
            #expect(try await api.call("GET", path, headers: ["Authorization": ""]).status == 200)
        }
        let ready = try await api.call("GET", "/readyz").json
        #expect(ready["checks"]["store"]["ok"] == true)
        #expect(ready["checks"]["disk"]["ok"] == true)
    }

    @Test func `an unknown path under api tells a stranger nothing`() async throws {
        let api = try await LiveAPI()
        #expect(try await api.call("GET", "/api/secret", headers: ["Authorization": ""]).status == 401)
        #expect(try await api.call("GET", "/api/secret").status == 404)
        #expect(try await api.call("GET", "/else", headers: ["Authorization": ""]).status == 404)
    }

    @Test func `a wrong method names the right ones`() async throws {
        let api = try await LiveAPI()
        let reply = try await api.call("DELETE", "/api/runs")
        #expect(reply.status == 405)
        #expect(reply.headers["Allow"] == ["GET, HEAD, POST"])
        #expect(try await api.call("PATCH", "/api/jobs/x").headers["Allow"] == ["DELETE, GET, HEAD, PUT"])
    }

    @Test func `an error has every member of a problem`() async throws {
        let api = try await LiveAPI()
        let reply = try await api.call("POST", "/api/runs", body: #"{"command":[],"timeuot":"5m","key":""}"#)
        #expect(reply.status == 400)
        #expect(reply.headers["Content-Type"] == ["application/problem+json"])
        let problem = reply.json
        #expect(problem["code"] == "invalid" && problem["status"] == 400 && problem["instance"] == "/api/runs")
        #expect(problem["type"].string?.hasPrefix("urn:") == true && problem["title"].string?.isEmpty == false)
        #expect(problem["requestId"].string == reply.headers["X-Request-Id"].first)
        let fields = problem["errors"].array?.compactMap { $0["field"].string } ?? []
        #expect(fields.contains("timeuot") && fields.contains("key"))
    }

    @Test(arguments: ["evil.example", "127.0.0.1.evil.example", "[::2]", "localhost.evil.example:80", "evil@127.0.0.2"])
    func `a host that is not ours is misdirected`(host: String) async throws {
        let api = try await LiveAPI()
        #expect(try await api.call("GET", "/livez", headers: ["Host": host]).status == 421)
    }

    @Test(arguments: ["localhost:9", "LOCALHOST", "127.0.0.1", "[::1]:8080", "martlet.example:443"])
    func `our own names are taken at any port`(host: String) async throws {
        let api = try await LiveAPI()
        #expect(try await api.call("GET", "/livez", headers: ["Host": host]).status == 200)
    }

    @Test func `foreign sites are refused on every route`() async throws {
        let api = try await LiveAPI()
        for path in ["/livez", "/api/runs"] {
            #expect(try await api.call("GET", path, headers: ["Origin": "http://evil.example"]).status == 403)
            #expect(try await api.call("GET", path, headers: ["Origin": "null"]).status == 403)
            #expect(try await api.call("GET", path, headers: ["Sec-Fetch-Site": "cross-site"]).status == 403)
            #expect(try await api.call("GET", path, headers: ["Origin": "http://127.0.0.1:\(api.port)"]).status == 200)
            let reply = try await api.call("GET", path)
            #expect(reply.headers["Access-Control-Allow-Origin"].isEmpty)
        }
    }

    @Test(arguments: [
        "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonp", "",
    ])
    func `only JSON is taken`(type: String) async throws {
        let api = try await LiveAPI()
        let reply = try await api.call(
            "POST", "/api/runs", body: #"{"command":["true"]}"#, headers: ["Content-Type": type])
        #expect(reply.status == 415)
    }

    @Test func `a body over one MiB is refused`() async throws {
        let api = try await LiveAPI()
        let body = #"{"command":["true",""# + String(repeating: "x", count: 1 << 20) + #""]}"#
        #expect(try await api.call("POST", "/api/runs", body: body).status == 413)
    }

    @Test(arguments: [
        "..", "%2e%2e", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "nope", "%00", "01a1fe11-52aa-7000-93da-90f479f66d2%34x",
    ])
    func `a hostile run id names no run`(id: String) async throws {
        let api = try await LiveAPI()
        for path in ["/api/runs/\(id)/log", "/api/runs/\(id)/events"] {
            #expect(try await api.call("GET", path).status == 404, "\(path)")
        }
        let job = try await api.call("GET", "/api/jobs/\(id)")
        #expect((400...404).contains(job.status))
    }

    @Test func `ids of ten kilobytes are answered, not repeated`() async throws {
        let api = try await LiveAPI()
        let long = String(repeating: "a", count: 10_000)
        let reply = try await api.call("GET", "/api/runs/\(long)")
        #expect(reply.status == 404 && reply.bytes.count < 2000)
        #expect(try await api.call("PUT", "/api/jobs/\(long)", body: #"{"command":["true"]}"#).status == 400)
    }

    @Test func `a request goes by the caller's id for it, when it is fit for a log`() async throws {
        let api = try await LiveAPI()
        let mine = try await api.call("GET", "/api/secret", headers: ["X-Request-Id": "order-17/a=b"])
        #expect(mine.headers["X-Request-Id"] == ["order-17/a=b"] && mine.json["requestId"] == "order-17/a=b")
        for id in ["a b", "x\"y", String(repeating: "x", count: 129)] {
            let reply = try await api.call("GET", "/api/secret", headers: ["X-Request-Id": id])
            #expect(reply.headers["X-Request-Id"].first?.isEmpty == false && reply.headers["X-Request-Id"] != [id])
        }
    }

    /// Where nothing else is served, the answer is a problem.
    @Test(arguments: [
        ("GET", "/", 404), ("GET", "/v1/jobs", 404), ("GET", "/sync/x/y", 404), ("POST", "/metrics", 405),
        ("GET", "/api/v1/x", 404), ("GET", "/api/v2/x", 404), ("PATCH", "/api/runs", 405), ("POST", "/livez", 405),
    ])
    func `an unknown path or method is a problem`(_ method: String, _ path: String, _ status: Int) async throws {
        let api = try await LiveAPI()
        let reply = try await api.call(method, path)
        #expect(reply.status == status && reply.headers["Content-Type"] == ["application/problem+json"])
        #expect(reply.json["code"].string == (status == 404 ? "notFound" : "wrongMethod"))
    }
}
