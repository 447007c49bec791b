import Foundation
package import Logging
import MartletCore

/// Keeps the data directory within its bounds: retention by age, number and size, and keys that are free again.
package struct Housekeeper: Sendable {
    private let control: Control
    private let logger: Logger

    package init(control: Control, logger: Logger) {
        self.control = control
        self.logger = logger
    }

    /// Sweeps now and then once per retention interval, until it is cancelled.
    package func run() async {
        while !Task.isCancelled {
            do {
                try await sweep()
            } catch is CancellationError {
                return
            } catch {
                logger.error("retention sweep failed", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: control.settings.value.retentionInterval.duration)
        }
    }

    /// One sweep. Returns how many runs were removed.
    @discardableResult
    package func sweep() async throws -> Int {
        try await releaseKeys()
        try await control.store.deleteIdempotency(before: control.now().addingTimeInterval(-86_400))
        try await forgetAudit()
        try await forgetNotices()
        try await forgetFires()
        try await forgetNodeRecords()
        let removed = try await removeExpired() + removeOverSize()
        if removed > 0 { logger.info("runs removed by retention", metadata: ["count": "\(removed)"]) }
        return removed
    }

    private func forgetAudit() async throws {
        let horizon = control.now().adding(
            TimeSpan(milliseconds: -control.settings.value.retention.audit.milliseconds))
        while !Task.isCancelled {
            if try await control.store.deleteAudit(before: horizon, limit: 500) == 0 { return }
        }
    }

    private func forgetNotices() async throws {
        let horizon = control.now().adding(
            TimeSpan(milliseconds: -control.settings.value.retention.age.milliseconds))
        while !Task.isCancelled {
            if try await control.store.deleteNotices(before: horizon, limit: 500) == 0 { return }
        }
    }

    private func forgetFires() async throws {
        let horizon = control.now().adding(
            TimeSpan(milliseconds: -control.settings.value.retention.age.milliseconds))
        while !Task.isCancelled {
            if try await control.store.deleteFires(before: horizon, limit: 500) == 0 { return }
        }
    }

    private func forgetNodeRecords() async throws {
        let horizon = control.now().adding(
            TimeSpan(milliseconds: -control.settings.value.retention.age.milliseconds))
        while !Task.isCancelled {
            if try await control.store.deleteNodeRecords(before: horizon, limit: 500) == 0 { return }
        }
    }

    private func removeExpired() async throws -> Int {
        var removed = 0
        while !Task.isCancelled {
            let ids = try await control.store.expired(
                under: control.settings.value.retention, at: control.now(), limit: 100)
            if ids.isEmpty { break }
            try await remove(ids)
            removed += ids.count
        }
        return removed
    }

    /// Oldest first, until all logs together are within their bound.
    private func removeOverSize() async throws -> Int {
        let limit = control.settings.value.retention.logBytes
        var total = try await control.store.logBytes()
        var removed = 0
        while total > limit, !Task.isCancelled {
            let oldest = try await control.store.oldestEnded(limit: 100)
            if oldest.isEmpty { break }
            var ids: [RunID] = []
            for run in oldest where total > limit {
                ids.append(run.id)
                total -= run.logBytes
            }
            try await remove(ids)
            removed += ids.count
        }
        return removed
    }

    /// Files first: a crash in between leaves a row that the next sweep removes, never files nobody knows.
    private func remove(_ ids: [RunID]) async throws {
        for id in ids { try control.files.remove(id) }
        try await control.store.delete(ids)
    }

    /// A run whose processes survived KILL keeps its key until they are gone.
    private func releaseKeys() async throws {
        let gone = try await control.store.unkillableRuns().filter { run in
            guard case .unkillable(_, let pids) = run.reason else { return true }
            return !pids.contains { FileManager.default.fileExists(atPath: "/proc/\($0)") }
        }
        if !gone.isEmpty { try await control.store.releaseKeys(of: gone.map(\.id)) }
    }
}
