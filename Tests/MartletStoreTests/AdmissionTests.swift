import Foundation
import GRDB
import MartletCore
import Testing

@testable import MartletStore

@Suite struct AdmissionTests {
    private func insert(
        _ fixture: StoreFixture, _ otherwise: Admission.Otherwise, most: Int = 1, job: String = "j",
        key: String? = nil
    ) async throws -> Inserted {
        let run = NewRun(run: fixture.run(job: job), admission: Admission(mostUnfinished: most, otherwise: otherwise))
        return try await fixture.store.insert([run], idempotency: key.map { IdempotencyRecord(key: $0, body: []) })
    }

    @Test func `a run too many is recorded as one that never ran`() async throws {
        let fixture = try StoreFixture()
        _ = try await insert(fixture, .refuse)
        let id = try await insert(fixture, .refuse).ids[0]
        let run = try #require(try await fixture.store.run(id))
        #expect(run.state == .cancelled && run.outcome == .skipped && run.attempt == 0)
        #expect(run.reason == .busy(job: "j", unfinished: 1))
        #expect(try await fixture.claim().count == 1, "it is not there to be claimed")
        #expect(try await fixture.store.events(of: id, after: 0, limit: 10).map(\.to) == [.pending, .cancelled])
    }

    @Test func `runs that ended and runs of other jobs do not count`() async throws {
        let fixture = try StoreFixture()
        try await fixture.ended(fixture.run(job: "j"))
        try await fixture.insert(fixture.run(job: "other"))
        let id = try await insert(fixture, .refuse).ids[0]
        #expect(try await fixture.store.run(id)?.state == .pending)
    }

    @Test func `a joining submission gets the newest run that is not over`() async throws {
        let fixture = try StoreFixture()
        try await fixture.insert(fixture.run(job: "j"))
        let newest = try await fixture.insert(fixture.run(job: "j", at: StoreFixture.start.addingTimeInterval(1)))
        let joined = try await insert(fixture, .join, most: 2, key: "again")
        #expect(joined.ids == [newest] && !joined.replayed)
        let replayed = try await insert(fixture, .join, most: 2, key: "again")
        #expect(replayed.ids == [newest] && replayed.replayed, "the record holds the run that was joined")
        #expect(try await fixture.claim(at: StoreFixture.start.addingTimeInterval(2)).count == 2)
    }

    @Test func `a refusal is not kept for the idempotency key`() async throws {
        let fixture = try StoreFixture()
        let first = try await insert(fixture, .refuse).ids[0]
        let refused = try await insert(fixture, .refuse, key: "k")
        try await fixture.apply(.stop(.user), to: first)
        let accepted = try await insert(fixture, .refuse, key: "k")
        #expect(!accepted.replayed && accepted.ids != refused.ids)
        #expect(try await fixture.store.run(accepted.ids[0])?.state == .pending)
        #expect(try await insert(fixture, .refuse, key: "k").ids == accepted.ids)
    }

    @Test func `of a hundred submissions at once exactly the admitted number runs`() async throws {
        let fixture = try StoreFixture()
        let ids = try await withThrowingTaskGroup(of: RunID.self) { group in
            for _ in 0..<100 { group.addTask { try await insert(fixture, .refuse, most: 7).ids[0] } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        var states: [RunState: Int] = [:]
        for id in ids { states[try #require(try await fixture.store.run(id)).state, default: 0] += 1 }
        #expect(states == [.pending: 7, .cancelled: 93])
    }

    @Test func `counting for an admission walks the job's index`() throws {
        let fixture = try StoreFixture()
        let plan = try fixture.outside { db in
            try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + SQLiteStore.fullSQL, arguments: ["j", 1])
                .map { $0["detail"] as String }
        }
        #expect(!plan.contains { $0.contains("TEMP B-TREE") }, "\(plan)")
        #expect(plan.contains { $0.contains("USING COVERING INDEX runs_job (job=? AND state=?)") }, "\(plan)")
    }
}

@Suite struct AliasTests {
    private func insert(_ fixture: StoreFixture, _ alias: String, _ facade: String = "scripts") async throws -> RunID {
        let run = fixture.run(job: "j")
        let new = NewRun(run: run, aliases: [RunAlias(facade: facade, alias: alias)])
        return try await fixture.store.insert([new], idempotency: nil).ids[0]
    }

    @Test func `aliases of one facade are listed while their runs are young enough`() async throws {
        let fixture = try StoreFixture()
        let old = try await insert(fixture, "old")
        try await fixture.apply(.stop(.user), to: old, at: StoreFixture.start.addingTimeInterval(-100))
        let ended = try await insert(fixture, "ended")
        try await fixture.apply(.stop(.user), to: ended)
        let live = try await insert(fixture, "live")
        _ = try await insert(fixture, "foreign", "other")
        let since = StoreFixture.start.addingTimeInterval(-50)
        let found = try await fixture.store.aliases(facade: "scripts", endedAfter: since)
        #expect(found.map(\.alias) == ["live", "ended"])
        #expect(found.map(\.run) == [live, ended])
        #expect(try await fixture.store.alias(of: old, facade: "scripts") == "old")
        #expect(try await fixture.store.alias(of: old, facade: "other") == nil)
    }

    @Test func `the list of aliases scans neither runs nor aliases`() throws {
        let fixture = try StoreFixture()
        let plan = try fixture.outside { db in
            try Row.fetchAll(
                db, sql: "EXPLAIN QUERY PLAN " + SQLiteStore.aliasesSQL, arguments: ["facade": "f", "since": 1]
            ).map { $0["detail"] as String }
        }
        #expect(plan.allSatisfy { !$0.hasPrefix("SCAN runs") && !$0.hasPrefix("SCAN a") }, "\(plan)")
        #expect(plan.contains { $0.contains("runs_ended") } && plan.contains { $0.contains("run_aliases_run") })
    }
}
