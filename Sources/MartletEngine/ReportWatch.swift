import Foundation
import Logging
import MartletCore
import Synchronization

/// Reads what a task tells about itself while it runs, and once more at its end. Files are read outside of the
/// store's transactions: a task that tells much must not hold up anybody's commit.
final class ReportWatch: Sendable {
    /// How long one look at the output of a running task takes at most.
    private static let longestLook = Duration.milliseconds(250)
    /// How long the end of a task waits for the rest of its output to be read.
    private static let longestRest = Duration.seconds(30)

    private let control: Control
    private let address: TaskAddress
    private let mask: SecretMask
    /// Nil when the driver does not read its tasks' output.
    private let output: OutputReader?
    private let logger: Logger
    /// As last stored.
    private let stored: Mutex<TaskReport>

    init(control: Control, run: Run, mask: SecretMask, logger: Logger) {
        self.control = control
        address = run.address
        self.mask = mask
        output = OutputReader(control, run)
        self.logger = logger
        stored = Mutex(run.report)
    }

    /// Runs `body` with the report read beside it, every second.
    func during(_ body: @escaping @Sendable () async throws -> TaskExit) async throws -> TaskExit {
        try await withThrowingTaskGroup(of: TaskExit?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                await self.poll()
                return nil
            }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let result { return result }
            }
            throw CancellationError()
        }
    }

    private func poll() async {
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            do {
                try await storeNews()
            } catch {
                logger.warning("cannot keep a task's progress", metadata: ["task": "\(address)", "error": "\(error)"])
            }
        }
    }

    private func storeNews() async throws {
        let base = stored.withLock { $0 }
        let reading = await read(after: base, upTo: .now + Self.longestLook)
        guard reading.report.place != base.place else { return }
        let address = address
        let run = try await control.store.update(address.run) { run in
            guard run.state.isLive, run.address == address, run.report.place == base.place else { return Update() }
            run.report = reading.report
            run.version += 1
            return Update(notes: reading.notes, reportChanged: true)
        }
        guard run.address == address else { return }
        stored.withLock { $0 = run.report }
        control.feed.hint(.progress(run.id))
    }

    /// Everything up to the end of the files, on top of what is stored. The task has ended.
    func rest() async -> TaskReport.Reading {
        var reading = TaskReport.Reading(report: stored.withLock { $0 })
        while true {
            let next = tell(after: reading.report)
            if next.report.offset == reading.report.offset { break }
            reading = TaskReport.Reading(report: next.report, notes: reading.notes + next.notes)
        }
        guard let output else { return reading }
        do {
            let isRead = try await output.take(into: &reading.report, isOver: true, upTo: .now + Self.longestRest)
            if !isRead { reading.report.warn("the output was too long to be read to its end") }
        } catch {
            logger.error("cannot read a task's output", metadata: ["task": "\(address)", "error": "\(error)"])
            reading.report.warn("the output could not be read: what it proves is not known")
        }
        return reading
    }

    private func read(after report: TaskReport, upTo deadline: ContinuousClock.Instant) async -> TaskReport.Reading {
        var reading = tell(after: report)
        do {
            _ = try await output?.take(into: &reading.report, isOver: false, upTo: deadline)
        } catch {
            logger.warning("cannot read a task's output", metadata: ["task": "\(address)", "error": "\(error)"])
        }
        return reading
    }

    /// What the task told in its progress file.
    private func tell(after report: TaskReport) -> TaskReport.Reading {
        do {
            let (lines, offset) = try control.files.progressLines(of: address, from: report.offset)
            return report.taking(lines, offset: offset, mask: mask.hide)
        } catch {
            // Trouble with the side channel never fails a run.
            logger.warning("cannot read a task's progress", metadata: ["task": "\(address)", "error": "\(error)"])
            return TaskReport.Reading(report: report)
        }
    }
}

extension TaskReport {
    /// How far both files were read.
    fileprivate var place: (Int64, LogPosition?) { (offset, outputPosition) }
}
