import Foundation
import MartletCore
import Testing

@testable import MartletStore

@Suite struct Runs {
    let fixture: StoreFixture
    var store: SQLiteStore { fixture.store }
    let start = StoreFixture.start
    init() throws { fixture = try StoreFixture() }

    @Test func `events of runs that were never claimed can be passed over`() async throws {
        let fixture = try StoreFixture()
        let ids = [try await fixture.ended(fixture.run()), try await fixture.insert(fixture.run())]
        let (events, upTo) = try await fixture.store.startedEvents(after: 0, limit: 10)
        #expect(events.map(\.to) == [.running, .succeeded] && Set(events.map(\.run)) == [ids[0]])
        #expect(try await upTo == fixture.store.eventRange()?.upperBound)
        let first = try await fixture.store.startedEvents(after: 0, limit: 1)
        #expect(first.events == [events[0]] && first.upTo == events[0].number)
        let none = try await fixture.store.startedEvents(after: upTo, limit: 10)
        #expect(none.events.isEmpty && none.upTo == upTo)
    }

    @Test func `a run is read back as it was written`() async throws {
        let retry = RetryPolicy(limit: 3, delay: .seconds(2))
        let run = fixture.run(job: "nightly", key: "k", labels: ["env": "prod \"x\" \n 中文"], retry: retry)
        try await fixture.insert(run)
        #expect(try await store.run(run.id) == run)
        let handle = TaskHandle(bootID: "boot", keeperPID: 7, keeperStart: .max, protocolVersion: 1)
        var expected = run
        for command in [RunCommand.claim, .taskStarted(handle), .taskFinished(failedExit, Verdict(.exit, note: "no"))] {
            _ = try expected.apply(command, at: start)
            #expect(try await fixture.apply(command, to: run.id) == expected)
            #expect(try await store.run(run.id) == expected)
        }
        #expect(expected.state == .pending)
    }

    private var failedExit: TaskExit {
        TaskExit(ending: .exited(code: 3), startedAt: start, endedAt: start, logBytes: 5, warnings: ["slow"])
    }

    @Test func `every kind of ending survives the database`() async throws {
        let endings: [TaskExit.Ending] = [
            .exited(code: 9), .signalled(15), .spawnFailed(stage: "exec", errno: 2), .unkillable(pids: [1, 2]),
        ]
        for ending in endings {
            let run = fixture.run()
            try await fixture.insert(run)
            try await fixture.apply(.claim, to: run.id)
            let exit = TaskExit(ending: ending, endedAt: start)
            let ended = try await fixture.apply(.taskFinished(exit, Verdict(.exit)), to: run.id)
            #expect(try await store.run(run.id) == ended)
            #expect(try await store.attempts(of: run.id).map(\.exit) == [exit])
            #expect(try await store.events(of: run.id, after: 0, limit: 9).last?.reason == ended.reason)
        }
    }

    @Test func `a report is stored without an event`() async throws {
        let id = try await fixture.insert(fixture.run())
        try await fixture.apply(.claim, to: id)
        let updated = try await store.update(id) { run in
            run.report.progress = 0.25
            run.report.results = ["rows": 12, "ratio": .double(0.1), "deep": ["a": [.null, true]]]
            return Update(reportChanged: true)
        }
        #expect(try await store.run(id) == updated)
        #expect(updated.version == 3)
        #expect(try await store.events(of: id, after: 0, limit: 10).count == 2)
    }

    @Test func `notes become events`() async throws {
        let id = try await fixture.insert(fixture.run())
        _ = try await store.update(id) { _ in Update(notes: ["half way", "nearly"]) }
        let events = try await store.events(of: id, after: 0, limit: 10)
        #expect(events.map(\.note) == [nil, "half way", "nearly"])
        #expect(events.map(\.kind) == [.created, .note, .note])
        #expect(events == fixture.seenEvents)
    }

    @Test func `what an update's body throws is thrown and nothing is stored`() async throws {
        struct Refusal: Error {}
        let id = try await fixture.insert(fixture.run())
        await #expect(throws: Refusal.self) {
            _ = try await store.update(id) { run in
                _ = try run.apply(.claim, at: StoreFixture.start)
                throw Refusal()
            }
        }
        await #expect(throws: IllegalTransition.self) { try await fixture.apply(.resume, to: id) }
        #expect(try await store.run(id)?.state == .pending)
        #expect(try await store.run(id)?.version == 1)
        #expect(try await store.events(of: id, after: 0, limit: 10).count == 1)
    }

    @Test func `an empty update writes nothing and an unknown run is not found`() async throws {
        let id = try await fixture.insert(fixture.run())
        #expect(try await store.update(id) { _ in Update() }.version == 1)
        let unknown = fixture.id()
        #expect(await code { try await fixture.apply(.claim, to: unknown) } == .notFound)
        #expect(try await store.run(unknown) == nil)
    }

    @Test func `a batch is stored whole or not at all`() async throws {
        try await fixture.insert(fixture.run(key: "taken"))
        let batch = [fixture.run(), fixture.run(labels: ["a": "b"]), fixture.run(key: "taken")]
        let record = IdempotencyRecord(key: "once", body: [1])
        let (store, before) = (store, fixture.seenEvents.count)
        #expect(
            await code { _ = try await store.insert(batch.map { NewRun(run: $0) }, idempotency: record) } == .conflict)
        #expect(try await store.runs(RunQuery()).items.count == 1)
        #expect(fixture.seenEvents.count == before)
        let inserted = try await store.insert([NewRun(run: fixture.run())], idempotency: record)
        #expect(!inserted.replayed)
    }

    @Test func `a repeated submission is answered with the first runs`() async throws {
        let record = IdempotencyRecord(key: "once", body: [1, 2])
        let runs = [fixture.run(), fixture.run()]
        let first = try await store.insert(runs.map { NewRun(run: $0) }, idempotency: record)
        let second = try await store.insert([NewRun(run: fixture.run())], idempotency: record)
        #expect(first == Inserted(ids: runs.map(\.id), replayed: false))
        #expect(second == Inserted(ids: runs.map(\.id), replayed: true))
        let (store, other) = (store, IdempotencyRecord(key: "once", body: [1, 3]))
        let run = fixture.run()
        #expect(await code { _ = try await store.insert([NewRun(run: run)], idempotency: other) } == .mismatch)
        #expect(try await store.runs(RunQuery()).items.count == 2)
        try await store.deleteIdempotency(before: start.adding(.seconds(1)))
        #expect(try await !store.insert([NewRun(run: run)], idempotency: other).replayed)
    }

    @Test func `one of many concurrent submissions gets a key`() async throws {
        let fixture = fixture
        let codes = await withTaskGroup(of: MartletError.Code?.self) { group in
            for _ in 0..<64 {
                group.addTask { await code { try await fixture.insert(fixture.run(key: "lock")) } }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes.filter { $0 == nil }.count == 1)
        #expect(codes.filter { $0 == .conflict }.count == 63)
    }

    @Test func `a conflict names the run and the key`() async throws {
        let holder = try await fixture.insert(fixture.run(key: "deploy"))
        do {
            try await fixture.insert(fixture.run(key: "deploy"))
            Issue.record("the key was given twice")
        } catch let error as MartletError {
            #expect(error.message.contains(holder.description))
            #expect(error.message.contains("deploy"))
        }
        try await fixture.apply(.stop(.user), to: holder)
        try await fixture.insert(fixture.run(key: "deploy"))
    }

    @Test func `a survivor of KILL keeps the key until it is released`() async throws {
        let id = try await fixture.insert(fixture.run(key: "disk"))
        try await fixture.apply(.claim, to: id)
        let exit = TaskExit(ending: .unkillable(pids: [99]), endedAt: start)
        try await fixture.apply(.taskFinished(exit, Verdict(.unkillable)), to: id)
        let fixture = fixture
        #expect(await code { try await fixture.insert(fixture.run(key: "disk")) } == .conflict)
        #expect(try await store.unkillableRuns().map(\.id) == [id])
        try await store.delete([id])
        #expect(try await store.run(id) != nil)
        try await store.releaseKeys(of: [id, fixture.id()])
        #expect(try await store.unkillableRuns().isEmpty)
        try await fixture.insert(fixture.run(key: "disk"))
    }

    @Test func `groups and aliases find their run`() async throws {
        let run = fixture.run()
        let groups = [GroupMembership(group: "g", batch: "1"), GroupMembership(group: "h", batch: "2")]
        let new = NewRun(run: run, groups: groups, aliases: [RunAlias(facade: "jobs", alias: "abc")])
        _ = try await store.insert([new], idempotency: nil)
        #expect(try await store.groups(of: run.id) == groups)
        #expect(try await store.resolve(alias: "abc", facade: "jobs") == run.id)
        #expect(try await store.resolve(alias: "abc", facade: "scripts") == run.id)
        #expect(try await store.resolve(alias: run.id.description, facade: "jobs") == run.id)
        #expect(try await store.resolve(alias: "abd", facade: "jobs") == nil)
        let (store, second) = (store, NewRun(run: fixture.run(), aliases: new.aliases))
        #expect(await code { _ = try await store.insert([second], idempotency: nil) } == .conflict)
        let elsewhere = NewRun(run: fixture.run(), aliases: [RunAlias(facade: "scripts", alias: "abc")])
        _ = try await store.insert([elsewhere], idempotency: nil)
        #expect(try await store.resolve(alias: "abc", facade: "scripts") == elsewhere.run.id)
        #expect(try await store.resolve(alias: "abc", facade: "backups") == nil)
    }

    @Test func `the last ten attempts are kept in full`() async throws {
        let retry = RetryPolicy(limit: 100, delay: .seconds(0), backoff: .constant)
        let id = try await fixture.insert(fixture.run(retry: retry))
        for _ in 0..<13 {
            try await fixture.apply(.claim, to: id)
            try await fixture.apply(.taskFinished(failedExit, Verdict(.exit)), to: id)
        }
        #expect(try await store.attempts(of: id).map(\.attempt) == Array(4...13))
        #expect(try await store.logBytes() == 65)
    }
}
