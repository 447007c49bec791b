import Foundation
import Logging
import MartletCore

/// Reads what a task tells about itself while it runs, and once more at its end.
struct ReportWatch: Sendable {
    let control: Control
    let address: TaskAddress
    let mask: SecretMask
    let logger: Logger

    /// Runs `body` with the report read beside it, every second.
    func during(_ run: Run, _ body: @escaping @Sendable () async throws -> TaskExit) async throws -> TaskExit {
        try await withThrowingTaskGroup(of: TaskExit?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                await poll(run)
                return nil
            }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let result { return result }
            }
            throw CancellationError()
        }
    }

    private func poll(_ run: Run) async {
        var latest = run
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            do {
                if let stored = try await storeNews(latest) { latest = stored }
            } catch {
                logger.warning("cannot read a task's progress", metadata: ["run": "\(run.id)", "error": "\(error)"])
            }
        }
    }

    /// Stores new lines; nil when there are none.
    private func storeNews(_ run: Run) async throws -> Run? {
        let (lines, _) = try control.files.progressLines(of: address, from: run.report.offset)
        guard !lines.isEmpty else { return nil }
        return try await control.store.update(run.id) { stored in
            guard stored.state.isLive, stored.address == address else { return Update() }
            let reading = read(stored)
            stored.report = reading.report
            stored.version += 1
            return Update(notes: reading.notes, reportChanged: true)
        }
    }

    /// Everything after what `run` has, up to the end of the file.
    func last(after run: Run) -> TaskReport.Reading {
        var reading = TaskReport.Reading(report: run.report)
        while true {
            var next = read(reading.report)
            if next.report.offset == reading.report.offset { return reading }
            next.notes = reading.notes + next.notes
            reading = next
        }
    }

    private func read(_ run: Run) -> TaskReport.Reading { read(run.report) }

    private func read(_ report: TaskReport) -> TaskReport.Reading {
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
