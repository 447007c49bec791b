import Foundation
import GRDB
import MartletCore
import Testing

@testable import MartletStore

@Suite struct Retention {
    let fixture: StoreFixture
    var store: SQLiteStore { fixture.store }
    let start = StoreFixture.start
    init() throws { fixture = try StoreFixture() }

    @Test func `old runs expire, failed ones later`() async throws {
        let good = try await fixture.ended(fixture.run())
        let bad = try await fixture.ended(fixture.run(), code: 1)
        try await fixture.insert(fixture.run())
        let policy = RetentionPolicy(age: .seconds(100), failedFactor: 3)
        let expired = { [store, start] (seconds: Int64) in
            try await store.expired(under: policy, at: start.adding(.seconds(seconds)), limit: 10)
        }
        #expect(try await expired(100) == [])
        #expect(try await expired(101) == [good])
        #expect(try await expired(300) == [good])
        #expect(try await expired(301) == [good, bad])
    }

    @Test func `a job keeps its newest runs, live ones not counted`() async throws {
        var ids: [RunID] = []
        for number in 0..<12 {
            ids.append(try await fixture.ended(fixture.run(job: "a"), code: Int32(number % 2)))
            if number % 2 == 0 { try await fixture.ended(fixture.run(job: "b")) }
            try await fixture.ended(fixture.run())
        }
        try await fixture.insert(fixture.run(job: "a"))
        let policy = RetentionPolicy(runsPerJob: 8)
        #expect(try await store.expired(under: policy, at: start, limit: 100) == Array(ids.prefix(4)))
        #expect(try await store.expired(under: policy, at: start, limit: 3) == Array(ids.prefix(3)))
    }

    @Test func `deleting a run takes all that belongs to it, and only ended runs`() async throws {
        let run = fixture.run(job: "a", labels: ["x": "y"])
        let new = NewRun(
            run: run, secrets: ["S": Secret("abcdef")], groups: [GroupMembership(group: "g", batch: "b")],
            aliases: [RunAlias(facade: "f", alias: "z")])
        _ = try await store.insert([new], idempotency: nil)
        let pending = try await fixture.insert(fixture.run())
        try await store.delete([run.id, pending])
        #expect(try await store.run(run.id) != nil)
        try await fixture.apply(.claim, to: run.id)
        let exit = TaskExit(ending: .exited(code: 0), endedAt: start, logBytes: 40)
        try await fixture.apply(.taskFinished(exit, Verdict(.ok)), to: run.id)
        #expect(try await store.oldestEnded(limit: 5).map(\.logBytes) == [40])
        #expect(try await store.logBytes() == 40)
        try await store.delete([run.id, pending])
        #expect(try await store.run(run.id) == nil)
        #expect(try await store.run(pending) != nil)
        #expect(try await store.logBytes() == 0)
        #expect(try await store.resolve(alias: "z", facade: "f") == nil)
        for table in ["run_inputs", "run_groups", "run_labels", "run_aliases", "run_attempts", "events"] {
            let left = try fixture.outside { db in
                try Row.fetchAll(db, sql: "SELECT run FROM \(table)").map { try RunID(blob: $0[0]) }
            }
            #expect(!left.contains(run.id), "\(table)")
        }
    }

    @Test func `the oldest end comes first`() async throws {
        var expected: [RunID] = []
        for offset in [5, 1, 3] {
            expected.append(
                try await fixture.ended(
                    fixture.run(), code: Int32(offset % 3), at: start.adding(.seconds(Int64(offset)))))
        }
        #expect(try await store.oldestEnded(limit: 2).map(\.id) == [expected[1], expected[2]])
    }

    @Test func `many runs are deleted while others write`() async throws {
        var ids: [RunID] = []
        for _ in 0..<200 { ids.append(try await fixture.ended(fixture.run())) }
        let (fixture, store, old) = (fixture, store, ids)
        async let deleting: Void = store.delete(old)
        for _ in 0..<50 { try await fixture.insert(fixture.run()) }
        try await deleting
        #expect(try await store.runs(RunQuery()).items.count == 50)
    }
}

@Suite struct Jobs {
    @Test func `a job's version rises with each change and guards it`() async throws {
        let fixture = try StoreFixture()
        let (store, start) = (fixture.store, StoreFixture.start)
        var job = fixture.run(job: "nightly").job
        #expect(try await store.put(job, source: "api", ifVersion: 0, at: start).version == 1)
        #expect(try await store.put(job, source: "api", ifVersion: nil, at: start.adding(.seconds(9))).version == 1)
        let same = job
        #expect(await code { _ = try await store.put(same, source: "api", ifVersion: 0, at: start) } == .conflict)
        job.description = "every night"
        let second = try await store.put(job, source: "nightly.yaml", ifVersion: 1, at: start)
        #expect(second.version == 2)
        #expect(try await store.job("nightly") == second)
        #expect(await code { _ = try await store.deleteJob("nightly", ifVersion: 1) } == .conflict)
        #expect(try await store.deleteJob("nightly", ifVersion: 2))
        #expect(try await !store.deleteJob("nightly", ifVersion: nil))
        #expect(try await store.job("nightly") == nil)
    }

    @Test func `jobs are listed by name and need one`() async throws {
        let fixture = try StoreFixture()
        let store = fixture.store
        for name in ["c", "a", "d", "b"] {
            _ = try await store.put(fixture.run(job: name).job, source: "api", ifVersion: nil, at: StoreFixture.start)
        }
        #expect(try await store.jobs(after: nil, limit: 3).map(\.job.name) == ["a", "b", "c"])
        #expect(try await store.jobs(after: "c", limit: 3).map(\.job.name) == ["d"])
        let inline = fixture.run().job
        #expect(
            await code { _ = try await store.put(inline, source: "api", ifVersion: nil, at: StoreFixture.start) }
                == .invalid)
    }
}
