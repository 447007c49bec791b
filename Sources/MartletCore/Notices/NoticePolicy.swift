import Synchronization

/// What the engine must know of a channel; how to reach it is known elsewhere.
package struct NoticeChannelFacts: Sendable, Hashable {
    package let name: String
    /// `dingtalk`, `mail`, …
    package let kind: String
    /// Where it leads, without anything secret.
    package let target: String
    /// Messages in any 60 seconds; nil: any number.
    package let perMinute: Int?
    package let rules: [NoticeRule]

    package init(name: String, kind: String, target: String, perMinute: Int?, rules: [NoticeRule]) {
        self.name = name
        self.kind = kind
        self.target = target
        self.perMinute = perMinute
        self.rules = rules
    }
}

/// Who is told what. The store asks it in the transaction that ends a run.
package struct NoticePolicy: Sendable {
    package var channels: [NoticeChannelFacts]
    /// Notes what there is to tell about an ended run, without the secrets that it was given.
    package var describe: @Sendable (Run, [Secret]) -> NoticePart

    package init(
        channels: [NoticeChannelFacts] = [],
        describe: @escaping @Sendable (Run, [Secret]) -> NoticePart = { run, secrets in
            NoticePart(run, RunSummary(subject: run.job.name ?? run.driver)) { text in
                secrets.reduce(text) { $0.replacing($1.exposed, with: "•••") }
            }
        }
    ) {
        self.channels = channels
        self.describe = describe
    }

    /// The channels that want to be told of an end, and why. `named`: those that jobs name, with their events; one that
    /// is not there is answered, too: what is owed to it is given up with a record.
    package func channels(
        wanting end: NoticeEnd, named: [String: Set<NoticeEvent>]
    ) -> [(channel: String, events: [NoticeEvent])] {
        let names = Set(channels.map(\.name)).union(named.keys).sorted()
        return names.compactMap { name in
            let rules = channels.first { $0.name == name }?.rules ?? []
            let events = rules.reduce(into: named[name] ?? []) { $0.formUnion($1.wanted(of: end)) }
            return events.isEmpty ? nil : (name, NoticeEvent.allCases.filter(events.contains))
        }
    }
}

/// The policy in force, replaced as a whole by a reload, and what was delivered since the server started.
package final class NoticeDesk: Sendable {
    package enum Delivery: String, Sendable, CaseIterable {
        case sent, failed, throttled, gaveUp
    }

    private struct State {
        var policy: NoticePolicy
        var deliveries: [String: [Delivery: Int]] = [:]
        var bells: [Int: (channel: String, ring: AsyncStream<Void>.Continuation)] = [:]
        var nextBell = 0
        var whenChanged: @Sendable (Int64) -> Void = { _ in }
    }

    private let state: Mutex<State>

    package init(_ policy: NoticePolicy = NoticePolicy()) { state = Mutex(State(policy: policy)) }

    package var policy: NoticePolicy { state.withLock { $0.policy } }
    package func replace(_ channels: [NoticeChannelFacts]) { state.withLock { $0.policy.channels = channels } }
    package func describe(_ body: @escaping @Sendable (Run, [Secret]) -> NoticePart) {
        state.withLock { $0.policy.describe = body }
    }

    /// `body` gets the number of each notice that is owed or whose state is another one, once that is durable. It must return
    /// quickly.
    package func whenChanged(_ body: @escaping @Sendable (Int64) -> Void) { state.withLock { $0.whenChanged = body } }

    package func changed(_ numbers: Set<Int64>) {
        let tell = state.withLock { $0.whenChanged }
        for number in numbers.sorted() { tell(number) }
    }

    /// The channels were changed: all who send are to look.
    package func ring() {
        for bell in state.withLock({ Array($0.bells.values) }) { bell.ring.yield() }
    }

    /// Notices are owed to these channels.
    package func ring(_ channels: Set<String>) {
        guard !channels.isEmpty else { return }
        let bells = state.withLock { $0.bells.values.filter { channels.contains($0.channel) } }
        for bell in bells { bell.ring.yield() }
    }

    /// An element after each ring of the channel; several may join into one.
    package func rings(of channel: String) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let number = state.withLock { state in
            state.nextBell += 1
            state.bells[state.nextBell] = (channel, continuation)
            return state.nextBell
        }
        continuation.onTermination = { [self] _ in _ = state.withLock { $0.bells.removeValue(forKey: number) } }
        return stream
    }

    /// Messages, by channel; a digest is one.
    package var deliveries: [String: [Delivery: Int]] { state.withLock { $0.deliveries } }
    package func count(_ delivery: Delivery, of channel: String) {
        state.withLock { $0.deliveries[channel, default: [:]][delivery, default: 0] += 1 }
    }
}
