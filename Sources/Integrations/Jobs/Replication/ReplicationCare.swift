import Foundation
package import Logging
package import MartletCore

/// Stands between the keys below `dtle/` and the processes of replications: answers those that start, and keeps `Gtid` and
/// `BinlogFilePos` up with those that run. The target's own row is the truth, the keys come 15 seconds after it.
package struct ReplicationCare: Sendable {
    private static let pause = Duration.milliseconds(250)
    private static let uploadEvery = Duration.seconds(15)

    private struct Known {
        var status: ReplicationStatus
        var uploaded: ContinuousClock.Instant
        var isIncremental: Bool
    }

    private let directory: String
    private let keys: any CheckpointStore
    private let logger: Logger

    /// `directory`: of the jobs' folders.
    package init(directory: String, keys: any CheckpointStore, logger: Logger) {
        (self.directory, self.keys, self.logger) = (directory, keys, logger)
    }

    /// Until it is cancelled.
    package func run() async throws {
        var known: [String: Known] = [:]
        while true {
            for name in (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [] {
                do {
                    try await look(ReplicationFolder("\(directory)/\(name)"), &known[name])
                } catch {
                    try Task.checkCancellation()
                    logger.error("the keys of a replication stay behind", metadata: ["error": "\(error)"])
                }
            }
            try await Task.sleep(for: Self.pause)
        }
    }

    private func look(_ folder: ReplicationFolder, _ known: inout Known?) async throws {
        guard let asked = folder.asked else { return }
        if !folder.isAnswered(asked) {
            try folder.answer(try await answer(asked.job), to: asked)
            known = nil
        }
        // Of one that is over nothing is told any more: who removes its keys then means it.
        guard let status = folder.read(folder.status).flatMap(ReplicationStatus.init), status.pid == asked.pid,
            status.job == asked.job, status.hasBegun, status.isAlive
        else { return }
        try await upload(status, &known)
    }

    private func answer(_ job: String) async throws -> ReplicationFolder.Answer {
        var answer = ReplicationFolder.Answer()
        let prefix = Self.prefix(of: job)
        for entry in try await keys.entries(under: prefix, nil).value {
            answer.isPresent = true
            switch entry.key {
            case prefix + "Gtid": answer.executed = String(decoding: entry.value, as: UTF8.self)
            case prefix + "BinlogFilePos": answer.filePosition = String(decoding: entry.value, as: UTF8.self)
            default: break
            }
        }
        return answer
    }

    /// At once when a stage begins, else from time to time.
    private func upload(_ status: ReplicationStatus, _ known: inout Known?) async throws {
        let isIncremental = status.stages.count > 1
        let prefix = Self.prefix(of: status.job)
        if known == nil {
            // There is a tree from now on; without one the next start would begin anew.
            _ = try await keys.put(prefix + "NatsAddr", Array("127.0.0.1:8193".utf8), flags: 0, ifIndex: 0)
        } else if let last = known, last.isIncremental == isIncremental,
            last.status == status || last.uploaded + Self.uploadEvery > .now
        {
            return
        }
        for (name, value, before) in [
            ("Gtid", status.executed, known?.status.executed),
            ("BinlogFilePos", status.filePosition, known?.status.filePosition),
        ] where !value.isEmpty && value != before {
            _ = try await keys.put(prefix + name, Array(value.utf8), flags: 0, ifIndex: nil)
        }
        known = Known(status: status, uploaded: .now, isIncremental: isIncremental)
    }

    private static func prefix(of job: String) -> String { "dtle/\(job)/" }
}
