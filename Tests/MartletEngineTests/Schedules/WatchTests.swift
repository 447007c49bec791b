import Foundation
import MartletCore
import MartletEngine
import MartletStore
import MartletTesting
import Testing

/// Work that others do, and tell of by pings.
@Suite struct WatchTests {
    private func keeper(_ more: [String: JSONValue] = [:]) async throws -> Timekeeper {
        let facts = NoticeChannelFacts(
            name: "ops", kind: "webhook", target: "", perMinute: nil,
            rules: [NoticeRule(on: [.failed, .overdue, .recovered])])
        let keeper = try Timekeeper(notices: NoticeDesk(NoticePolicy(channels: [facts])))
        _ = try await keeper.put(
            "dump", .object(["every": "1h", "watch": true, "grace": "10m"].merging(more) { $1 }))
        return keeper
    }

    private func ping(_ keeper: Timekeeper, _ kind: Ping.Kind, _ text: String = "") async throws {
        _ = try await keeper.control.ping("dump", Ping(kind: kind, text: text), rights: .all)
    }

    private func notices(_ keeper: Timekeeper) async throws -> [String] {
        try await keeper.store.notices(NoticeQuery()).reversed().map(\.content.title)
    }

    @Test func `pings tell begin, words and end`() async throws {
        let keeper = try await keeper()
        try await keeper.pass(after: 3600)
        #expect(try await keeper.fires("dump").map(\.outcome) == [.waiting])
        keeper.clock.advance(seconds: 60)
        try await ping(keeper, .start)
        try await ping(keeper, .log, "3 tables")
        #expect(try await keeper.fires("dump").map(\.outcome) == [.running])
        keeper.clock.advance(seconds: 60)
        try await ping(keeper, .success)
        let fire = try #require(try await keeper.fires("dump").first)
        #expect(fire.outcome == .succeeded && fire.note == "3 tables")
        #expect(fire.startedAt == .after(3660) && fire.endedAt == .after(3720))
        try await keeper.pass(after: 1200)
        #expect(try await notices(keeper).isEmpty)
    }

    @Test func `silence is told when the grace is over, and once`() async throws {
        let keeper = try await keeper()
        try await keeper.pass(after: 3600)
        let next = try await keeper.pass(after: 599)
        #expect(next == .after(4200))
        #expect(try await notices(keeper).isEmpty)
        try await keeper.pass(after: 1)
        try await keeper.pass(after: 60)
        let told = try await notices(keeper)
        #expect(told.count == 1 && told[0].hasPrefix("告警:dump overdue: 应于 2023-11-14 23:00:00 (UTC)"))
        #expect(try await keeper.fires("dump").first?.isOverdue == true)
        // It comes at last.
        try await ping(keeper, .success)
        #expect(try await notices(keeper).last == "通知:dump success (已恢复)")
        #expect(try await keeper.fires("dump").first?.outcome == .succeeded)
    }

    @Test func `a failure is told at once`() async throws {
        let keeper = try await keeper()
        try await keeper.pass(after: 3600)
        try await ping(keeper, .fail, "disk full")
        #expect(try await notices(keeper) == ["告警:dump failed"])
        #expect(try await keeper.fires("dump").first?.outcome == .failed)
        try await keeper.pass(after: 1200)
        #expect(try await notices(keeper).count == 1)
    }

    @Test func `a ping shortly before its time counts for it`() async throws {
        let keeper = try await keeper()
        try await keeper.pass(after: 3590)
        try await ping(keeper, .success)
        try await keeper.pass(after: 10)
        #expect(try await keeper.fires("dump").last?.outcome == .succeeded)
        try await keeper.pass(after: 1200)
        #expect(try await notices(keeper).isEmpty)
    }

    @Test func `the next time closes one that nobody told of`() async throws {
        let keeper = try await keeper()
        try await keeper.pass(after: 3600)
        try await keeper.pass(after: 3600)
        let fires = try await keeper.fires("dump")
        #expect(fires.map(\.outcome) == [.missed, .waiting])
        #expect(try await notices(keeper).count == 1)
    }

    @Test func `pings of other schedules are refused`() async throws {
        let keeper = try await keeper()
        _ = try await keeper.put("tick", ["every": "1h", "command": ["/bin/true"]])
        for name in ["tick", "nobody"] {
            await #expect(throws: MartletError.self) {
                _ = try await keeper.control.ping(name, Ping(kind: .success), rights: .all)
            }
        }
        await #expect(throws: MartletError.self) { _ = try await keeper.control.runSchedule("dump", rights: .all) }
    }

    @Test func `work of our own is overdue, too`() async throws {
        let keeper = try await keeper()
        _ = try await keeper.put("tick", ["every": "1h", "command": ["/bin/true"], "grace": "5m"])
        try await keeper.pass(after: 3600)
        try await ping(keeper, .success)
        try await keeper.pass(after: 301)
        #expect(try await notices(keeper).map { $0.prefix(15) } == ["告警:tick overdue"])
        // An end in time needs no watching.
        try await keeper.endAll()
        try await keeper.pass(after: 3299)
        try await ping(keeper, .success)
        try await keeper.endAll()
        try await keeper.pass(after: 301)
        #expect(try await notices(keeper).count == 1)
    }

    @Test func `work that began a little early is the work of that time`() async throws {
        let keeper = try await keeper()
        try await keeper.pass(after: 3590)
        try await ping(keeper, .start)
        try await keeper.pass(after: 10)
        let fires = try await keeper.fires("dump")
        #expect(fires.map(\.outcome) == [.running] && fires[0].kind == .due && fires[0].due == .after(3600))
        #expect(fires[0].startedAt == .after(3590))
        try await keeper.pass(after: 600)
        #expect(try await notices(keeper).count == 1, "its end is awaited")
    }

    @Test func `pings may be rarer than times`() async throws {
        let keeper = try await keeper(["every": "5m", "grace": "1h"])
        for _ in 0..<3 { try await keeper.pass(after: 300) }
        try await ping(keeper, .success)
        for _ in 0..<11 { try await keeper.pass(after: 300) }
        #expect(try await notices(keeper).isEmpty)
        for _ in 0..<3 { try await keeper.pass(after: 300) }
        #expect(try await notices(keeper).count == 1)
    }

    @Test func `a schedule that stops waiting for pings starts its work`() async throws {
        for overlap: JSONValue in ["skip", "queue", "replace"] {
            let keeper = try await keeper()
            try await keeper.pass(after: 3600)
            _ = try await keeper.put("dump", ["every": "1h", "command": ["/bin/true"], "overlap": overlap])
            try await keeper.pass(after: 3600)
            #expect(try await keeper.fires("dump").map(\.outcome) == [.skipped, .running], "\(overlap)")
            _ = try await keeper.put("dump", ["every": "1h", "watch": true])
            try await keeper.endAll()
            try await keeper.pass(after: 3600)
            #expect(try await keeper.fires("dump").last?.outcome == .waiting)
        }
    }

    @Test func `a text that comes after the end changes nothing else`() async throws {
        let keeper = try await keeper()
        await #expect(throws: MartletError.self) { try await ping(keeper, .log, "too early") }
        try await keeper.pass(after: 3600)
        try await ping(keeper, .fail)
        let failed = try #require(try await keeper.fires("dump").first)
        keeper.clock.advance(seconds: 60)
        try await ping(keeper, .log, "disk full")
        let fires = try await keeper.fires("dump")
        #expect(fires.count == 1 && fires[0].note == "disk full" && fires[0].endedAt == failed.endedAt)
        #expect(try await notices(keeper).count == 1)
        try await keeper.pass(after: 3540)
        #expect(try await keeper.fires("dump").map(\.outcome) == [.failed, .waiting])
    }

    @Test func `what is made up for has its whole grace, what is skipped is told`() async throws {
        for (missed, told) in [("latest", 0), ("all", 0), ("skip", 1)] as [(JSONValue, Int)] {
            let keeper = try await keeper()
            try await keeper.control.deleteSchedule("dump", rights: .all)
            _ = try await keeper.put(["every": "1h", "command": ["/bin/true"], "grace": "5m", "missed": missed])
            try await keeper.pass(after: 3 * 3600 + 1800)
            try await keeper.pass()
            #expect(try await notices(keeper).count == told, "\(missed)")
            guard told == 0 else { continue }
            try await keeper.pass(after: 301)
            #expect(try await notices(keeper).isEmpty == false, "\(missed)")
        }
    }
}
