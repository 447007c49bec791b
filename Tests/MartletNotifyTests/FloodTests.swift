import Foundation
import Logging
import MartletCore
import MartletStore
import MartletTesting
import Synchronization
import Testing

@testable import MartletEngine

/// Ten thousand events, a robot with a limit, and a server that dies now and then.
@Suite struct FloodTests {
    /// Counts as a platform does: by when a message arrives. Times are the manual clock's.
    private final class Platform: NoticeChannel {
        struct State {
            var arrivals: [Date] = []
            var mutedUntil = Date.distantPast
            var told: [Int64: Int] = [:]
            var unmarked: [Int64] = []
            var tooMany = 0
            var random = SeededRandom(seed: 7)
        }

        let facts = NoticeChannelFacts(
            name: "ops", kind: "dingtalk", target: "", perMinute: 20, rules: [NoticeRule(on: [.always])])
        let pace = NoticePace(perMinute: 20, mostInDigest: 100)
        let clock: ManualClock
        let state = Mutex(State())

        init(_ clock: ManualClock) { self.clock = clock }

        func send(_ message: NoticeMessage) async throws(DeliveryFailure) {
            let failure = state.withLock { state -> DeliveryFailure? in
                let fate = Int.random(in: 0..<100, using: &state.random)
                // It arrives somewhere within the time that the call takes.
                clock.advance(seconds: Double.random(in: 0...3, using: &state.random))
                if fate < 5 { return DeliveryFailure("no connection") }
                arrive(message, &state)
                clock.advance(seconds: Double.random(in: 0...3, using: &state.random))
                return fate < 10 ? DeliveryFailure("no answer", mayHaveArrived: true) : nil
            }
            if let failure { throw failure }
        }

        /// A message whose sender died before it heard of it.
        func arrived(_ message: NoticeMessage) { state.withLock { arrive(message, &$0) } }

        private func arrive(_ message: NoticeMessage, _ state: inout State) {
            let now = clock.now
            state.arrivals.append(now)
            if state.arrivals.filter({ now.timeIntervalSince($0) < 60 }).count > 20 { state.tooMany += 1 }
            for notice in message.notices {
                if state.told[notice.number] != nil, !notice.mayBeRepeated { state.unmarked.append(notice.number) }
                state.told[notice.number, default: 0] += 1
            }
        }
    }

    @Test func `none is lost, and none is over the limit`() async throws {
        let clock = ManualClock()
        let platform = Platform(clock)
        let directory = FileManager.default.temporaryDirectory.appending(path: "flood-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        let desk = NoticeDesk(NoticePolicy(channels: [platform.facts]))
        let store = try SQLiteStore(directory: directory, now: { clock.now }, notices: desk)
        let events = 10_000
        try await owe(events, store, clock)
        let started = clock.now
        var messages = 0
        var seed = SeededRandom(seed: 11)
        var queue = Self.queue(store, desk, clock)
        loop: while messages < 20_000 {
            if Int.random(in: 0..<10, using: &seed) == 0 {
                try await die(store, platform, clock)
                queue = Self.queue(store, desk, clock)
            }
            switch try await queue.step(platform) {
            case .sent, .failed: messages += 1
            case .wait(nil): break loop
            case .wait(let until?), .hold(let until):
                clock.advance(seconds: max(0.001, until.timeIntervalSince(clock.now)))
            }
        }
        let state = platform.state.withLock { $0 }
        #expect(state.told.count == events)
        #expect(state.tooMany == 0)
        #expect(state.unmarked.isEmpty)
        let left = try await store.noticeChannelStates(at: clock.now)["ops"]?.waiting ?? 0
        #expect(left == 0)
        let minutes = clock.now.timeIntervalSince(started) / 60
        print("\(events) events in \(state.arrivals.count) messages within \(Int(minutes)) minutes of the robot's time")
        #expect(minutes < 60)
    }

    private static func queue(_ store: SQLiteStore, _ desk: NoticeDesk, _ clock: ManualClock) -> ChannelQueue {
        ChannelQueue(store: store, desk: desk, now: { clock.now }, random: { 0.5 })
    }

    /// The server is killed between a claim and its settling; half of the messages arrived.
    private func die(_ store: SQLiteStore, _ platform: Platform, _ clock: ManualClock) async throws {
        guard case .send(let taken) = try await store.claimNotices(of: "ops", pace: platform.pace, at: clock.now) else {
            return
        }
        if taken[0].number.isMultiple(of: 2) { platform.arrived(NoticeMessage(taken)) }
        #expect(try await store.recoverNotices(at: clock.now) == taken.count)
    }

    /// Runs that were stopped before they started: the shortest way to an end.
    private func owe(_ count: Int, _ store: SQLiteStore, _ clock: ManualClock) async throws {
        var ids = RunIDSequence()
        let now = clock.now
        let job = Job(tasks: [TaskSpec(name: "t", spec: [:])])
        for _ in 0..<count / 500 {
            let runs = (0..<500).map { _ in
                Run(
                    id: ids.next(at: now, random: .random(in: .min ... .max)), job: job, params: [:], key: nil,
                    labels: [:],
                    trigger: Trigger(source: "test"), createdAt: now)
            }
            _ = try await store.insert(runs.map { NewRun(run: $0) }, idempotency: nil)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for run in runs {
                    group.addTask { _ = try await store.update(run.id) { Update(try $0.apply(.stop(.user), at: now)) } }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func `a throttled robot is left alone for ten minutes, also by a server that starts anew`() async throws {
        let clock = ManualClock()
        let directory = FileManager.default.temporaryDirectory.appending(path: "mute-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        let muted = Scripted { _ in DeliveryFailure("code 130101", isThrottled: true) }
        let desk = NoticeDesk(NoticePolicy(channels: [muted.facts]))
        let store = try SQLiteStore(directory: directory, now: { clock.now }, notices: desk)
        _ = try await store.addTestNotice(to: "ops", id: "1", at: clock.now)
        var queue = Self.queue(store, desk, clock)
        #expect(try await queue.step(muted) == .failed(DeliveryFailure("code 130101", isThrottled: true)))
        clock.advance(seconds: 599)
        let again = Scripted { _ in nil }
        queue = Self.queue(store, desk, clock)
        #expect(try await queue.step(again) == .wait(until: clock.now.addingTimeInterval(1)))
        _ = try await store.addTestNotice(to: "ops", id: "2", at: clock.now)
        #expect(try await queue.step(again) == .hold(until: clock.now.addingTimeInterval(1)))
        clock.advance(seconds: 1)
        #expect(try await queue.step(again) == .sent)
        #expect(desk.deliveries["ops"] == [.throttled: 1, .sent: 1])
    }

    @Test func `what came of a message is stored, however long the disk is full`() async throws {
        let clock = ManualClock()
        let directory = FileManager.default.temporaryDirectory.appending(path: "full-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        let sent = Mutex(0)
        let channel = Scripted { _ in
            sent.withLock { $0 += 1 }
            return nil
        }
        let desk = NoticeDesk(NoticePolicy(channels: [channel.facts]))
        let store = try SQLiteStore(directory: directory, now: { clock.now }, notices: desk)
        let full = FullStore(store, failures: 3)
        let notice = try await store.addTestNotice(to: "ops", id: "1", at: clock.now)
        let troubles = Mutex(0)
        var queue = ChannelQueue(
            store: full, desk: desk, now: { clock.now }, onTrouble: { _ in troubles.withLock { $0 += 1 } })
        #expect(try await queue.step(channel) == .sent)
        #expect(try await store.notice(notice.number)?.state == .sent)
        #expect(troubles.withLock { $0 } == 3 && sent.withLock { $0 } == 1)
    }

    @Test func `a message goes to the channel as it is configured by then, and to none that is gone`() async throws {
        let clock = ManualClock()
        let directory = FileManager.default.temporaryDirectory.appending(path: "reload-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        let told = Mutex<[String]>([])
        func channel(_ what: String, _ name: String = "ops") -> Scripted {
            Scripted(name) { _ in
                told.withLock { $0.append(what) }
                return what == "wrong token" ? DeliveryFailure("code 300001") : nil
            }
        }
        let desk = NoticeDesk()
        let store = try SQLiteStore(directory: directory, now: { clock.now }, notices: desk)
        for number in 0..<3 { _ = try await store.addTestNotice(to: "ops", id: "\(number)", at: clock.now) }
        let notifier = Notifier(
            store: store, desk: desk, channels: [channel("wrong token")], now: { clock.now },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let service = Task { await notifier.run() }
        defer { service.cancel() }
        try await reached { try await store.noticeChannelStates(at: clock.now)["ops"]?.heldUntil != nil }
        // The clock stands still: without the release nothing more would be sent.
        notifier.replace([channel("right token")])
        try await reached { told.withLock { $0.count } >= 3 }
        #expect(told.withLock { $0 } == ["wrong token", "right token", "right token"])
        notifier.replace([channel("another", "other")])
        for name in ["ops", "other"] { _ = try await store.addTestNotice(to: name, id: name, at: clock.now) }
        desk.ring()
        try await reached { told.withLock { $0.count } >= 4 }
        #expect(told.withLock { $0.dropFirst(3) } == ["another"])
        // The one that failed, whose next try is not due, and the one that came when nobody was there.
        #expect(try await store.noticeChannelStates(at: clock.now)["ops"]?.waiting == 2)
    }

    private func reached(_ condition: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while try await !condition() {
            guard ContinuousClock.now < deadline else { throw MartletError(.internal, "it did not come to that") }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    @Test func `a channel that never works is given up, with the reason`() async throws {
        let clock = ManualClock()
        let directory = FileManager.default.temporaryDirectory.appending(path: "dead-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        let dead = Scripted { _ in DeliveryFailure("no connection") }
        let desk = NoticeDesk(NoticePolicy(channels: [dead.facts]))
        let store = try SQLiteStore(directory: directory, now: { clock.now }, notices: desk)
        let notice = try await store.addTestNotice(to: "ops", id: "1", at: clock.now)
        var queue = Self.queue(store, desk, clock)
        var tries = 0
        loop: while true {
            switch try await queue.step(dead) {
            case .failed: tries += 1
            case .sent, .wait(nil): break loop
            case .wait(let until?), .hold(let until):
                clock.advance(seconds: max(0.001, until.timeIntervalSince(clock.now)))
            }
        }
        let last = try #require(try await store.notice(notice.number))
        #expect(last.state == .gaveUp && last.error == "no connection" && last.attempts == tries)
        #expect((40...60).contains(tries))
        #expect(clock.now.timeIntervalSince(notice.createdAt) <= 86_400)
        #expect(try await store.retryNotice(notice.number, at: clock.now).state == .waiting)
        #expect(try await queue.step(Scripted { _ in nil }) != .wait(until: nil))
    }
}

/// A store that cannot write what came of the first messages.
private final class FullStore: NoticeQueue, NoticeLedger {
    private let store: SQLiteStore
    private let failures: Mutex<Int>

    init(_ store: SQLiteStore, failures: Int) {
        self.store = store
        self.failures = Mutex(failures)
    }

    func settle(_ notices: [Notice], _ result: NoticeResult, at now: Date) async throws -> [Int64] {
        let fails = failures.withLock { left in
            left -= 1
            return left >= 0
        }
        if fails { throw MartletError(.unavailable, "the disk is full") }
        return try await store.settle(notices, result, at: now)
    }

    func recoverNotices(at now: Date) async throws -> Int { try await store.recoverNotices(at: now) }
    func claimNotices(of channel: String, pace: NoticePace, at now: Date) async throws -> NoticeClaim {
        try await store.claimNotices(of: channel, pace: pace, at: now)
    }
    func releaseNotices() async throws { try await store.releaseNotices() }
    func expireNotices(at now: Date) async throws -> [String] { try await store.expireNotices(at: now) }
    func notices(_ query: NoticeQuery) async throws -> [Notice] { try await store.notices(query) }
    func notice(_ number: Int64) async throws -> Notice? { try await store.notice(number) }
    func noticeParts(of cause: String, limit: Int) async throws -> [NoticePart] {
        try await store.noticeParts(of: cause, limit: limit)
    }
    func addTestNotice(to channel: String, id: String, at now: Date) async throws -> Notice {
        try await store.addTestNotice(to: channel, id: id, at: now)
    }
    func retryNotice(_ number: Int64, at now: Date) async throws -> Notice {
        try await store.retryNotice(number, at: now)
    }
    func deleteNotices(before: Date, limit: Int) async throws -> Int {
        try await store.deleteNotices(before: before, limit: limit)
    }
    func noticeChannelStates(at now: Date) async throws -> [String: NoticeChannelState] {
        try await store.noticeChannelStates(at: now)
    }
}

/// A channel that answers as a test says.
final class Scripted: NoticeChannel {
    let facts: NoticeChannelFacts
    let pace = NoticePace(perMinute: 20, mostInDigest: 100)
    private let answer: @Sendable (NoticeMessage) -> DeliveryFailure?

    init(_ name: String = "ops", _ answer: @escaping @Sendable (NoticeMessage) -> DeliveryFailure?) {
        facts = NoticeChannelFacts(name: name, kind: "dingtalk", target: "", perMinute: 20, rules: [])
        self.answer = answer
    }

    func send(_ message: NoticeMessage) async throws(DeliveryFailure) {
        if let failure = answer(message) { throw failure }
    }
}
