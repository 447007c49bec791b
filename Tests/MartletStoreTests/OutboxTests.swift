import Foundation
import GRDB
import MartletCore
import Synchronization
import Testing

@testable import MartletStore

/// What the transaction that ends a run owes.
@Suite struct OutboxTests {
    @Test func `without channels nothing is read or written`() async throws {
        let fixture = try StoreFixture()
        try await fixture.ended(fixture.run(job: "nightly"), code: 3)
        let counts = try fixture.outside { db in
            try ["notices", "notice_parts", "notice_verdicts"].map {
                try Int.fetchOne(db, sql: "SELECT count(*) FROM \($0)")
            }
        }
        #expect(counts == [0, 0, 0])
    }

    @Test func `an outbox that cannot be read keeps no run from ending, and is told`() async throws {
        let fixture = try StoreFixture.owing()
        let runs = [fixture.run(job: "a"), fixture.run(job: "b")]
        try await fixture.insert(runs, batch: "1")
        _ = try await fixture.claim()
        try await fixture.end(runs[0])
        try await DatabaseQueue(path: fixture.databasePath).write { db in
            try db.execute(sql: "UPDATE notice_parts SET part = '{', work = '{'")
        }
        try await fixture.end(runs[1])
        #expect(try await fixture.store.run(runs[1].id)?.state == .succeeded)
        let notes = try await fixture.store.events(of: runs[1].id, after: 0, limit: 10).compactMap(\.note)
        #expect(notes.count == 1 && notes.first?.hasPrefix("nobody was told of this end") == true)
        #expect(try await fixture.allNotices().isEmpty)
        let parts = try fixture.outside { try Int.fetchOne($0, sql: "SELECT count(*) FROM notice_parts") }
        #expect(parts == 1, "nothing half done is left")
    }

    @Test func `an ended run owes one notice to each channel that wants it`() async throws {
        let fixture = try StoreFixture.owing([NoticeRule(on: [.failed])], channels: ["a", "b"])
        try await fixture.ended(fixture.run(job: "good"))
        let id = try await fixture.ended(fixture.run(job: "nightly"), code: 3)
        let notices = try await fixture.allNotices()
        #expect(notices.map(\.channel).sorted() == ["a", "b"])
        #expect(notices.allSatisfy { $0.cause == "run \(id)" && $0.content.title == "告警:nightly failed" })
        #expect(try await fixture.store.noticeParts(of: "run \(id)", limit: 9).map(\.run) == [id])
        var query = NoticeQuery()
        query.run = id
        #expect(try await fixture.store.notices(query).count == 2)
    }

    // cache-load contract §5 case 44, F3
    @Test func `a batch is told once, after its last run`() async throws {
        let fixture = try StoreFixture.owing()
        let runs = (0..<5).map { _ in fixture.run() }
        try await fixture.insert(runs, batch: "b1")
        _ = try await fixture.claim()
        for run in runs.dropLast() { try await fixture.end(run) }
        #expect(try await fixture.allNotices().isEmpty)
        try await fixture.end(runs[4], code: 1)
        let notices = try await fixture.allNotices()
        #expect(notices.map(\.cause) == ["batch b1 nightly"] && notices.map(\.batch) == ["b1"])
        #expect(notices.first?.content.title == "告警:command notallsuccess for task nightly")
        #expect(notices.first?.content.end?.runs == 5 && notices.first?.content.end?.failed == 1)
        #expect(try await fixture.store.noticeParts(of: "batch b1 nightly", limit: 99).map(\.state).first == .failed)
    }

    @Test func `ends at the same moment owe one notice`() async throws {
        let fixture = try StoreFixture.owing()
        let batches = (0..<20).map { "b\($0)" }
        var runs: [Run] = []
        for name in batches {
            let members = (0..<8).map { _ in fixture.run() }
            try await fixture.insert(members, batch: name)
            runs += members
        }
        _ = try await fixture.claim()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for run in runs.shuffled() { group.addTask { try await fixture.end(run, code: 1) } }
            try await group.waitForAll()
        }
        #expect(try await fixture.allNotices().map(\.cause).sorted() == batches.map { "batch \($0) nightly" }.sorted())
    }

    @Test func `a run in two batches is told in both`() async throws {
        let fixture = try StoreFixture.owing()
        let (shared, other) = (fixture.run(), fixture.run())
        let first = GroupMembership(group: "a", batch: "b1"), second = GroupMembership(group: "b", batch: "b2")
        let new = [NewRun(run: shared, groups: [first, second]), NewRun(run: other, groups: [second])]
        _ = try await fixture.store.insert(new, idempotency: nil)
        _ = try await fixture.claim()
        try await fixture.end(shared)
        #expect(try await fixture.allNotices().map(\.cause) == ["batch b1 a"])
        try await fixture.end(other)
        let causes = try await fixture.allNotices().map(\.cause)
        #expect(causes == ["batch b2 b", "batch b1 a"])
        #expect(try await fixture.store.noticeParts(of: "batch b2 b", limit: 9).count == 2)
    }

    @Test func `a submission whose runs are refused at once is told once, and not before its last`() async throws {
        let fixture = try StoreFixture.owing()
        try await fixture.insert(fixture.run(job: "one"))
        let admission = Admission(mostUnfinished: 1, otherwise: .refuse)
        let member = GroupMembership(group: "g", batch: "b1")
        let new = (0..<3).map { _ in NewRun(run: fixture.run(job: "one"), groups: [member], admission: admission) }
        _ = try await fixture.store.insert(new, idempotency: nil)
        let notices = try await fixture.allNotices()
        #expect(notices.count == 1 && notices.first?.content.end?.runs == 3)
        #expect(notices.first?.content.title == "通知:one cancelled for task g")
    }

    @Test func `runs that ended before there were channels are told of, too`() async throws {
        let desk = NoticeDesk()
        let fixture = try StoreFixture(notices: desk)
        let runs = (0..<3).map { _ in fixture.run() }
        try await fixture.insert(runs, batch: "b1")
        _ = try await fixture.claim()
        try await fixture.end(runs[0], code: 1)
        desk.replace([NoticeChannelFacts(name: "ops", kind: "mail", target: "", perMinute: nil, rules: [NoticeRule()])])
        try await fixture.end(runs[1])
        try await fixture.end(runs[2])
        #expect(try await fixture.allNotices().first?.content.end?.runs == 3)
    }

    @Test func `a job recovers, once`() async throws {
        let fixture = try StoreFixture.owing([NoticeRule(on: [.recovered])])
        for code: Int32 in [0, 3, 3, 0, 0] { try await fixture.ended(fixture.run(job: "nightly"), code: code) }
        let notices = try await fixture.allNotices()
        #expect(notices.map(\.content.title) == ["通知:nightly success (已恢复)"])
    }

    @Test func `a group recovers by its own verdicts`() async throws {
        let fixture = try StoreFixture.owing([NoticeRule(on: [.recovered])])
        for (name, code): (String, Int32) in [("b1", 1), ("b2", 0), ("b3", 0)] {
            let run = fixture.run()
            try await fixture.insert([run], batch: name)
            _ = try await fixture.claim()
            try await fixture.end(run, code: code)
        }
        #expect(try await fixture.allNotices().map(\.cause) == ["batch b2 nightly"])
    }

    @Test func `what a job owes to a channel that is not there is given up with a record`() async throws {
        let fixture = try StoreFixture.owing([])
        let job = Job(
            name: "nightly", tasks: [TaskSpec(name: "main", spec: [:])],
            notify: [NotifyRule(on: [.failed], channel: "gone"), NotifyRule(on: [.failed], channel: "ops")])
        let run = Run(
            id: fixture.id(), job: job, params: [:], key: nil, labels: [:], trigger: Trigger(source: "test"),
            createdAt: StoreFixture.start)
        try await fixture.ended(run, code: 3)
        let notices = try await fixture.allNotices()
        #expect(notices.map { "\($0.channel) \($0.state)" }.sorted() == ["gone gaveUp", "ops waiting"])
        #expect(notices.first { $0.channel == "gone" }?.error == "there is no channel gone")
    }

    @Test func `a change that is not stored owes nothing`() async throws {
        let fixture = try StoreFixture.owing()
        let run = fixture.run()
        try await fixture.insert(run)
        await #expect(throws: MartletError.self) {
            _ = try await fixture.store.writer.write { scope in
                var ended = run
                let change = try ended.apply(.stop(.user), at: StoreFixture.start)
                try fixture.store.store(ended, after: run, Update(change), &scope)
                try fixture.store.settle(&scope)
                throw MartletError(.internal, "no")
            }
        }
        #expect(try await fixture.allNotices().isEmpty)
        #expect(try await fixture.store.run(run.id)?.state == .pending)
    }

    @Test func `secrets do not reach what is told`() async throws {
        let fixture = try StoreFixture.owing()
        let run = Run(
            id: fixture.id(), job: Job(name: "nightly-hunter2secret", tasks: [TaskSpec(name: "main", spec: [:])]),
            params: [:], key: nil, labels: [:], trigger: Trigger(source: "test"), createdAt: StoreFixture.start,
            secretNames: ["PASSWORD"])
        _ = try await fixture.store.insert(
            [NewRun(run: run, secrets: ["PASSWORD": Secret("hunter2secret")])], idempotency: nil)
        _ = try await fixture.claim()
        try await fixture.end(run, code: 1)
        #expect(try await fixture.allNotices().map(\.content.title) == ["告警:nightly-••• failed"])
    }

    @Test func `settled notices are forgotten with what they tell, waiting ones are not`() async throws {
        let fixture = try StoreFixture.owing([NoticeRule(on: [.failed])], channels: ["a", "b"])
        let id = try await fixture.ended(fixture.run(job: "nightly"), code: 3)
        guard
            case .send(let taken) = try await fixture.store.claimNotices(
                of: "a", pace: NoticePace(), at: StoreFixture.start)
        else { throw MartletError(.internal, "nothing is due") }
        _ = try await fixture.store.settle(taken, .sent, at: StoreFixture.start)
        let later = StoreFixture.start.adding(.seconds(86_400))
        #expect(try await fixture.store.deleteNotices(before: StoreFixture.start, limit: 10) == 0)
        #expect(try await fixture.store.deleteNotices(before: later, limit: 10) == 1)
        #expect(try await fixture.allNotices().map(\.channel) == ["b"])
        #expect(try await fixture.store.noticeParts(of: "run \(id)", limit: 9).count == 1)
        _ = try await fixture.store.expireNotices(at: later)
        #expect(
            try await fixture.allNotices().first?.error
                == "it waited for a day: its channel was held, or had too much to send")
        #expect(try await fixture.store.deleteNotices(before: later.adding(.seconds(1)), limit: 10) == 1)
        #expect(try await fixture.store.noticeParts(of: "run \(id)", limit: 9).isEmpty)
    }

    @Test func `groups of one submission are told each by itself`() async throws {
        let fixture = try StoreFixture.owing([
            NoticeRule(on: [.failed], groups: [try #require(NamePattern("a"))])
        ])
        let runs = (0..<4).map { _ in fixture.run() }
        let new = runs.enumerated().map { index, run in
            NewRun(run: run, groups: [GroupMembership(group: index < 2 ? "a" : "b", batch: "b1")])
        }
        _ = try await fixture.store.insert(new, idempotency: nil)
        _ = try await fixture.claim()
        // The failed group is not the one of the run that ends last.
        try await fixture.end(runs[0], code: 1)
        #expect(try await fixture.allNotices().isEmpty)
        try await fixture.end(runs[1])
        let notices = try await fixture.allNotices()
        #expect(notices.map(\.content.title) == ["告警:command notallsuccess for task a"])
        #expect(notices.first?.content.end?.runs == 2)
        for run in runs[2...] { try await fixture.end(run) }
        #expect(try await fixture.allNotices().count == 1)
        let verdicts = try fixture.outside { db in
            try Row.fetchAll(db, sql: "SELECT subject, is_good FROM notice_verdicts ORDER BY subject").map {
                "\($0[0] as String) \($0[1] as Bool)"
            }
        }
        #expect(verdicts == ["group a false", "group b true"])
    }

    @Test func `a rule finds its work among any number of others`() async throws {
        let fixture = try StoreFixture.owing([
            NoticeRule(on: [.always], jobs: [try #require(NamePattern("job-0*"))]),
            NoticeRule(on: [.always], jobs: [try #require(NamePattern("wanted"))]),
        ])
        for (batch, name) in [("b1", "wanted"), ("b2", "unwanted")] {
            let runs = [fixture.run(job: name)] + (1..<120).map { fixture.run(job: "job-\($0)") }
            try await fixture.insert(runs.shuffled(), batch: batch)
            for run in runs { try await fixture.apply(.stop(.user), to: run.id) }
        }
        let notices = try await fixture.allNotices()
        #expect(notices.map(\.batch) == ["b1"])
        #expect(notices.first?.content.end?.works.count == NoticeEnd.mostWorks + 1)
    }

    @Test func `a run that joins a batch late keeps it from being told`() async throws {
        let fixture = try StoreFixture.owing()
        let runs = (0..<4).map { _ in fixture.run() }
        try await fixture.insert(Array(runs[..<3]), batch: "b1")
        // The newest first: the second end looks below what was unfinished before.
        try await fixture.apply(.stop(.user), to: runs[2].id)
        try await fixture.insert([runs[3]], batch: "b1")
        for run in runs[..<2].reversed() { try await fixture.apply(.stop(.user), to: run.id) }
        #expect(try await fixture.allNotices().isEmpty)
        try await fixture.apply(.stop(.user), to: runs[3].id)
        #expect(try await fixture.allNotices().first?.content.end?.runs == 4)
    }
}
