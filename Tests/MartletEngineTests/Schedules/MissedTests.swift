import Foundation
import MartletCore
import MartletEngine
import MartletStore
import MartletTesting
import Testing

/// Times that came while nobody was there.
@Suite struct MissedTests {
    private func fields(_ missed: String, _ more: [String: JSONValue] = [:]) -> JSONValue {
        .object(
            ["every": "1h", "command": ["/bin/true"], "missed": .string(missed), "overlap": "allow"].merging(more) {
                $1
            })
    }

    /// The server is away until a while after the third of three hours.
    private func away(_ fields: JSONValue, seconds: Double = 3 * 3600 + 600) async throws -> [Fire] {
        let keeper = try Timekeeper()
        _ = try await keeper.put(fields)
        try await keeper.pass(after: seconds)
        try await keeper.pass()
        return try await keeper.fires()
    }

    @Test func `the latest is made up for, once`() async throws {
        // backup contract §7 D9
        let fires = try await away(fields("latest"))
        #expect(fires.map(\.outcome) == [.missed, .running])
        #expect(fires[0].due == .after(3600) && fires[0].through == .after(7200) && fires[0].count == 2)
        #expect(fires[0].why == "a later time is made up for")
        #expect(fires[1].due == .after(10_800) && fires[1].late == .seconds(600))
    }

    @Test func `where a time of now follows, none is made up for`() async throws {
        let fires = try await away(fields("latest"), seconds: 3 * 3600 + 5)
        #expect(fires.map(\.outcome) == [.missed, .running])
        #expect(fires[0].count == 2 && fires[1].due == .after(10_800))
    }

    @Test func `all are made up for, in their order`() async throws {
        let fires = try await away(fields("all"))
        #expect(fires.map(\.due) == [.after(3600), .after(7200), .after(10_800)])
        #expect(fires.allSatisfy { $0.outcome == .running })
    }

    @Test func `skipped ones stand in the ledger`() async throws {
        let fires = try await away(fields("skip"))
        #expect(fires.map(\.outcome) == [.missed])
        #expect(fires[0].due == .after(3600) && fires[0].through == .after(10_800) && fires[0].count == 3)
    }

    @Test func `the window ends what is made up for`() async throws {
        let latest = try await away(fields("latest", ["window": "5m"]))
        #expect(latest.map(\.outcome) == [.missed] && latest[0].count == 3)
        let all = try await away(fields("all", ["window": "90m"]))
        #expect(all.map(\.outcome) == [.missed, .running, .running])
        #expect(all.map(\.due) == [.after(3600), .after(7200), .after(10_800)])
    }

    @Test func `a minute is not missed`() async throws {
        for missed in Schedule.Missed.allCases {
            let fires = try await away(
                ["every": "10s", "command": ["/bin/true"], "missed": .string(missed.rawValue), "overlap": "allow"],
                seconds: 45)
            #expect(
                fires.map(\.due) == [10, 20, 30, 40].map { .after($0) } && fires.allSatisfy { $0.outcome == .running })
        }
    }

    @Test func `no more than a thousand are made up for`() async throws {
        let keeper = try Timekeeper()
        _ = try await keeper.put(["every": "1s", "command": ["/bin/true"], "missed": "all", "overlap": "allow"])
        try await keeper.pass(after: 100_000)
        let fires = try await keeper.fires()
        let ran = fires.filter { $0.outcome == .running }
        #expect((1000...1064).contains(ran.count))
        #expect(fires.first?.outcome == .missed && fires.first?.count == FirePlan.mostCounted)
        #expect(fires.first?.through?.adding(.seconds(1)) == ran.first?.due)
        #expect(ran.map(\.due) == ran.map(\.due).sorted())
    }

    @Test func `a pause is one entry, and nothing of it is made up for`() async throws {
        // backup contract §7 C5
        let keeper = try Timekeeper()
        _ = try await keeper.put(fields("all"))
        _ = try await keeper.control.pauseSchedule("tick", true, rights: .all)
        try await keeper.pass(after: 3 * 3600 + 600)
        #expect(try await keeper.fires().isEmpty)
        _ = try await keeper.control.pauseSchedule("tick", false, rights: .all)
        try await keeper.pass()
        let fires = try await keeper.fires()
        #expect(fires.map(\.outcome) == [.skipped] && fires[0].count == 3 && fires[0].why == "the schedule was paused")
        #expect(try await keeper.store.schedule("tick")?.nextDue == .after(4 * 3600))
    }

    @Test func `a clock that is set back doubles nothing and stops nothing`() async throws {
        // backup contract §7 D11
        let keeper = try Timekeeper()
        _ = try await keeper.put(fields("latest"))
        try await keeper.pass(after: 3600)
        // Somebody sets the clock years ahead, and back.
        try await keeper.pass(after: 5 * 365 * 86_400)
        #expect(try await keeper.fires().count == 3)
        keeper.clock.advance(seconds: -5 * 365 * 86_400)
        try await keeper.pass()
        try await keeper.pass(after: 3600)
        try await keeper.pass(after: -3600)
        try await keeper.pass()
        try await keeper.pass(after: 3600)
        try await keeper.pass(after: 3600)
        let near = try await keeper.fires().filter { $0.due < .after(86_400) && $0.outcome == .running }
        #expect(near.map(\.due) == [.after(3600), .after(7200), .after(10_800)])
    }

    @Test func `those who want all get them one after the other`() async throws {
        let keeper = try Timekeeper()
        _ = try await keeper.put(fields("all", ["overlap": "skip"]))
        try await keeper.pass(after: 3 * 3600 + 600)
        #expect(try await keeper.fires().map(\.outcome) == [.running, .queued, .queued])
        for _ in 0..<3 {
            #expect(try await keeper.unfinished().count == 1)
            try await keeper.endAll()
            try await keeper.pass()
        }
        #expect(try await keeper.fires().map(\.outcome) == [.succeeded, .succeeded, .succeeded])
    }

    @Test func `a run that was stored for a later clock is not in the way`() async throws {
        let keeper = try Timekeeper()
        _ = try await keeper.put(fields("latest", ["overlap": "skip"]))
        try await keeper.pass(after: 3599)
        let early = try #require(try await keeper.fires().first?.run)
        keeper.clock.advance(seconds: -1800)
        try await keeper.pass()
        #expect(try await keeper.control.require(early).state == .cancelled)
        #expect(try await keeper.fires().isEmpty)
        try await keeper.pass(after: 1801)
        #expect(try await keeper.fires().map(\.due) == [.after(3600)])
        #expect(try await keeper.fires().first?.outcome == .running)
    }
}
