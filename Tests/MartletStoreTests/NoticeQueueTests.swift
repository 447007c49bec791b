import Foundation
import GRDB
import MartletCore
import Synchronization
import Testing

@testable import MartletStore

/// What becomes of owed notices: when they may go out, and when they are forgotten.
@Suite struct NoticeQueueTests {
    @Test func `what a large batch tells is forgotten piece by piece`() async throws {
        let fixture = try StoreFixture.owing()
        let runs = (0..<25).map { _ in fixture.run() }
        try await fixture.insert(runs, batch: "b1")
        for run in runs { try await fixture.apply(.stop(.user), to: run.id) }
        let later = StoreFixture.start.adding(.seconds(86_400))
        #expect(try await fixture.store.expireNotices(at: later) == ["ops"])
        func parts() throws -> Int? {
            try fixture.outside { try Int.fetchOne($0, sql: "SELECT count(*) FROM notice_parts") }
        }
        for left in [15, 5] {
            #expect(try await fixture.store.deleteNotices(before: later.adding(.seconds(1)), limit: 1) == 1)
            #expect(try parts() == left)
            #expect(try await fixture.allNotices().count == 1)
        }
        #expect(try await fixture.store.deleteNotices(before: later.adding(.seconds(1)), limit: 1) == 1)
        #expect(try parts() == 0)
        #expect(try await fixture.allNotices().isEmpty)
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
        let errors = Dictionary(uniqueKeysWithValues: try await fixture.allNotices().map { ($0.channel, $0.error) })
        #expect(errors["gone"] == "its channel is not configured")
        #expect(errors["kept"] == "it waited for a day: its channel was held, or had too much to send")
    }

    @Test func `a COMMIT wakes the channels that it owes to`() async throws {
        let fixture = try StoreFixture.owing(channels: ["a"])
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
        let fixture = try StoreFixture.owing([NoticeRule(on: [.failed])])
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
        let fixture = try StoreFixture.owing([])
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
        let fixture = try StoreFixture.owing()
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
