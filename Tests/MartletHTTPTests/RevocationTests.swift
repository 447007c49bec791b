import AsyncHTTPClient
import Foundation
import MartletCore
import MartletEngine
import NIOCore
import NIOHTTP1
import Testing

@testable import MartletHTTP

/// What a token that was revoked while its call was under way is still told: nothing.
@Suite struct RevocationTests {
    private func viewer(_ api: LiveAPI) async throws -> [String: String] {
        let reply = try await api.call("POST", "/api/tokens", body: #"{"name":"viewer","role":"read"}"#)
        return ["Authorization": "Bearer \(try #require(reply.json["token"].string))"]
    }

    @Test func `a download ends soon after its token`() async throws {
        let api = try await LiveAPI()
        // More than sockets and clients take unread.
        let text = String(repeating: "0123456789abcde\n", count: 2 << 20)
        api.logs.write(text)
        let id = try await api.submit()
        _ = try await api.ended(id)
        let header = try await viewer(api)
        let response = try await LiveAPI.client.execute(
            api.request("GET", "/api/runs/\(id)/log", header), timeout: .seconds(300))
        #expect(response.status == .ok)
        #expect(try await api.call("DELETE", "/api/tokens/viewer").status == 200)
        var count = 0
        await #expect(throws: (any Error).self) {
            for try await piece in response.body { count += piece.readableBytes }
        }
        #expect(count < text.utf8.count, "\(count)")
    }

    @Test func `whoever waited is not told what came of it`() async throws {
        let api = try await LiveAPI()
        let id = try await api.submit(#"{"command":["hang"]}"#)
        try await api.reaches("running", id)
        let header = try await viewer(api)
        async let waiting = api.call("GET", "/api/runs/\(id)", headers: header.merging(["Prefer": "wait=300"]) { $1 })
        let deadline = ContinuousClock.now + .seconds(300)
        while api.tokens.list().allSatisfy({ $0.lastUsedAt == nil }), ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(try await api.call("DELETE", "/api/tokens/viewer").status == 200)
        #expect(try await api.call("POST", "/api/runs/\(id)/stop").status < 300)
        let reply = try await waiting
        #expect(reply.status == 401 && reply.json["code"] == "unauthorised", "\(reply.text)")
    }
}
