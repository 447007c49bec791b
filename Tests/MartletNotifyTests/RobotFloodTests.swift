import Foundation
import MartletCore
import MartletStore
import MartletTesting
import NIOCore
import Synchronization
import Testing

@testable import MartletEngine
@testable import MartletNotify

/// Ten thousand events for one robot behind HTTP, which answers slowly, wrongly, with the platform's codes, and not at all.
@Suite struct RobotFloodTests {
    /// What becomes of a request. Times are the manual clock's.
    private final class Platform: Sendable {
        enum Fate: CaseIterable { case taken, slow, garbled, silent, closed, broken, refused, throttled }

        struct State {
            var random = SeededRandom(seed: 5)
            var arrivals: [Date] = []
            var mutedUntil = Date.distantPast
            var fates: [Fate: Int] = [:]
            /// How often an event was taken.
            var told: [String: Int] = [:]
            /// Told again without a mark.
            var unmarked: [String] = []
            var tooMany = 0
            var whileMuted = 0
        }

        let clock: ManualClock
        let state = Mutex(State())

        init(_ clock: ManualClock) { self.clock = clock }

        func answer(_ request: FakeRobot.Request) -> FakeRobot.Answer {
            let fate = state.withLock { take(request, &$0) }
            switch fate {
            case .taken: return .ok
            case .slow: return .reply(200, #"{"errcode":0,"errmsg":"ok"}"#, after: 0.1)
            case .garbled: return .reply(200, "<html>welcome</html>")
            case .silent: return .hang
            case .closed: return .close
            case .broken: return .reply(502, "bad gateway")
            case .refused: return .reply(200, #"{"errcode":310000,"errmsg":"keywords not in content"}"#)
            case .throttled: return .reply(200, #"{"errcode":130101,"errmsg":"send too fast"}"#)
            }
        }

        private func take(_ request: FakeRobot.Request, _ state: inout State) -> Fate {
            let now = clock.now
            if now < state.mutedUntil { state.whileMuted += 1 }
            let number = Int.random(in: 0..<100, using: &state.random)
            let others = Fate.allCases.dropFirst()
            let drawn = number < 21 ? others[others.startIndex + number / 3] : .taken
            // Each silence costs the whole limit of an answer.
            let fate = drawn == .silent && state.fates[.silent, default: 0] >= 2 ? .closed : drawn
            state.fates[fate, default: 0] += 1
            state.arrivals.append(now)
            if state.arrivals.filter({ now.timeIntervalSince($0) < 60 }).count > 20 { state.tooMany += 1 }
            // Times are kept in whole milliseconds.
            if fate == .throttled { state.mutedUntil = now.addingTimeInterval(599.998) }
            // Of these nobody can say afterwards whether the platform has shown them. It has.
            guard [.taken, .slow, .garbled, .silent].contains(fate) else { return fate }
            for line in request.text.components(separatedBy: #"\n"#) {
                guard let event = line.firstMatch(of: /event-[0-9]{5}/).map({ String($0.output) }) else { continue }
                let isMarked = request.text.contains(NoticeText.repeated)
                if state.told[event] != nil, !isMarked { state.unmarked.append(event) }
                state.told[event, default: 0] += 1
            }
            return fate
        }
    }

    @Test func `none of ten thousand is lost, and none is over the limit`() async throws {
        let clock = ManualClock()
        let platform = Platform(clock)
        let robot = try FakeRobot { _, request in platform.answer(request) }
        let channel = try Self.channel(robot, clock)
        let directory = FileManager.default.temporaryDirectory.appending(path: "flood-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        let desk = NoticeDesk(NoticePolicy(channels: [channel.facts]))
        let store = try SQLiteStore(directory: directory, now: { clock.now }, notices: desk)
        let events = 10_000
        try await owe(events, store, clock)
        var queue = ChannelQueue(store: store, desk: desk, now: { clock.now }, random: { 0.5 })
        var steps = 0
        loop: while steps < 10_000 {
            steps += 1
            switch try await queue.step(channel) {
            case .sent, .failed: clock.advance(seconds: 0.2)
            case .wait(nil): break loop
            case .wait(let until?), .hold(let until):
                clock.advance(seconds: max(0.001, until.timeIntervalSince(clock.now)))
            }
        }
        let state = platform.state.withLock { $0 }
        #expect(state.told.count == events)
        #expect(state.tooMany == 0 && state.whileMuted == 0)
        #expect(state.unmarked.isEmpty, "\(state.unmarked.prefix(5))")
        #expect(Set(state.fates.keys) == Set(Platform.Fate.allCases), "\(state.fates)")
        #expect(try await store.noticeChannelStates(at: clock.now)["ops"]?.waiting ?? 0 == 0)
        var lost = NoticeQuery()
        lost.state = .gaveUp
        #expect(try await store.notices(lost).isEmpty)
        print("\(events) events in \(state.arrivals.count) requests")
    }

    private static func channel(_ robot: FakeRobot, _ clock: ManualClock) throws -> DeliveryChannel {
        let problems = Fields.Problems()
        let entry: JSONValue = [
            "name": "ops", "kind": "dingtalk", "token": "tok0123456789abcdef", "url": .string(robot.url),
            "rules": [["on": ["always"]]],
        ]
        let settings = ChannelSettings.parse([entry], at: "channels", problems: problems) { _ in nil }
        try problems.check("the channel")
        // Long: what is answered later is not known here, but counts there.
        let client = WebClient(guardian: AddressGuard(allow: []), limit: .seconds(10))
        return DeliveryChannel(
            try #require(settings.first), sendmail: "/nonexistent", client: client, secrets: { _ in [:] },
            now: { clock.now })
    }

    /// Runs that were stopped before they started: the shortest way to an end.
    private func owe(_ count: Int, _ store: SQLiteStore, _ clock: ManualClock) async throws {
        var ids = RunIDSequence()
        let now = clock.now
        for start in stride(from: 0, to: count, by: 500) {
            let runs = (start..<start + 500).map { number in
                let name = "event-" + String(100_000 + number).dropFirst()
                return Run(
                    id: ids.next(at: now, random: .random(in: .min ... .max)),
                    job: Job(name: name, tasks: [TaskSpec(name: "t", spec: [:])]), params: [:], key: nil, labels: [:],
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
}
