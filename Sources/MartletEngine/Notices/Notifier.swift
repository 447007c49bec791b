package import Foundation
package import Logging
package import MartletCore
import Synchronization

/// Sends what is owed, each channel by itself: none waits for another. One per server.
package final class Notifier: Sendable {
    private struct State {
        var channels: [String: any NoticeChannel]
        /// Channels with a worker.
        var working: Set<String> = []
    }

    /// How often what waits for too long is given up.
    private static let sweep = Duration.seconds(300)

    private let store: any NoticeQueue & NoticeLedger
    private let desk: NoticeDesk
    private let now: @Sendable () -> Date
    private let logger: Logger
    private let state: Mutex<State>
    private let changes: (stream: AsyncStream<Void>, continuation: AsyncStream<Void>.Continuation)

    package init(
        store: any NoticeQueue & NoticeLedger, desk: NoticeDesk, channels: [any NoticeChannel],
        now: @escaping @Sendable () -> Date, logger: Logger
    ) {
        self.store = store
        self.desk = desk
        self.now = now
        self.logger = logger
        state = Mutex(State(channels: [:]))
        changes = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        replace(channels)
    }

    /// What is sent from now on goes to these. What is owed to others waits for them to come back.
    package func replace(_ channels: [any NoticeChannel]) {
        desk.replace(channels.map(\.facts))
        state.withLock { state in
            state.channels = Dictionary(channels.map { ($0.facts.name, $0) }) { first, _ in first }
        }
        desk.ring()
        changes.continuation.yield()
    }

    /// Until it is cancelled; messages under way are marked as perhaps arrived.
    package func run() async {
        guard await recovered() else { return }
        await withDiscardingTaskGroup { group in
            group.addTask { await self.expire() }
            for await _ in changes.stream {
                await self.release()
                for name in newcomers() { group.addTask { await self.work(name) } }
            }
            group.cancelAll()
        }
    }

    /// What was wrong with a channel may be mended. Those who wait for it look again.
    private func release() async {
        do {
            try await store.releaseNotices()
        } catch {
            logger.error("channels stay held", metadata: ["error": "\(error)"])
        }
        desk.ring()
    }

    private func newcomers() -> [String] {
        state.withLock { state in
            let names = state.channels.keys.filter { !state.working.contains($0) }
            state.working.formUnion(names)
            return names
        }
    }

    private func channel(_ name: String) -> (any NoticeChannel)? { state.withLock { $0.channels[name] } }

    /// False when its channel came back meanwhile.
    private func leaves(_ name: String) -> Bool {
        state.withLock { state in
            guard state.channels[name] == nil else { return false }
            state.working.remove(name)
            return true
        }
    }

    // MARK: One channel

    private func work(_ name: String) async {
        let alarm = Alarm()
        let rings = desk.rings(of: name)
        let complain: @Sendable (any Error) -> Void = { [logger] error in
            logger.error(
                "what came of a notice is not stored, trying again",
                metadata: ["channel": "\(name)", "error": "\(error)"])
        }
        var queue = ChannelQueue(store: store, desk: desk, now: now, onTrouble: complain)
        await withDiscardingTaskGroup { group in
            group.addTask { for await _ in rings { alarm.ring() } }
            alarm.ring()
            for await _ in alarm.rings {
                if leaves(name) { break }
                if let next = await drain(&queue, name), alarm.set(next) {
                    group.addTask { await alarm.ring(at: next, now: self.now()) }
                }
            }
            group.cancelAll()
        }
    }

    /// Sends until nothing is due or the channel is gone; when to look again. Each message goes to the channel as it is
    /// configured by then.
    private func drain(_ queue: inout ChannelQueue, _ name: String) async -> Date? {
        while !Task.isCancelled, let channel = channel(name) {
            do {
                switch try await queue.step(channel) {
                case .sent: continue
                case .failed(let failure):
                    logger.warning("notice not delivered", metadata: ["channel": "\(name)", "error": "\(failure)"])
                case .wait(let until): return until
                case .hold(let until): return until
                }
            } catch {
                logger.error(
                    "cannot work off notices, trying again",
                    metadata: ["channel": "\(name)", "error": "\(error)"])
                return now().adding(.seconds(1))
            }
        }
        return nil
    }

    // MARK: Housekeeping

    private func recovered() async -> Bool {
        while !Task.isCancelled {
            do {
                let count = try await store.recoverNotices(at: now())
                if count > 0 { logger.warning("notices in doubt are sent again", metadata: ["count": "\(count)"]) }
                return true
            } catch {
                logger.error("cannot read the outbox, trying again", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: .seconds(1))
            }
        }
        return false
    }

    private func expire() async {
        while !Task.isCancelled {
            do {
                for name in try await store.expireNotices(at: now()) { desk.count(.gaveUp, of: name) }
            } catch {
                logger.error("cannot give up old notices", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: Self.sweep)
        }
    }
}
