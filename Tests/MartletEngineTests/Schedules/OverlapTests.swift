import Foundation
import MartletCore
import MartletStore
import MartletTesting
import Synchronization
import Testing

@testable import MartletEngine

/// Times that meet a run of before.
@Suite struct OverlapTests {
    private func keeper(_ overlap: String) async throws -> Timekeeper {
        let keeper = try Timekeeper()
        _ = try await keeper.put(["every": "10s", "command": ["/bin/true"], "overlap": .string(overlap)])
        try await keeper.pass(after: 10)
        return keeper
    }

    @Test func `allowed ones run beside each other`() async throws {
        let keeper = try await keeper("allow")
        try await keeper.pass(after: 10)
        #expect(try await keeper.fires().map(\.outcome) == [.running, .running])
    }

    @Test func `a skipped one says which run is in its way`() async throws {
        let keeper = try await keeper("skip")
        // It cannot be known ahead of its time whether the run will be over.
        try await keeper.pass(after: 9)
        #expect(try await keeper.fires().count == 1)
        try await keeper.pass(after: 1)
        let fires = try await keeper.fires()
        #expect(fires.map(\.outcome) == [.running, .skipped])
        #expect(fires[1].why?.contains("\(try #require(fires[0].run))") == true)
        try await keeper.end(fires[0].run)
        try await keeper.pass(after: 10)
        #expect(try await keeper.fires().last?.outcome == .running)
    }

    @Test func `queued ones run one after the other, in their order`() async throws {
        let keeper = try await keeper("queue")
        try await keeper.pass(after: 10)
        try await keeper.pass(after: 10)
        #expect(try await keeper.fires().map(\.outcome) == [.running, .queued, .queued])
        for step in 1...2 {
            try await keeper.end(try await keeper.fires()[step - 1].run, code: 1)
            try await keeper.pass()
            let fires = try await keeper.fires()
            #expect(fires[step - 1].outcome == .failed && fires[step].outcome == .running)
            #expect(try await keeper.unfinished().count == 1)
        }
        let last = try #require(try await keeper.fires().last)
        #expect(try await keeper.control.require(try #require(last.run)).trigger.due == .after(30))
    }

    @Test func `a newer one takes the place of the others`() async throws {
        let keeper = try await keeper("replace")
        let first = try #require(try await keeper.fires().first?.run)
        let now = keeper.clock.now
        _ = try await keeper.store.update(first) { Update(try $0.apply(.claim, at: now)) }
        try await keeper.pass(after: 10)
        try await keeper.pass(after: 10)
        #expect(try await keeper.control.require(first).state == .stopping)
        #expect(try await keeper.fires().map(\.outcome) == [.running, .skipped, .queued])
        let exit = TaskExit(ending: .signalled(15), stopped: true, endedAt: keeper.clock.now, logBytes: 0)
        _ = try await keeper.store.update(first) {
            Update(try $0.apply(.taskFinished(exit, Verdict(.signal)), at: now))
        }
        try await keeper.pass()
        #expect(try await keeper.fires().map(\.outcome) == [.cancelled, .skipped, .running])
    }

    @Test func `a run asked for follows the rule, and works while paused`() async throws {
        let keeper = try await keeper("skip")
        await #expect(throws: MartletError.self) { _ = try await keeper.control.runSchedule("tick", rights: .all) }
        try await keeper.endAll()
        _ = try await keeper.control.pauseSchedule("tick", true, rights: .all)
        let fire = try await keeper.control.runSchedule("tick", rights: .all)
        #expect(fire.kind == .manual && fire.outcome == .running)
        let queueing = try await self.keeper("queue")
        #expect(try await queueing.control.runSchedule("tick", rights: .all).outcome == .queued)
    }

    @Test func `a queue does not outlive its schedule`() async throws {
        let keeper = try await keeper("queue")
        try await keeper.pass(after: 10)
        try await keeper.control.deleteSchedule("tick", rights: .all)
        try await keeper.endAll()
        try await keeper.pass(after: 30)
        #expect(try await keeper.fires().map(\.outcome) == [.succeeded, .skipped])
        #expect(try await keeper.control.fires(FireQuery(schedule: "tick"), rights: .all).count == 2)
    }

    @Test func `a backfill makes up for what has no run, one after the other`() async throws {
        let keeper = try await keeper("skip")
        try await keeper.endAll()
        _ = try await keeper.control.pauseSchedule("tick", true, rights: .all)
        keeper.clock.advance(seconds: 40)
        let plan = try await keeper.control.backfill(
            "tick", from: .after(1), through: .after(40), dryRun: true, rights: .all)
        #expect(plan.times == [.after(20), .after(30), .after(40)] && plan.skipped == 1 && plan.fires.isEmpty)
        #expect(try await keeper.fires().count == 1)
        _ = try await keeper.control.pauseSchedule("tick", false, rights: .all)
        let done = try await keeper.control.backfill(
            "tick", from: .after(1), through: .after(40), dryRun: false, rights: .all)
        #expect(done.fires.count == 3)
        var order: [Date] = []
        for _ in 0..<3 {
            try await keeper.pass()
            let live = try await keeper.unfinished()
            #expect(live.count == 1)
            order += live.compactMap(\.trigger.due)
            try await keeper.endAll()
        }
        #expect(order == [.after(20), .after(30), .after(40)])
        let again = try await keeper.control.backfill(
            "tick", from: .after(1), through: .after(40), dryRun: false, rights: .all)
        #expect(again.times.isEmpty && again.skipped == 4)
        await #expect(throws: MartletError.self) {
            _ = try await keeper.control.backfill(
                "tick", from: .after(0), through: .after(99_999_999), dryRun: true, rights: .all)
        }
    }

    @Test func `a replaced run is stopped by the next server, too`() async throws {
        let keeper = try await keeper("replace")
        let first = try #require(try await keeper.fires().first?.run)
        let now = keeper.clock.now
        _ = try await keeper.store.update(first) { Update(try $0.apply(.claim, at: now)) }
        // The server dies after it stored the newer time.
        let stored = try #require(try await keeper.store.schedule("tick"))
        let due = Date.after(20)
        let run = try await keeper.control.newRun(of: stored.schedule, due: due)
        _ = try await keeper.store.fire(
            [FireOrder(stored, steps: [.run(due: due, run)], next: .after(30))], at: due)
        let next = try Timekeeper(directory: keeper.directory)
        next.clock.advance(seconds: 21)
        try await next.pass()
        let stopped = try await next.control.require(first)
        #expect(stopped.state == .stopping)
        // It is asked once: a second stop would end what cleans up.
        try await next.pass(after: 1)
        #expect(try await next.control.require(first).version == stopped.version)
    }

    @Test func `what somebody asked for does not wait for the end of a pause`() async throws {
        let keeper = try await keeper("queue")
        _ = try await keeper.control.pauseSchedule("tick", true, rights: .all)
        #expect(try await keeper.control.runSchedule("tick", rights: .all).outcome == .queued)
        try await keeper.endAll()
        try await keeper.pass()
        #expect(try await keeper.fires().last?.outcome == .running)
    }

    @Test func `a backfill neither takes nor loses its turn`() async throws {
        for overlap in ["skip", "queue"] {
            let keeper = try await keeper(overlap)
            try await keeper.endAll()
            _ = try await keeper.control.pauseSchedule("tick", true, rights: .all)
            keeper.clock.advance(seconds: 25)
            _ = try await keeper.control.pauseSchedule("tick", false, rights: .all)
            _ = try await keeper.control.backfill(
                "tick", from: .after(15), through: .after(35), dryRun: false, rights: .all)
            try await keeper.pass()
            try await keeper.pass(after: 5)
            // The time of now waits behind the one that runs, and before the rest.
            #expect(try await keeper.unfinished().compactMap(\.trigger.due) == [.after(20)])
            try await keeper.endAll()
            try await keeper.pass()
            #expect(try await keeper.unfinished().compactMap(\.trigger.due) == [.after(40)], "\(overlap)")
            try await keeper.endAll()
            try await keeper.pass()
            #expect(try await keeper.unfinished().compactMap(\.trigger.due) == [.after(30)], "\(overlap)")
        }
    }

    @Test func `one that cannot be read does not stop the others`() async throws {
        let keeper = try await keeper("allow")
        _ = try await keeper.put("bad", ["every": "10s", "command": ["/bin/true"]])
        try await keeper.damage("bad")
        try await keeper.pass(after: 10)
        #expect(try await keeper.fires().count == 2)
        #expect(try await keeper.fires("bad").map(\.outcome) == [.refused])
        let listed = try await keeper.control.schedules(after: nil, limit: 1, rights: .all)
        #expect(listed.map(\.schedule.name) == ["tick"])
        try await keeper.pass(after: 10)
        #expect(try await keeper.fires("bad").count == 1)
    }

    @Test func `ends of runs are told while the queue is looked at`() async throws {
        let told = Mutex<[Bool]>([])
        let desk = Mutex<ScheduleDesk?>(nil)
        let keeper = try Timekeeper(disk: {
            // Asked for each run that is made, those of the queue included.
            if let mayQueue = desk.withLock({ $0 })?.mayQueue { told.withLock { $0.append(mayQueue) } }
            return DiskState(free: 1 << 40, total: 1 << 41)
        })
        _ = try await keeper.put(["every": "10s", "command": ["/bin/true"], "overlap": "queue"])
        for _ in 0..<3 { try await keeper.pass(after: 10) }
        try await keeper.endAll()
        desk.withLock { $0 = keeper.control.schedules }
        try await keeper.pass()
        #expect(told.withLock { $0 } == [true])
        #expect(keeper.control.schedules.mayQueue, "one waits still")
        for _ in 0..<2 {
            try await keeper.endAll()
            try await keeper.pass()
        }
        #expect(!keeper.control.schedules.mayQueue)
    }

    @Test func `one waits at most where the latest counts`() async throws {
        let keeper = try await keeper("latest")
        for _ in 0..<3 { try await keeper.pass(after: 10) }
        #expect(try await keeper.fires().map(\.outcome) == [.running, .skipped, .skipped, .queued])
        try await keeper.end(try await keeper.fires()[0].run)
        try await keeper.pass()
        #expect(try await keeper.fires().map(\.outcome) == [.succeeded, .skipped, .skipped, .running])
    }

    @Test func `what waits already is not skipped because others hold its key`() async throws {
        let keeper = try Timekeeper(works: [KeyedWork()])
        _ = try await keeper.put(["every": "10s", "work": ["keyed": [:]], "missed": "all"])
        try await keeper.pass(after: 3600)
        let waiting = try await keeper.fires().count { $0.outcome == .queued }
        #expect(waiting > 300)
        // Between two of them somebody else takes the key.
        try await keeper.endAll()
        _ = try await keeper.control.submit(
            Submission(
                work: .inline(Job(inline: ["/bin/true"])), key: KeyedWork.key, trigger: Trigger(source: "test"),
                rights: .all))
        try await keeper.pass()
        #expect(try await keeper.fires().count { $0.outcome == .queued } == waiting)
        try await keeper.endAll()
        try await keeper.pass()
        #expect(try await keeper.fires().count { $0.outcome == .queued } == waiting - 1)
    }

    @Test(arguments: ["queue", "latest", "skip", "replace", "allow"])
    func `a run of others that holds the key is a run of before`(overlap: String) async throws {
        let keeper = try Timekeeper(works: [KeyedWork()])
        let job = Job(inline: ["/bin/true"])
        let other = try await keeper.control.submit(
            Submission(work: .inline(job), key: KeyedWork.key, trigger: Trigger(source: "test"), rights: .all))
        _ = try await keeper.put(["every": "10s", "work": ["keyed": [:]], "overlap": .string(overlap)])
        try await keeper.pass(after: 10)
        let expected: [String: FireOutcome] = ["queue": .queued, "latest": .queued, "skip": .skipped]
        let fire = try #require(try await keeper.fires().first)
        #expect(fire.outcome == expected[overlap] ?? .refused && fire.run == nil)
        #expect(fire.why?.contains("\(other.ids[0])") == true)
        guard fire.outcome == .queued else { return }
        try await keeper.pass()
        #expect(try await keeper.fires().map(\.outcome) == [.queued], "its key is held still")
        #expect(keeper.control.schedules.mayQueue)
        try await keeper.endAll()
        try await keeper.pass()
        let released = try #require(try await keeper.fires().first)
        #expect(released.outcome == .running && released.run != nil && released.number == fire.number)
    }
}

private struct KeyedWork: WorkSource {
    static let key = "volume:a"
    let name = "keyed"

    func submission(
        for request: JSONValue, trigger: Trigger, rights: Rights, in control: Control
    ) async throws -> Submission {
        Submission(work: .inline(Job(inline: ["/bin/true"])), key: Self.key, trigger: trigger, rights: rights)
    }
}

extension Job {
    fileprivate init(inline command: [String]) {
        self.init(
            name: "keyed",
            tasks: [TaskSpec(name: "main", driver: "command", spec: ["command": .array(command.map { .string($0) })])])
    }
}
