import HTTPTypes
import Hummingbird
import MartletCore
import MartletEngine
import NIOHTTP1
import Testing

@testable import MartletHTTP

@Suite struct LimitTests {
    private let rate = RateLimiter<String>.Rate(count: 10, window: .seconds(1))

    @Test func `a bucket empties and fills again`() {
        let limiter = RateLimiter<String>()
        let start = ContinuousClock.now
        let first = (0..<12).map { _ in limiter.take("a", rate, at: start) }
        #expect(first.map(\.isWelcome) == Array(repeating: true, count: 10) + [false, false])
        #expect(first[0].left == 9 && first[9].left == 0)
        #expect(abs(first[11].wait.inSeconds - 0.1) < 0.001)
        #expect(limiter.take("b", rate, at: start).isWelcome, "others have buckets of their own")
        #expect(!limiter.take("a", rate, at: start + .milliseconds(50)).isWelcome)
        #expect(limiter.take("a", rate, at: start + .milliseconds(160)).isWelcome)
        let later = (0..<11).map { _ in limiter.take("a", rate, at: start + .seconds(60)).isWelcome }
        #expect(later.count { $0 } == 10, "no more than a full bucket")
    }

    @Test func `memory is bounded however many callers there are`() {
        let limiter = RateLimiter<Int>(mostKeys: 100)
        let rate = RateLimiter<Int>.Rate(count: 10, window: .seconds(1))
        let start = ContinuousClock.now
        for key in 0..<1000 { _ = limiter.take(key, rate, at: start) }
        #expect(limiter.count <= 100)
        for _ in 0..<20 { _ = limiter.take(-1, rate, at: start) }
        let later = start + .seconds(5)
        for key in 1000..<1050 { _ = limiter.take(key, rate, at: later) }
        #expect(limiter.count <= 100)
    }

    @Test func `a token that asks too often is told when to come back`() async throws {
        // One in a second: a busy machine may not get to more.
        let api = try await LiveAPI(requests: 1)
        let secret = try await api.tokens.create(
            NewToken(parsing: ["name": "busy", "role": "read"]), by: .admin
        ).secret.exposed
        let mine = ["Authorization": "Bearer \(secret)"]
        var refused: LiveAPI.Reply?
        for _ in 0..<200 where refused == nil {
            let reply = try await api.call("GET", "/api/jobs", headers: mine)
            #expect(reply.headers["RateLimit-Policy"] == ["\"requests\";q=1;w=1"])
            if reply.status == 429 { refused = reply }
        }
        let reply = try #require(refused)
        #expect(reply.json["code"] == "tooMany" && reply.headers["Retry-After"] == ["1"])
        #expect(reply.headers["RateLimit"] == ["\"requests\";r=0;t=1"])
        #expect(reply.headers["Content-Type"] == ["application/problem+json"])
        for _ in 0..<20 {
            let reply = try await api.call("GET", "/api/jobs")
            #expect(
                reply.status == 200 && reply.headers["RateLimit"].isEmpty, "the admin on the machine is not limited")
        }
    }

    @Test func `an address that tries tokens is slowed down, and a right one goes on`() async throws {
        let (api, statuses) = try await quickly(within: .seconds(15)) {
            let api = try await LiveAPI(wrongTokens: 3)
            var statuses: [Int] = []
            for number in 0..<6 {
                let reply = try await api.call("GET", "/api/jobs", headers: ["Authorization": "Bearer guess-\(number)"])
                statuses.append(reply.status)
            }
            return (api, statuses)
        }
        #expect(statuses == [401, 401, 401, 429, 429, 429])
        #expect(try await api.call("GET", "/api/jobs").status == 200)
        #expect(try await api.call("GET", "/api/jobs", headers: ["Authorization": ""]).status == 401)
    }

    @Test func `callers of other machines are limited by token, or by address`() throws {
        let limits = RequestLimits()
        let settings = EngineSettings(requestsPerSecond: 2)
        let now = ContinuousClock.now
        func isWelcome(_ principal: Principal?, _ address: String) -> Bool {
            (try? limits.admit(principal, isGuess: false, from: address, settings, at: now)) != nil
        }
        #expect((0..<3).map { _ in isWelcome(.admin, "10.0.0.1") } == [true, true, false])
        #expect((0..<3).map { _ in isWelcome(nil, "10.0.0.1") } == [true, true, false])
        #expect(isWelcome(nil, "10.0.0.2") && isWelcome(.anonymous, "10.0.0.2") && !isWelcome(nil, "10.0.0.2"))
        for address in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            #expect((0..<9).allSatisfy { _ in isWelcome(.admin, address) && isWelcome(nil, address) })
        }
    }
}
