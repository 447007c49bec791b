import AsyncHTTPClient
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import MartletCore
import NIOCore
import NIOHTTP1
import Testing

@testable import MartletHTTP

@Suite struct ListenerTests {
    private func listener(_ json: String) throws -> Listener {
        let problems = Fields.Problems()
        let listener = try Listener(try JSONParser.parse(Array(json.utf8)), at: "listen[0]", problems: problems)
        try problems.check("the listener")
        return listener
    }

    private func problems(_ json: String) -> String {
        do {
            _ = try listener(json)
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test func `a bare address serves everything, the legacy facades open and the rest with a token`() throws {
        let listener = try listener(#""127.0.0.1:0""#)
        #expect(listener.facades == Set(Listener.Facade.allCases))
        #expect(Listener.Facade.allCases.filter(listener.needsToken) == [.native, .console])
        #expect(listener.admits("9.9.9.9") && listener.admits(nil))
    }

    @Test func `an object says what is served and to whom`() throws {
        let listener = try listener(
            #"{"address":"0.0.0.0:80","facades":["scripts"],"auth":"open","allow":["10.0.0.0/8","::1"]}"#)
        #expect(listener.facades == [.scripts] && !listener.needsToken(.scripts))
        #expect(listener.admits("10.255.0.1") && listener.admits("::1") && listener.admits("::ffff:10.1.1.1"))
        #expect(!listener.admits("11.0.0.1") && !listener.admits(nil))
        let token = try self.listener(#"{"address":"0.0.0.0:80","auth":"token"}"#)
        #expect(Listener.Facade.allCases.allSatisfy(token.needsToken))
    }

    @Test func `without a list open serves the legacy facades only`() throws {
        let listener = try listener(#"{"address":"127.0.0.1:80","auth":"open"}"#)
        #expect(listener.facades == Set(Listener.Facade.allCases.filter(\.isLegacy)))
    }

    @Test(arguments: [
        (#""0.0.0.0:80""#, "say who may call"), (#""[::]:80""#, "say who may call"),
        (#""192.168.0.1:80""#, "auth: token"),
        (#"{"address":"0.0.0.0:80","facades":["scripts"]}"#, "say who may call"),
        (#"{"address":"0.0.0.0:80","auth":"open"}"#, "only named addresses may call"),
        (#"{"address":"127.0.0.1:80","auth":"open","facades":["native"]}"#, "open never serves native or console"),
        (#"{"address":"127.0.0.1:80","auth":"open","facades":["scripts","console"]}"#, "open never serves"),
        (#"{"address":"127.0.0.1:80","auth":"maybe"}"#, "expected one of token, open"),
        (#"{"address":"127.0.0.1:80","facades":["script"]}"#, "is not one of native, console, scripts"),
        (#"{"address":"127.0.0.1:80","facades":[]}"#, "names nothing to serve"),
        (#"{"address":"127.0.0.1:80","allow":["10.0.0.0/33"]}"#, "is not like 10.0.0.0/8"),
        (#"{"address":"127.0.0.1:80","tls":{"key":"x"}}"#, "listen[0].tls.certificate: is missing"),
        (#"{"address":"127.0.0.1:80","surprise":1}"#, "unknown key"), (#"{"auth":"token"}"#, "is missing: HOST:PORT"),
        ("5", "is missing: HOST:PORT"),
    ])
    func `what would open the server to strangers, or means nothing, is refused with the remedy`(
        _ json: String, _ text: String
    ) {
        #expect(problems(json).contains(text), "\(problems(json))")
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.9.8.7", true), ("10.0.0.0/8", "11.0.0.0", false), ("10.1.2.3", "10.1.2.3", true),
        ("10.1.2.3", "10.1.2.4", false), ("0.0.0.0/0", "1.2.3.4", true), ("0.0.0.0/0", "::1", false),
        ("192.168.1.128/25", "192.168.1.127", false), ("192.168.1.128/25", "192.168.1.200", true),
        ("fd00::/8", "fd12::1", true), ("fd00::/8", "fe80::1", false), ("::/0", "fe80::1%eth0", true),
        ("10.0.0.0/8", "::ffff:10.0.0.1", true), ("10.0.0.0/8", "nonsense", false),
    ])
    func `a range contains what shares its prefix`(_ range: String, _ address: String, _ isInside: Bool) throws {
        #expect(try AddressRange(range).contains(address) == isInside)
    }

    @Test(arguments: [
        ("192.0.2.2:8080", "::ffff:192.0.2.2", true), ("192.0.2.3", "::ffff:192.0.2.2", false),
        ("[::ffff:192.0.2.2]", "::ffff:192.0.2.2", true), ("[2001:DB8::1]:80", "2001:db8::1", true),
        ("[fe80::1]", "fe80::1%eth0", true), ("192.0.2.2", "192.0.2.2", true), ("elsewhere", "::1", false),
    ])
    func `an IPv4 caller of an IPv6 socket names an address that is ours`(
        _ host: String, _ own: String, _ isOurs: Bool
    ) {
        let request = Request(
            head: HTTPRequest(method: .get, scheme: "http", authority: host, path: "/"),
            body: RequestBody(buffer: ByteBuffer()))
        let isAdmitted = (try? BrowserGuard(hosts: []).check(request, own: own)) != nil
        #expect(isAdmitted == isOurs)
    }

    @Test(arguments: ["", "10.0.0.0/", "10.0.0.0/-1", "10.0.0/8", "x/8", "::/129", "10.0.0.0/8/8"])
    func `what is no range is refused`(_ text: String) {
        #expect(throws: MartletError.self) { try AddressRange(text) }
    }
}

/// A facade with one path and one probe.
private struct OnePath: Facade {
    let name = Listener.Facade.scripts
    func owns(_ method: HTTPRequest.Method, _ path: String) -> Bool { path == "/legacy" || path == "/probe" }
    func role(for method: HTTPRequest.Method, _ path: String) -> Rights.Role? { path == "/probe" ? nil : .run }
    func routes(for rights: Rights) -> [DescribedRoute] { [] }
    func respond(to call: FacadeCall) async -> Response { Response(.ok, "text/plain", Array("legacy".utf8)) }
}

@Suite struct ListenerGateTests {
    private func api(
        _ facades: [String], auth: String? = nil, allow: [String] = []
    ) async throws -> LiveAPI {
        var value: [String: JSONValue] = [
            "address": "127.0.0.1:0", "facades": .array(facades.map(JSONValue.string)),
            "allow": .array(allow.map(JSONValue.string)),
        ]
        value["auth"] = auth.map(JSONValue.string)
        let listener = try Listener(.object(value), at: "listen", problems: Fields.Problems())
        return try await LiveAPI(wrongTokens: 2, listener: listener, facades: [OnePath()])
    }

    @Test func `where nobody needs a token a wrong one is no attempt`() async throws {
        let wrong = ["Authorization": "Bearer of-old"]
        let open = try await api(["scripts"], auth: "open")
        for path in Array(repeating: "/legacy", count: 5) + ["/probe", "/livez"] {
            #expect(try await open.call("GET", path, headers: wrong).status == 200, "\(path)")
        }
        let (closed, statuses) = try await quickly(within: .seconds(25)) {
            let closed = try await api(["scripts"], auth: "token")
            var statuses: [Int] = []
            for _ in 0..<4 { statuses.append(try await closed.call("GET", "/legacy", headers: wrong).status) }
            return (closed, statuses)
        }
        #expect(statuses == [401, 401, 429, 429])
        #expect(try await closed.call("GET", "/probe", headers: wrong).status == 200)
    }

    @Test func `an empty header of a token counts as none`() async throws {
        let closed = try await api(["scripts"], auth: "token")
        for header in ["", " "] {
            var request = closed.request("GET", "/legacy")
            request.headers.add(name: "X-Nomad-Token", value: header)
            #expect(try await LiveAPI.client.execute(request, timeout: .seconds(300)).status == .ok)
        }
    }

    private func status(_ api: LiveAPI, _ path: String, token: Bool = false) async throws -> Int {
        try await api.call("GET", path, headers: token ? [:] : ["Authorization": ""]).status
    }

    @Test func `what a listener does not serve is not there, with a token or without`() async throws {
        let legacy = try await api(["scripts"])
        #expect(try await status(legacy, "/legacy") == 200)
        #expect(try await status(legacy, "/api/runs", token: true) == 404)
        #expect(try await status(legacy, "/livez") == 200)
        let native = try await api(["native"])
        #expect(try await status(native, "/legacy", token: true) == 404)
        #expect(try await status(native, "/api/runs", token: true) == 200)
    }

    @Test func `auth token asks every caller but probes`() async throws {
        let api = try await api(["scripts", "native"], auth: "token")
        #expect(try await status(api, "/legacy") == 401)
        #expect(try await status(api, "/legacy", token: true) == 200)
        #expect(try await status(api, "/probe") == 200)
        let nomad = ["Authorization": "", "X-Nomad-Token": LiveAPI.token]
        #expect(try await api.call("GET", "/legacy", headers: nomad).status == 200)
        #expect(
            try await api.call("GET", "/legacy", headers: ["Authorization": "", "X-Nomad-Token": "x"]).status == 401)
    }

    @Test func `whoever is not allowed gets nothing, not even with a token`() async throws {
        let strangers = try await api(["scripts", "native"], allow: ["10.0.0.0/8"])
        for path in ["/legacy", "/api/runs", "/livez", "/else"] {
            #expect(try await status(strangers, path, token: true) == 403, "\(path)")
        }
        let friends = try await api(["scripts"], auth: "open", allow: ["127.0.0.0/8"])
        #expect(try await status(friends, "/legacy") == 200)
    }

    @Test func `a HEAD to a facade has no body that the next answer would begin with`() async throws {
        let api = try await api(["scripts", "native"])
        let head = try await api.call("HEAD", "/legacy", headers: ["Authorization": ""])
        #expect(head.status == 200 && head.bytes.isEmpty)
        #expect(try await api.call("GET", "/livez").json["status"] == "alive")
    }

    @Test func `a page of a configured host may call through a proxy that renames us`() async throws {
        let api = try await api(["scripts"])
        #expect(try await api.call("GET", "/legacy", headers: ["Origin": "https://martlet.example"]).status == 200)
        #expect(try await api.call("GET", "/legacy", headers: ["Origin": "https://martlet.example.evil"]).status == 403)
        #expect(try await api.call("GET", "/legacy", headers: ["Origin": "http://localhost:99"]).status == 403)
        let named = ["Origin": "https://martlet.example", "Sec-Fetch-Site": "cross-site"]
        #expect(try await api.call("GET", "/legacy", headers: named).status == 200)
        let foreign = ["Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"]
        #expect(try await api.call("GET", "/legacy", headers: foreign).status == 403)
    }

    @Test func `foreign sites and foreign names are refused on facades, too`() async throws {
        let api = try await api(["scripts"])
        #expect(try await api.call("GET", "/legacy", headers: ["Origin": "http://evil.example"]).status == 403)
        #expect(try await api.call("GET", "/legacy", headers: ["Sec-Fetch-Site": "cross-site"]).status == 403)
        #expect(try await api.call("GET", "/legacy", headers: ["Host": "evil.example"]).status == 421)
    }
}
