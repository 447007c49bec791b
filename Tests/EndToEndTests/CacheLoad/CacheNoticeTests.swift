import Foundation
import MartletCore
import MartletTesting
import Testing

/// What a robot is told of cache loads.
@Suite struct CacheNoticeTests {
    private static func environment(_ robot: FakeRobot) -> [String: String] {
        [
            "MARTLET_NOTICES_CHANNELS":
                #"[{"name":"ops","kind":"dingtalk","token":"tok0123456789","url":"\#(robot.url)"}]"#
        ]
    }

    private static func texts(_ robot: FakeRobot) -> [String] {
        robot.requests.compactMap { try? JSONParser.parse($0.body)["text"]["content"].string }
    }

    /// As soon as the robot has so many; and none comes after them, because nothing is owed any more.
    private static func texts(_ robot: FakeRobot, _ count: Int, of cache: CacheServer) async throws -> [String] {
        try await eventually("\(count) messages") { robot.requests.count >= count ? true : nil }
        try await eventually("nothing waits") {
            let notices = try await cache.server.call(.GET, "/api/notices?limit=1000").json["items"].array ?? []
            return notices.count >= count && notices.allSatisfy { $0["state"] == "sent" } ? true : nil
        }
        #expect(robot.requests.count == count)
        return texts(robot)
    }

    /// cache-load contract §5 case 43.
    @Test func `a batch with a failed path is an alarm that names it`() async throws {
        let robot = try FakeRobot()
        let cache = try await CacheServer(
            paths: ["/ns/a", "/ns/b", "/ns/c"], rules: ["/ns/b": ["fail_files": ["/ns/b/f"]]],
            environment: Self.environment(robot))
        _ = try await cache.load(["/ns/c"], name: "before")
        _ = try await cache.done("task_name=before")
        _ = try await Self.texts(robot, 1, of: cache)
        _ = try await cache.load(["/ns/a", "/ns/b", "/ns/c"], name: "nightly")
        let text = try await Self.texts(robot, 2, of: cache)[1]
        let lines = text.split(separator: "\n").map(String.init)
        #expect(lines[0] == "告警:GooseFSDistributeLoad notallsuccess for task nightly")
        #expect(lines.contains("path: /ns/a 1/1") && lines.contains { $0.hasPrefix("path: /ns/b 0/0") })
        #expect(lines.contains { $0.contains("/ns/b/f") }, "the failed file is named: \(text)")
        #expect(!text.contains("/ns/c"), "nothing new is hidden: \(text)")
    }

    /// cache-load contract §1.10; rulings: a batch that loaded nothing new and failed nothing sends nothing.
    @Test func `a batch is told when it loaded something, and not when it did not`() async throws {
        let robot = try FakeRobot()
        let cache = try await CacheServer(environment: Self.environment(robot))
        _ = try await cache.load(["/ns/a"], name: "nightly")
        _ = try await cache.done("task_name=nightly")
        _ = try await cache.load(["/ns/a"], name: "nightly")
        _ = try await cache.done("task_name=nightly")
        _ = try await cache.load(["/ns/b", "/ns/a"])
        let texts = try await Self.texts(robot, 2, of: cache)
        #expect(texts[0].hasPrefix("通知:GooseFSDistributeLoad success for task nightly\n"))
        #expect(texts[0].contains("\npath: /ns/a 1/1"))
        #expect(texts[1].hasPrefix("通知:GooseFSDistributeLoad success for /ns/b (2 项)\n"))
        #expect(texts[1].contains("\npath: /ns/b 1/1") && !texts[1].contains("path: /ns/a"))
    }

    /// cache-load contract §5 case 44.
    @Test func `a name that is used twice at once is told of once for each batch`() async throws {
        let robot = try FakeRobot()
        let site = try CacheSite()
        try site.rules(["*": ["gate": .string(site.gate)]])
        let cache = try await CacheServer(site, environment: Self.environment(robot))
        _ = try await cache.load(["/ns/a", "/ns/b"], name: "twice")
        _ = try await cache.load(["/ns/a"], name: "twice")
        site.openGate()
        let texts = try await Self.texts(robot, 2, of: cache)
        #expect(texts.allSatisfy { $0.hasPrefix("通知:GooseFSDistributeLoad success for task twice\n") })
        #expect(Set(texts.map { $0.contains("/ns/b") }) == [true, false], "each tells of its own paths")
    }

    /// cache-load contract §5 cases 44 and 49: killed in the middle of 200 paths at four at once.
    @Test func `a batch that outlives its server is told once`() async throws {
        let robot = try FakeRobot()
        let paths = (0..<200).map { "/ns/p\($0)" }
        let site = try CacheSite(paths: paths, rules: ["*": ["delay_ms": 20]])
        let first = try await CacheServer(site, environment: Self.environment(robot))
        _ = try await first.load(paths, name: "big")
        try await eventually("some are loaded") { try site.calls().count >= 60 ? true : nil }
        try await first.killed()
        let second = try await CacheServer(site, environment: Self.environment(robot))
        _ = try await second.done("task_name=big")
        let text = try await Self.texts(robot, 1, of: second)[0]
        #expect(text.hasPrefix("通知:GooseFSDistributeLoad success for task big\n共 200 项"))
        let calls = try site.calls()
        #expect(calls.count == 200 && Set(calls.map(\.path)).count == 200)
    }

    @Test func `a load that nothing proves is told of, and can be retried`() async throws {
        let robot = try FakeRobot()
        let environment = Self.environment(robot).merging(["MARTLET_CACHE_LOAD_BIN": "/bin/true"]) { $1 }
        let cache = try await CacheServer(CacheSite(), environment: environment)
        _ = try await cache.load(["/ns/a"], name: "nightly")
        #expect(try await cache.done("task_name=nightly")["data"].object?.values.first?["outcome"] == "warning")
        let text = try await Self.texts(robot, 1, of: cache)[0]
        #expect(text.contains("path: /ns/a 0/0 warning") && !text.contains("无变化"), "\(text)")
        #expect(try await cache.send(.POST, "/api/v1/gfs/retry", #"{"task_name":"nightly"}"#).status == 200)
    }
}
