import Foundation
import MartletCore
import MartletEngine
import MartletStore
import MartletTesting
import Synchronization
import Testing

/// Times that come while the server is there.
@Suite struct FireTests {
    private static let everyTen: JSONValue = ["every": "10s", "command": ["/bin/true"]]

    @Test func `a time fires once, with its run`() async throws {
        let keeper = try Timekeeper()
        #expect(try await keeper.put(Self.everyTen).nextDue == .after(10))
        try await keeper.pass(after: 5)
        #expect(try await keeper.fires().isEmpty)
        try await keeper.pass(after: 5)
        try await keeper.pass()
        let fire = try #require(try await keeper.fires().first)
        #expect(try await keeper.fires().count == 1)
        #expect(fire.due == .after(10) && fire.outcome == .running && fire.kind == .due)
        let run = try await keeper.control.require(try #require(fire.run))
        #expect(run.trigger.source == "schedule" && run.trigger.caller == "tick" && run.trigger.due == .after(10))
        #expect(run.dueAt == .after(10))
        try await keeper.end(run.id)
        let ended = try #require(try await keeper.fires().first)
        #expect(ended.outcome == .succeeded && ended.endedAt == .after(10))
        #expect(try await keeper.store.schedule("tick")?.nextDue == .after(20))
    }

    @Test func `a run is stored ahead of its time, and waits for it`() async throws {
        let keeper = try Timekeeper()
        _ = try await keeper.put(Self.everyTen)
        try await keeper.pass(after: 9)
        let fire = try #require(try await keeper.fires().first)
        #expect(fire.due == .after(10) && fire.at == .after(9) && fire.late == .seconds(0))
        #expect(try await keeper.store.claim(limit: 10, within: DispatchLimits(runs: 10), at: keeper.clock.now).isEmpty)
        keeper.clock.advance(seconds: 1)
        #expect(
            try await keeper.store.claim(limit: 10, within: DispatchLimits(runs: 10), at: keeper.clock.now).count == 1)
    }

    @Test func `what was stored ahead is withdrawn with its schedule`() async throws {
        for change in ["paused", "deleted", "changed"] {
            let keeper = try Timekeeper()
            _ = try await keeper.put(Self.everyTen)
            try await keeper.pass(after: 9)
            let run = try #require(try await keeper.fires().first?.run)
            switch change {
            case "paused": _ = try await keeper.control.pauseSchedule("tick", true, rights: .all)
            case "deleted": try await keeper.control.deleteSchedule("tick", rights: .all)
            default: _ = try await keeper.put(["every": "10s", "command": ["/bin/false"]])
            }
            #expect(try await keeper.control.require(run).state == .cancelled, "\(change)")
            try await keeper.pass(after: 1)
            let fires = try await keeper.fires()
            #expect(fires.map(\.due) == (change == "changed" ? [.after(10)] : []), "\(change)")
            #expect(!fires.contains { $0.run == run })
        }
    }

    @Test func `a change does not lose a time that came a moment before`() async throws {
        let keeper = try Timekeeper()
        _ = try await keeper.put(Self.everyTen)
        keeper.clock.advance(seconds: 10.2)
        _ = try await keeper.put(["every": "10s", "command": ["/bin/true"], "description": "other"])
        try await keeper.pass()
        #expect(try await keeper.fires().map(\.due) == [.after(10)])
        #expect(try await keeper.store.schedule("tick")?.nextDue == .after(20))
    }

    @Test func `a time of one's own comes once, and the past is refused`() async throws {
        let keeper = try Timekeeper()
        _ = try await keeper.put("once", ["at": "2023-11-14T22:01:00Z", "command": ["/bin/true"]])
        try await keeper.pass(after: 60)
        try await keeper.pass(after: 3600)
        #expect(try await keeper.fires("once").map(\.due) == [.after(60)])
        #expect(try await keeper.store.schedule("once")?.nextDue == nil)
        await #expect(throws: MartletError.self) {
            _ = try await keeper.put("late", ["at": "2023-11-14T22:00:30Z", "command": ["/bin/true"]])
        }
        #expect(try await keeper.store.schedule("late") == nil)
    }

    @Test func `a job that is gone is told, and the schedule goes on`() async throws {
        let keeper = try Timekeeper()
        _ = try await keeper.control.putJob(Job(name: "dump", tasks: Job.tasks("dump").tasks))
        _ = try await keeper.put(["every": "10s", "job": "dump"])
        try await keeper.control.deleteJob("dump")
        try await keeper.pass(after: 10)
        let fire = try #require(try await keeper.fires().first)
        #expect(fire.outcome == .refused && fire.run == nil)
        #expect(fire.why?.contains("there is no job named dump") == true)
        _ = try await keeper.control.putJob(Job(name: "dump", tasks: Job.tasks("dump").tasks))
        try await keeper.pass(after: 10)
        #expect(try await keeper.fires().last?.outcome == .running)
    }

    @Test func `a schedule must be startable when it is stored`() async throws {
        let keeper = try Timekeeper()
        for fields: JSONValue in [
            ["every": "10s", "job": "nobody"], ["cron": "61 * * * *", "command": ["/bin/true"]],
            ["every": "10s", "command": ["/bin/true"], "zone": "Mars/Olympus"],
            ["every": "10s", "command": ["/bin/true"], "calendar": "mars:workdays"],
            ["every": "10s", "work": ["nobody": [:]]], ["every": "10s"], ["command": ["/bin/true"]],
            ["every": "10s", "cron": "* * * * *", "command": ["/bin/true"]],
            ["every": "10s", "job": "x", "command": ["/bin/true"]],
            ["every": "10s", "command": ["/bin/true"], "missed": "maybe"],
        ] {
            await #expect(throws: MartletError.self, "\(fields)") { _ = try await keeper.put(fields) }
        }
        #expect(try await keeper.store.schedules(after: nil, limit: 10).isEmpty)
    }

    @Test func `rights reach no farther than their jobs`() async throws {
        let keeper = try Timekeeper()
        for name in ["mine", "yours"] {
            _ = try await keeper.control.putJob(Job(name: name, tasks: Job.tasks("dump").tasks))
            _ = try await keeper.put(name, ["every": "10s", "job": .string(name)])
        }
        let rights = Rights(role: .run, jobs: [try #require(NamePattern("mine"))])
        #expect(
            try await keeper.control.schedules(after: nil, limit: 10, rights: rights).map(\.schedule.name) == ["mine"])
        await #expect(throws: MartletError.self) { _ = try await keeper.control.schedule("yours", rights: rights) }
        await #expect(throws: MartletError.self) { try await keeper.control.deleteSchedule("yours", rights: rights) }
        await #expect(throws: MartletError.self) { _ = try await keeper.control.runSchedule("yours", rights: rights) }
        await #expect(throws: MartletError.self) {
            _ = try await keeper.control.fires(FireQuery(schedule: "yours"), rights: rights)
        }
        for fields: JSONValue in [
            ["every": "10s", "job": "yours"], ["every": "10s", "command": ["/bin/true"]],
            ["every": "10s", "watch": true],
        ] {
            await #expect(throws: MartletError.self) { _ = try await keeper.put("new", fields, rights: rights) }
        }
        // Nor may a name be taken over.
        await #expect(throws: MartletError.self) {
            _ = try await keeper.put("yours", ["every": "10s", "job": "mine"], rights: rights)
        }
        await #expect(throws: MartletError.self) {
            let reader = Rights(role: .read)
            _ = try await keeper.put("new", ["every": "10s", "job": "mine"], rights: reader)
        }
        #expect(try await keeper.put("new", ["every": "10s", "job": "mine"], rights: rights).version == 1)
    }

    @Test func `a full disk delays times and loses none`() async throws {
        let disk = Mutex(DiskState(free: 1 << 40, total: 1 << 41))
        let keeper = try Timekeeper(disk: { disk.withLock { $0 } })
        _ = try await keeper.put(Self.everyTen)
        disk.withLock { $0.free = -1 }
        #expect(try await keeper.pass(after: 10) == .after(11))
        #expect(try await keeper.fires().isEmpty)
        disk.withLock { $0.free = 1 << 40 }
        try await keeper.pass(after: 5)
        #expect(try await keeper.fires().map(\.due) == [.after(10)])
    }

    @Test func `a server that ends in the middle of a pass loses no time`() async throws {
        let keeper = try Timekeeper()
        for index in 0..<50 { _ = try await keeper.put("tick\(index)", Self.everyTen) }
        keeper.clock.advance(seconds: 10)
        for delay in [0, 1, 3, 10] {
            let pass = Task { try await keeper.scheduler.pass() }
            try await Task.sleep(for: .milliseconds(delay))
            pass.cancel()
            _ = await pass.result
        }
        try await keeper.pass()
        for index in 0..<50 {
            let fires = try await keeper.fires("tick\(index)")
            #expect(fires.map(\.due) == [.after(10)] && fires.allSatisfy { $0.outcome == .running }, "\(fires)")
        }
    }

    @Test func `a calendar that is gone stops its schedule until it is back`() async throws {
        let own = try WorkCalendar(parsing: [
            "name": "ours", "years": ["2023": ["holidays": ["11-16"], "workdays": []]],
        ])
        let keeper = try Timekeeper(calendars: WorkCalendars(adding: [own]))
        _ = try await keeper.put([
            "cron": "0 23 * * *", "command": ["/bin/true"], "calendar": "ours:workdays", "overlap": "allow",
        ])
        keeper.control.schedules.replace(.builtIn)
        try await keeper.pass(after: 3600)
        #expect(try await keeper.fires().map(\.outcome) == [.refused])
        try await keeper.pass(after: 86_400)
        #expect(try await keeper.fires().count == 1)
        keeper.control.schedules.replace(WorkCalendars(adding: [own]))
        try await keeper.pass()
        #expect(try await keeper.store.schedule("tick")?.nextDue == .after(3600 + 3 * 86_400), "the 16th is a holiday")
    }
}
