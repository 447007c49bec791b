import Foundation
import GRDB
import MartletCore
import Synchronization
import Testing

@testable import MartletStore

/// What the transaction that ends a run owes.
@Suite struct OutboxTests {
    private static func fixture(_ rules: [NoticeRule] = [NoticeRule(on: [.always])], channels: [String] = ["ops"])
        throws
        -> StoreFixture
    {
        let facts = channels.map {
            NoticeChannelFacts(name: $0, kind: "webhook", target: "", perMinute: nil, rules: rules)
        }
        return try StoreFixture(notices: NoticeDesk(NoticePolicy(channels: facts)))
    }

    private func all(_ fixture: StoreFixture) async throws -> [Notice] {
        try await fixture.store.notices(NoticeQuery())
    }

    /// Inserts runs as one submission of a group.
    private func batch(_ runs: [Run], _ batch: String, _ fixture: StoreFixture)
        async throws
    {
        let new = runs.map { NewRun(run: $0, groups: [GroupMembership(group: "nightly", batch: batch)]) }
        _ = try await fixture.store.insert(new, idempotency: nil)
    }

    private func end(_ run: Run, code: Int32 = 0, _ fixture: StoreFixture) async throws {
        let exit = TaskExit(ending: .exited(code: code), endedAt: StoreFixture.start, logBytes: 0)
        try await fixture.apply(.taskFinished(exit, Verdict(code == 0 ? .ok : .exit)), to: run.id)
    }

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
        let fixture = try Self.fixture()
        let runs = [fixture.run(job: "a"), fixture.run(job: "b")]
        try await batch(runs, "1", fixture)
        _ = try await fixture.claim()
        try await end(runs[0], fixture)
        try await DatabaseQueue(path: fixture.databasePath).write { db in
            try db.execute(sql: "UPDATE notice_parts SET part = '{', work = '{'")
        }
        try await end(runs[1], fixture)
        #expect(try await fixture.store.run(runs[1].id)?.state == .succeeded)
        let notes = try await fixture.store.events(of: runs[1].id, after: 0, limit: 10).compactMap(\.note)
        #expect(notes.count == 1 && notes.first?.hasPrefix("nobody was told of this end") == true)
        #expect(try await all(fixture).isEmpty)
        let parts = try fixture.outside { try Int.fetchOne($0, sql: "SELECT count(*) FROM notice_parts") }
        #expect(parts == 1, "nothing half done is left")
    }

    @Test func `an ended run owes one notice to each channel that wants it`() async throws {
        let fixture = try Self.fixture([NoticeRule(on: [.failed])], channels: ["a", "b"])
        try await fixture.ended(fixture.run(job: "good"))
        let id = try await fixture.ended(fixture.run(job: "nightly"), code: 3)
        let notices = try await all(fixture)
        #expect(notices.map(\.channel).sorted() == ["a", "b"])
        #expect(notices.allSatisfy { $0.cause == "run \(id)" && $0.content.title == "告警:nightly failed" })
        #expect(try await fixture.store.noticeParts(of: "run \(id)", limit: 9).map(\.run) == [id])
        var query = NoticeQuery()
        query.run = id
        #expect(try await fixture.store.notices(query).count == 2)
    }

    // cache-load contract §5 case 44, F3
    @Test func `a batch is told once, after its last run`() async throws {
        let fixture = try Self.fixture()
        let runs = (0..<5).map { _ in fixture.run() }
        try await batch(runs, "b1", fixture)
        _ = try await fixture.claim()
        for run in runs.dropLast() { try await end(run, fixture) }
        #expect(try await all(fixture).isEmpty)
        try await end(runs[4], code: 1, fixture)
        let notices = try await all(fixture)
        #expect(notices.map(\.cause) == ["batch b1 nightly"] && notices.map(\.batch) == ["b1"])
        #expect(notices.first?.content.title == "告警:command notallsuccess for task nightly")
        #expect(notices.first?.content.end?.runs == 5 && notices.first?.content.end?.failed == 1)
        #expect(try await fixture.store.noticeParts(of: "batch b1 nightly", limit: 99).map(\.state).first == .failed)
    }

    @Test func `ends at the same moment owe one notice`() async throws {
        let fixture = try Self.fixture()
        let batches = (0..<20).map { "b\($0)" }
        var runs: [Run] = []
        for name in batches {
            let members = (0..<8).map { _ in fixture.run() }
            try await batch(members, name, fixture)
            runs += members
        }
        _ = try await fixture.claim()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for run in runs.shuffled() { group.addTask { try await end(run, code: 1, fixture) } }
            try await group.waitForAll()
        }
        #expect(try await all(fixture).map(\.cause).sorted() == batches.map { "batch \($0) nightly" }.sorted())
    }

    @Test func `a run in two batches is told in both`() async throws {
        let fixture = try Self.fixture()
        let (shared, other) = (fixture.run(), fixture.run())
        let first = GroupMembership(group: "a", batch: "b1"), second = GroupMembership(group: "b", batch: "b2")
        let new = [NewRun(run: shared, groups: [first, second]), NewRun(run: other, groups: [second])]
        _ = try await fixture.store.insert(new, idempotency: nil)
        _ = try await fixture.claim()
        try await end(shared, fixture)
        #expect(try await all(fixture).map(\.cause) == ["batch b1 a"])
        try await end(other, fixture)
        let causes = try await all(fixture).map(\.cause)
        #expect(causes == ["batch b2 b", "batch b1 a"])
        #expect(try await fixture.store.noticeParts(of: "batch b2 b", limit: 9).count == 2)
    }

    @Test func `a submission whose runs are refused at once is told once, and not before its last`() async throws {
        let fixture = try Self.fixture()
        try await fixture.insert(fixture.run(job: "one"))
        let admission = Admission(mostUnfinished: 1, otherwise: .refuse)
        let member = GroupMembership(group: "g", batch: "b1")
        let new = (0..<3).map { _ in NewRun(run: fixture.run(job: "one"), groups: [member], admission: admission) }
        _ = try await fixture.store.insert(new, idempotency: nil)
        let notices = try await all(fixture)
        #expect(notices.count == 1 && notices.first?.content.end?.runs == 3)
        #expect(notices.first?.content.title == "通知:one cancelled for task g")
    }

    @Test func `runs that ended before there were channels are told of, too`() async throws {
        let desk = NoticeDesk()
        let fixture = try StoreFixture(notices: desk)
        let runs = (0..<3).map { _ in fixture.run() }
        try await batch(runs, "b1", fixture)
        _ = try await fixture.claim()
        try await end(runs[0], code: 1, fixture)
        desk.replace([NoticeChannelFacts(name: "ops", kind: "mail", target: "", perMinute: nil, rules: [NoticeRule()])])
        try await end(runs[1], fixture)
        try await end(runs[2], fixture)
        #expect(try await all(fixture).first?.content.end?.runs == 3)
    }

    @Test func `a job recovers, once`() async throws {
        let fixture = try Self.fixture([NoticeRule(on: [.recovered])])
        for code: Int32 in [0, 3, 3, 0, 0] { try await fixture.ended(fixture.run(job: "nightly"), code: code) }
        let notices = try await all(fixture)
        #expect(notices.map(\.content.title) == ["通知:nightly success (已恢复)"])
    }

    @Test func `a group recovers by its own verdicts`() async throws {
        let fixture = try Self.fixture([NoticeRule(on: [.recovered])])
        for (name, code): (String, Int32) in [("b1", 1), ("b2", 0), ("b3", 0)] {
            let run = fixture.run()
            try await batch([run], name, fixture)
            _ = try await fixture.claim()
            try await end(run, code: code, fixture)
        }
        #expect(try await all(fixture).map(\.cause) == ["batch b2 nightly"])
    }

    @Test func `what a job owes to a channel that is not there is given up with a record`() async throws {
        let fixture = try Self.fixture([])
        let job = Job(
            name: "nightly", tasks: [TaskSpec(name: "main", spec: [:])],
            notify: [NotifyRule(on: [.failed], channel: "gone"), NotifyRule(on: [.failed], channel: "ops")])
        let run = Run(
            id: fixture.id(), job: job, params: [:], key: nil, labels: [:], trigger: Trigger(source: "test"),
            createdAt: StoreFixture.start)
        try await fixture.ended(run, code: 3)
        let notices = try await all(fixture)
        #expect(notices.map { "\($0.channel) \($0.state)" }.sorted() == ["gone gaveUp", "ops waiting"])
        #expect(notices.first { $0.channel == "gone" }?.error == "there is no channel gone")
    }

    @Test func `a change that is not stored owes nothing`() async throws {
        let fixture = try Self.fixture()
        let run = fixture.run()
        try await fixture.insert(run)
        await #expect(throws: MartletError.self) {
            _ = try await fixture.store.writer.write { scope in
                var ended = run
                let change = try ended.apply(.stop(.user), at: StoreFixture.start)
                try fixture.store.store(ended, after: run, Update(change), &scope)
                try fixture.store.owe(&scope)
                throw MartletError(.internal, "no")
            }
        }
        #expect(try await all(fixture).isEmpty)
        #expect(try await fixture.store.run(run.id)?.state == .pending)
    }

    @Test func `secrets do not reach what is told`() async throws {
        let fixture = try Self.fixture()
        let run = Run(
            id: fixture.id(), job: Job(name: "nightly-hunter2secret", tasks: [TaskSpec(name: "main", spec: [:])]),
            params: [:], key: nil, labels: [:], trigger: Trigger(source: "test"), createdAt: StoreFixture.start,
            secretNames: ["PASSWORD"])
        _ = try await fixture.store.insert(
            [NewRun(run: run, secrets: ["PASSWORD": Secret("hunter2secret")])], idempotency: nil)
        _ = try await fixture.claim()
        try await end(run, code: 1, fixture)
        #expect(try await all(fixture).map(\.content.title) == ["告警:nightly-••• failed"])
    }

    @Test func `settled notices are forgotten with what they tell, waiting ones are not`() async throws {
        let fixture = try Self.fixture([NoticeRule(on: [.failed])], channels: ["a", "b"])
        let id = try await fixture.ended(fixture.run(job: "nightly"), code: 3)
        guard
            case .send(let taken) = try await fixture.store.claimNotices(
                of: "a", pace: NoticePace(), at: StoreFixture.start)
        else { throw MartletError(.internal, "nothing is due") }
        _ = try await fixture.store.settle(taken, .sent, at: StoreFixture.start)
        let later = StoreFixture.start.adding(.seconds(86_400))
        #expect(try await fixture.store.deleteNotices(before: StoreFixture.start, limit: 10) == 0)
        #expect(try await fixture.store.deleteNotices(before: later, limit: 10) == 1)
        #expect(try await all(fixture).map(\.channel) == ["b"])
        #expect(try await fixture.store.noticeParts(of: "run \(id)", limit: 9).count == 1)
        _ = try await fixture.store.expireNotices(at: later)
        #expect(
            try await all(fixture).first?.error == "it waited for a day: its channel was held, or had too much to send")
        #expect(try await fixture.store.deleteNotices(before: later.adding(.seconds(1)), limit: 10) == 1)
        #expect(try await fixture.store.noticeParts(of: "run \(id)", limit: 9).isEmpty)
    }

    @Test func `groups of one submission are told each by itself`() async throws {
        let fixture = try Self.fixture([
            NoticeRule(on: [.failed], groups: [try #require(NamePattern("a"))])
        ])
        let runs = (0..<4).map { _ in fixture.run() }
        let new = runs.enumerated().map { index, run in
            NewRun(run: run, groups: [GroupMembership(group: index < 2 ? "a" : "b", batch: "b1")])
        }
        _ = try await fixture.store.insert(new, idempotency: nil)
        _ = try await fixture.claim()
        // The failed group is not the one of the run that ends last.
        try await end(runs[0], code: 1, fixture)
        #expect(try await all(fixture).isEmpty)
        try await end(runs[1], fixture)
        let notices = try await all(fixture)
        #expect(notices.map(\.content.title) == ["告警:command notallsuccess for task a"])
        #expect(notices.first?.content.end?.runs == 2)
        for run in runs[2...] { try await end(run, fixture) }
        #expect(try await all(fixture).count == 1)
        let verdicts = try fixture.outside { db in
            try Row.fetchAll(db, sql: "SELECT subject, is_good FROM notice_verdicts ORDER BY subject").map {
                "\($0[0] as String) \($0[1] as Bool)"
            }
        }
        #expect(verdicts == ["group a false", "group b true"])
    }

    @Test func `a rule finds its work among any number of others`() async throws {
        let fixture = try Self.fixture([
            NoticeRule(on: [.always], jobs: [try #require(NamePattern("job-0*"))]),
            NoticeRule(on: [.always], jobs: [try #require(NamePattern("wanted"))]),
        ])
        for (batch, name) in [("b1", "wanted"), ("b2", "unwanted")] {
            let runs = [fixture.run(job: name)] + (1..<120).map { fixture.run(job: "job-\($0)") }
            try await self.batch(runs.shuffled(), batch, fixture)
            for run in runs { try await fixture.apply(.stop(.user), to: run.id) }
        }
        let notices = try await all(fixture)
        #expect(notices.map(\.batch) == ["b1"])
        #expect(notices.first?.content.end?.works.count == NoticeEnd.mostWorks + 1)
    }

    @Test func `a run that joins a batch late keeps it from being told`() async throws {
        let fixture = try Self.fixture()
        let runs = (0..<4).map { _ in fixture.run() }
        try await batch(Array(runs[..<3]), "b1", fixture)
        // The newest first: the second end looks below what was unfinished before.
        try await fixture.apply(.stop(.user), to: runs[2].id)
        try await batch([runs[3]], "b1", fixture)
        for run in runs[..<2].reversed() { try await fixture.apply(.stop(.user), to: run.id) }
        #expect(try await all(fixture).isEmpty)
        try await fixture.apply(.stop(.user), to: runs[3].id)
        #expect(try await all(fixture).first?.content.end?.runs == 4)
    }

    @Test func `what a large batch tells is forgotten piece by piece`() async throws {
        let fixture = try Self.fixture()
        let runs = (0..<25).map { _ in fixture.run() }
        try await batch(runs, "b1", fixture)
        for run in runs { try await fixture.apply(.stop(.user), to: run.id) }
        let later = StoreFixture.start.adding(.seconds(86_400))
        #expect(try await fixture.store.expireNotices(at: later) == ["ops"])
        func parts() throws -> Int? {
            try fixture.outside { try Int.fetchOne($0, sql: "SELECT count(*) FROM notice_parts") }
        }
        for left in [15, 5] {
            #expect(try await fixture.store.deleteNotices(before: later.adding(.seconds(1)), limit: 1) == 1)
            #expect(try parts() == left)
            #expect(try await all(fixture).count == 1)
        }
        #expect(try await fixture.store.deleteNotices(before: later.adding(.seconds(1)), limit: 1) == 1)
        #expect(try parts() == 0)
        #expect(try await all(fixture).isEmpty)
        #expect(try await fixture.store.deleteNotices(before: later.adding(.seconds(1)), limit: 1) == 0)
    }

    @Test func `a notice that is too old says why`() async throws {
        let desk = NoticeDesk()
        let fixture = try StoreFixture(notices: desk)
        let facts = ["kept", "gone"].map {
            NoticeChannelFacts(
                name: $0, kind: "mail", target: "", perMinute: nil, rules: [NoticeRule(on: [.always])])
        }
        desk.replace(facts)
        try await fixture.ended(fixture.run(job: "nightly"))
        desk.replace([facts[0]])
        _ = try await fixture.store.expireNotices(at: StoreFixture.start.adding(.seconds(86_400)))
        let errors = Dictionary(uniqueKeysWithValues: try await all(fixture).map { ($0.channel, $0.error) })
        #expect(errors["gone"] == "its channel is not configured")
        #expect(errors["kept"] == "it waited for a day: its channel was held, or had too much to send")
    }

    @Test func `a COMMIT wakes the channels that it owes to`() async throws {
        let fixture = try Self.fixture(channels: ["a"])
        let (owed, other) = (fixture.store.notices.rings(of: "a"), fixture.store.notices.rings(of: "b"))
        try await fixture.ended(fixture.run(job: "nightly"))
        #expect(await owed.first { _ in true } != nil)
        // What "b" got is only what rings for all.
        fixture.store.notices.ring(["b"])
        let heard = Mutex(0)
        let listener = Task {
            for await _ in other {
                heard.withLock { $0 += 1 }
                return
            }
        }
        await listener.value
        #expect(heard.withLock { $0 } == 1)
    }

    @Test func `a clock that was set back silences no channel`() async throws {
        let fixture = try Self.fixture([NoticeRule(on: [.failed])])
        let store = fixture.store
        let pace = NoticePace(perMinute: 2, mostInDigest: 1)
        let before = StoreFixture.start.adding(.seconds(86_400))
        for number in 0..<4 { _ = try await store.addTestNotice(to: "ops", id: "\(number)", at: before) }
        for _ in 0..<2 {
            guard case .send(let taken) = try await store.claimNotices(of: "ops", pace: pace, at: before) else {
                throw MartletError(.internal, "nothing is due")
            }
            let hold = NoticeHold(until: before.adding(.seconds(600)), isMute: true)
            _ = try await store.settle(
                taken,
                taken[0].number == 1
                    ? .sent : .retry(until: hold.until, error: "", mayHaveArrived: false, holding: hold),
                at: before)
        }
        // A day back: ten minutes of the mute, then all of it goes out within the limit.
        var now = StoreFixture.start
        guard case .hold(let until) = try await store.claimNotices(of: "ops", pace: pace, at: now) else {
            throw MartletError(.internal, "it is not held")
        }
        #expect(until == now.adding(.seconds(600)))
        now = until
        var sent = 0
        loop: while sent < 9, now < until.adding(.seconds(300)) {
            switch try await store.claimNotices(of: "ops", pace: pace, at: now) {
            case .send(let taken):
                _ = try await store.settle(taken, .sent, at: now)
                sent += taken.count
            case .hold(let next), .wait(let next?): now = max(next, now.adding(.seconds(1)))
            case .wait(nil): break loop
            }
        }
        #expect(sent == 3)
    }

    @Test func `by hand a hold ends, and a mute does not`() async throws {
        let fixture = try Self.fixture([])
        let store = fixture.store
        let now = StoreFixture.start
        for isMute in [false, true] {
            _ = try await store.addTestNotice(to: "ops", id: "1 \(isMute)", at: now)
            guard case .send(let taken) = try await store.claimNotices(of: "ops", pace: NoticePace(), at: now) else {
                throw MartletError(.internal, "nothing is due")
            }
            let hold = NoticeHold(until: now.adding(.seconds(300)), isMute: isMute)
            _ = try await store.settle(
                taken, .retry(until: hold.until, error: "no", mayHaveArrived: false, holding: hold), at: now)
            #expect(try await store.noticeChannelStates(at: now)["ops"]?.heldUntil == hold.until)
            _ = try await store.retryNotice(taken[0].number, at: now)
            #expect(try await store.noticeChannelStates(at: now)["ops"]?.heldUntil == (isMute ? hold.until : nil))
            try await store.releaseNotices()
            #expect(try await store.noticeChannelStates(at: now)["ops"]?.heldUntil == (isMute ? hold.until : nil))
        }
    }

    @Test func `no listing of the ledger scans it`() async throws {
        let fixture = try Self.fixture()
        try await fixture.store.read { db in
            for combination in 1..<16 {
                var query = NoticeQuery()
                if combination & 1 != 0 { query.channel = "ops" }
                if combination & 2 != 0 { query.state = .sent }
                if combination & 4 != 0 { query.group = "g" }
                if combination & 8 != 0 { query.run = RunID(high: 1, low: 1) }
                let (sql, arguments) = SQLiteStore.listing(query)
                let plan = try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + sql, arguments: arguments).map {
                    $0["detail"] as String
                }
                #expect(!plan.contains { $0.hasPrefix("SCAN notices") || $0.hasPrefix("SCAN notice_parts") }, "\(plan)")
            }
            for sql in [SQLiteStore.dueSQL, SQLiteStore.nextDueSQL] {
                let plan = try Row.fetchAll(
                    db, sql: "EXPLAIN QUERY PLAN " + sql.replacing("?", with: "NULL")
                ).map { $0["detail"] as String }
                #expect(!plan.contains { $0.hasPrefix("SCAN") || $0.contains("TEMP B-TREE") }, "\(plan)")
            }
        }
    }
}
