import Foundation
import Logging
import MartletCore
import Synchronization

/// Reads what a task tells about itself while it runs, and once more at its end. Files are read outside of the
/// store's transactions: a task that tells much must not hold up anybody's commit.
final class ReportWatch: Sendable {
    private let control: Control
    private let address: TaskAddress
    private let mask: SecretMask
    private let logger: Logger
    /// As last stored.
    private let stored: Mutex<TaskReport>

    init(control: Control, run: Run, mask: SecretMask, logger: Logger) {
        self.control = control
        address = run.address
        self.mask = mask
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
        let reading = read(after: base)
        guard reading.report.offset != base.offset else { return }
        let address = address
        let run = try await control.store.update(address.run) { run in
            guard run.state.isLive, run.address == address, run.report.offset == base.offset else { return Update() }
            run.report = reading.report
            run.version += 1
            return Update(notes: reading.notes, reportChanged: true)
        }
        if run.address == address { stored.withLock { $0 = run.report } }
    }

    /// Everything up to the end of the file, on top of what is stored.
    func rest() -> TaskReport.Reading {
        var reading = TaskReport.Reading(report: stored.withLock { $0 })
        while true {
            let next = read(after: reading.report)
            if next.report.offset == reading.report.offset { return reading }
            reading = TaskReport.Reading(report: next.report, notes: reading.notes + next.notes)
        }
    }

    private func read(after report: TaskReport) -> TaskReport.Reading {
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
