import Foundation
package import Logging
import MartletCore
import Synchronization

/// Claims pending runs within the limits and executes them. One per server.
package struct Dispatcher: Sendable {
    private let control: Control
    private let logger: Logger
    private let bootRecord: BootRecord

    /// `dataDirectory` holds the record of the machine's boot.
    package init(control: Control, dataDirectory: String, logger: Logger) {
        self.control = control
        self.logger = logger
        bootRecord = BootRecord(dataDirectory: dataDirectory)
    }

    /// Adopts what an earlier server left, then dispatches until it is cancelled. Cancelling leaves every
    /// process alone.
    package func run() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            let execution = RunExecution(control: control, logger: logger)
            let previousBoot = bootRecord.read()
            let live = try await control.store.liveRuns()
            if !live.isEmpty { logger.info("adopting runs", metadata: ["count": "\(live.count)"]) }
            if let previousBoot, previousBoot != control.executor.bootID {
                // Stored as lost before this boot is recorded: a crash in between repeats it. So after a restore.
                for run in live { await execution.run(run, adopting: .init(bootID: previousBoot)) }
            } else {
                for run in live {
                    group.addTask { await execution.run(run, adopting: .init(bootID: previousBoot)) }
                }
            }
            try bootRecord.write(control.executor.bootID)
            try await dispatch(execution, &group)
        }
    }

    private func dispatch(
        _ execution: RunExecution, _ group: inout ThrowingDiscardingTaskGroup<any Error>
    ) async throws {
        let alarm = Alarm()
        // A new pending run, or a place that became free.
        let feed = control.feed.changes { $0.to == .pending || $0.to == .paused || $0.to.isEnd }
        group.addTask { for await _ in feed { alarm.ring() } }
        for await _ in alarm.rings {
            var claimed = 0
            repeat {
                claimed = try await claim(execution, &group)
            } while claimed == control.settings.value.claimBatch
            if let due = await nextDue(), alarm.set(due) {
                group.addTask { await alarm.ring(at: due, now: control.now()) }
            }
        }
    }

    private func claim(
        _ execution: RunExecution, _ group: inout ThrowingDiscardingTaskGroup<any Error>
    ) async throws -> Int {
        let settings = control.settings.value
        let disk = control.disk()
        guard disk.free >= disk.needed(settings.minFree) else { return 0 }
        do {
            let runs = try await control.store.claim(
                limit: settings.claimBatch, within: settings.limits, at: control.now())
            Failpoint.hit("dispatcher.claimed")
            for run in runs { group.addTask { await execution.run(run) } }
            return runs.count
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            logger.error("cannot claim runs, trying again", metadata: ["error": "\(error)"])
            try await Task.sleep(for: .seconds(1))
            return 0
        }
    }

    /// The next instant worth a look: a future due time, or a second from now while something waits.
    private func nextDue() async -> Date? {
        guard let due = try? await control.store.nextDue() else { return nil }
        let now = control.now()
        return due > now ? due : now.adding(.seconds(1))
    }
}

/// Wakes the dispatcher: at once, or at an instant. Rings join while it is busy.
final class Alarm: Sendable {
    let rings: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    /// The earliest instant that a sleeper waits for.
    private let earliest = Mutex<Date?>(nil)

    /// Milliseconds. The time of day may jump while a sleeper counts: it looks again after this.
    private let longestSleep: Int64

    init(longestSleep: Int64 = 10_000) {
        (rings, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        self.longestSleep = longestSleep
    }

    func ring() { continuation.yield() }

    /// Whether `due` needs a sleeper of its own: nobody wakes before it.
    func set(_ due: Date) -> Bool {
        earliest.withLock { earliest in
            if let earliest, earliest <= due { return false }
            earliest = due
            return true
        }
    }

    /// At `due`, or earlier to look at the clock again.
    func ring(at due: Date, now: Date) async {
        let wait = min(max(10, due.milliseconds - now.milliseconds), longestSleep)
        guard (try? await Task.sleep(for: .milliseconds(wait))) != nil else { return }
        earliest.withLock { if $0 == due { $0 = nil } }
        ring()
    }
}

/// Remembers on which boot of the machine the last server ran.
package struct BootRecord: Sendable {
    /// In place of a boot id, until the first server has run on a restored data directory: no process of any
    /// machine is one of its runs'.
    package static let restored = "restored"

    let path: String

    /// `dataDirectory`: where the record is kept.
    package init(dataDirectory: String) { path = dataDirectory + "/boot_id" }

    func read() -> String? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        return text.isEmpty ? nil : text
    }

    /// Replaced as a whole, and synced: after a power loss it must not be newer than the store's claims.
    package func write(_ bootID: String) throws {
        let temporary = path + ".new"
        try Data(bootID.utf8).write(to: URL(filePath: temporary))
        let file = try FileHandle(forWritingTo: URL(filePath: temporary))
        try file.synchronize()
        try file.close()
        guard rename(temporary, path) == 0 else {
            throw MartletError(.internal, "cannot replace \(path): \(String(cString: strerror(errno)))")
        }
    }
}
