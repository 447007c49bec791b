import Foundation
import GRDB
import MartletCore
import Testing

@testable import MartletStore

@Suite struct NomadStoreTests {
    private let now = StoreFixture.start
    private let canary = "a password that nobody may see"

    private func draft(_ id: String = "j", _ content: String = "{}", _ password: String? = nil) -> NomadJobDraft {
        NomadJobDraft(
            id: id, type: .batch, content: content,
            secrets: password.map { ["TaskGroups[0].Password": Secret($0)] } ?? [:])
    }

    private func uuid() -> String { UUID().uuidString.lowercased() }

    private func register(
        _ fixture: StoreFixture, _ draft: NomadJobDraft, enforcing: NomadEnforcement = .none
    ) async throws -> NomadRegistered {
        try await fixture.store.register(
            nomad: draft, enforcing: enforcing, evaluation: uuid(), cause: .jobRegister, at: now)
    }

    /// One allocation of the job with one run, as a decision places it.
    private func decision(_ fixture: StoreFixture, _ registered: NomadRegistered) async throws -> NomadDecision {
        let round = try await fixture.store.nomadSituations(
            [registered.job.id], waiting: 0, within: .none, at: now, limit: 10)
        let situation = try #require(round.situations.first { $0.jobID == registered.job.id })
        var decision = NomadDecision(jobID: situation.jobID, revision: situation.revision, owed: situation.owed)
        var allocation = NomadAllocation(
            id: uuid(), edition: NomadJobEdition(registered.job), type: .batch, group: "g", slot: 0,
            evaluationID: registered.evaluation?.id ?? "", nodeID: "n", ask: NomadResources(cpu: 100, memory: 10),
            tasks: [
                NomadTask(
                    name: "t", ask: .none,
                    restart: NomadRestartRule(attempts: 0, interval: 0, delay: 0, mode: .fail))
            ], at: now.nanoseconds)
        let run = fixture.run(labels: [NomadLabel.allocation: allocation.id])
        allocation.tasks[0].run = run.id
        decision.placed = [allocation]
        decision.runs = [NewRun(run: run)]
        decision.isSettled = true
        return decision
    }

    @Test func `the same again is the same version, and six versions are listed`() async throws {
        let fixture = try StoreFixture()
        let first = try await register(fixture, draft("j", "{}", canary))
        let same = try await register(fixture, draft("j", "{}", canary))
        #expect(same.job.version == 0 && same.job.jobModifyIndex == first.job.jobModifyIndex)
        #expect(same.evaluation?.id != first.evaluation?.id)
        let other = try await register(fixture, draft("j", "{}", "another password"))
        #expect(other.job.version == 1 && other.job.jobModifyIndex > first.job.jobModifyIndex)
        for number in 2...8 { _ = try await register(fixture, draft("j", "{\"n\":\(number)}")) }
        #expect(try await fixture.store.nomadVersions(of: "j").map(\.version) == [8, 7, 6, 5, 4, 3])
        let edition = NomadJobEdition(job: "j", created: first.job.createIndex, version: 1)
        #expect(try await fixture.store.nomadContent(of: edition) == nil)
        // A stop is a version with the same passwords, once; registered again it is another one.
        for _ in 0..<2 {
            _ = try await fixture.store.deregister(nomad: "j", purge: false, evaluation: uuid(), at: now)
        }
        let stopped = try #require(try await fixture.store.nomadJob("j")).job
        #expect(stopped.isStopped && stopped.version == 9)
        let content = try await fixture.store.nomadContent(of: NomadJobEdition(stopped))
        #expect(content?.version.content == "{\"n\":8}" && content?.secrets == [:])
        #expect(try await register(fixture, draft("j", "{\"n\":8}", canary)).job.version == 10)
        _ = try await fixture.store.deregister(nomad: "j", purge: false, evaluation: uuid(), at: now)
        let sealed = try #require(try await fixture.store.nomadJob("j")).job
        #expect(try await fixture.store.nomadContent(of: NomadJobEdition(sealed))?.secrets.isEmpty == false)
    }

    @Test func `passwords are sealed, and come back only with their version`() async throws {
        let fixture = try StoreFixture()
        let registered = try await register(fixture, draft("j", "{}", canary))
        let content = try #require(try await fixture.store.nomadContent(of: NomadJobEdition(registered.job)))
        #expect(content.secrets == ["TaskGroups[0].Password": Secret(canary)])
        let rows = try fixture.outside { try Row.fetchAll($0, sql: "SELECT * FROM nomad_versions") }
        #expect(!rows.description.contains(canary))
    }

    @Test func `who enforces an index is refused by another`() async throws {
        let fixture = try StoreFixture()
        await #expect(throws: NomadClash.absent) { try await register(fixture, draft(), enforcing: .index(7)) }
        let first = try await register(fixture, draft(), enforcing: .index(0))
        await #expect(throws: NomadClash.exists) { try await register(fixture, draft(), enforcing: .index(0)) }
        await #expect(throws: NomadClash.conflict(actual: first.job.jobModifyIndex)) {
            try await register(fixture, draft("j", "{\"n\":1}"), enforcing: .index(first.job.jobModifyIndex + 1))
        }
        #expect(try await fixture.store.nomadVersions(of: "j").count == 1)
    }

    @Test func `two who decide from the same cannot both`() async throws {
        let fixture = try StoreFixture()
        let registered = try await register(fixture, draft())
        let (one, other) = (try await decision(fixture, registered), try await decision(fixture, registered))
        try await fixture.store.decide(nomad: one, at: now)
        await #expect(throws: NomadClash.moved) { try await fixture.store.decide(nomad: other, at: now) }
        #expect(try await fixture.store.nomadAllocations(.job("j"), withHistory: false).items.count == 1)
        // Nothing of the other is there, its run neither.
        #expect(try await fixture.store.run(other.runs[0].run.id) == nil)
        let round = try await fixture.store.nomadSituations([], waiting: 0, within: .none, at: now, limit: 10)
        #expect(round.situations.isEmpty && round.used == NomadResources(cpu: 100, memory: 10))
    }

    @Test func `what becomes of a run changes its allocation in the same transaction`() async throws {
        let fixture = try StoreFixture()
        let registered = try await register(fixture, draft())
        let decision = try await decision(fixture, registered)
        try await fixture.store.decide(nomad: decision, at: now)
        let run = decision.runs[0].run.id
        func indexes() async throws -> (allocation: Int64, list: Int64) {
            let list = try await fixture.store.nomadAllocations(.job("j"), withHistory: false)
            return (list.items[0].record.modifyIndex, list.index)
        }
        let placed = try await indexes()
        #expect(placed.allocation == placed.list)
        try await fixture.apply(.claim, to: run)
        let claimed = try await indexes()
        #expect(claimed.allocation > placed.allocation && claimed.list == claimed.allocation)
        let exit = TaskExit(ending: .exited(code: 0), endedAt: now)
        try await fixture.apply(.taskFinished(exit, Verdict(.ok)), to: run)
        let ended = try await indexes()
        #expect(ended.allocation > claimed.allocation)
        let record = try await fixture.store.nomadAllocations(.job("j"), withHistory: false).items[0]
        #expect(record.facts.clientStatus == .complete && record.record.allocModifyIndex < ended.allocation)
        // The end is owed a decision, and gives the room back.
        let round = try await fixture.store.nomadSituations([], waiting: 0, within: .none, at: now, limit: 10)
        #expect(round.situations.map(\.jobID) == ["j"] && round.used == .none)
        // Retention takes the run, not what became of it.
        try await fixture.store.delete([run])
        let kept = try await fixture.store.nomadAllocations(.job("j"), withHistory: true).items[0]
        #expect(kept.facts.clientStatus == .complete && kept.tasks[0].run == nil)
    }

    @Test func `a label alone makes no allocation`() async throws {
        let fixture = try StoreFixture()
        let before = try await fixture.store.nomadIndexes()
        try await fixture.ended(fixture.run(labels: [NomadLabel.allocation: uuid()]))
        #expect(try await fixture.store.nomadIndexes() == before)
    }

    @Test func `an index never falls`() async throws {
        let fixture = try StoreFixture()
        _ = try await register(fixture, draft())
        await #expect(throws: (any Error).self) {
            try await fixture.store.pool.write { try $0.execute(sql: "UPDATE nomad_state SET value = 1") }
        }
    }

    @Test func `garbage keeps what tells that work is done`() async throws {
        let fixture = try StoreFixture()
        let registered = try await register(fixture, draft())
        let decision = try await decision(fixture, registered)
        try await fixture.store.decide(nomad: decision, at: now)
        let later = now.adding(.seconds(10))
        let old = now.adding(.seconds(-10))
        func collect(jobs: Date, rest: Date) async throws -> Int {
            try await fixture.store.collect(
                nomad: NomadHorizon(jobs: jobs, evaluations: rest, allocations: rest), limit: 100)
        }
        #expect(try await collect(jobs: later, rest: later) == 0)
        try await fixture.apply(.claim, to: decision.runs[0].run.id)
        let exit = TaskExit(ending: .exited(code: 0), endedAt: now)
        try await fixture.apply(.taskFinished(exit, Verdict(.ok)), to: decision.runs[0].run.id)
        // Until it is decided on, and until the job goes, the allocation stays.
        #expect(try await collect(jobs: old, rest: later) == 0)
        let round = try await fixture.store.nomadSituations([], waiting: 0, within: .none, at: now, limit: 10)
        var last = NomadDecision(
            jobID: "j", revision: round.situations[0].revision, owed: round.situations[0].owed)
        last.evaluations = round.situations[0].open.map { open in
            var open = open
            open.status = .complete
            return open
        }
        last.isSettled = true
        try await fixture.store.decide(nomad: last, at: now)
        #expect(try await collect(jobs: old, rest: later) == 0)
        #expect(try await collect(jobs: later, rest: later) > 0)
        #expect(try await fixture.store.nomadJobs(prefix: "").items.isEmpty)
        #expect(try await fixture.store.nomadAllocations(.prefix(""), withHistory: false).items.isEmpty)
    }
}
