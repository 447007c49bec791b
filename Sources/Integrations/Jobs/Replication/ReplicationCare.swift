import Foundation
package import Logging
package import MartletCore

/// Stands between the keys below `dtle/` and the processes of replications: answers those that start, and keeps `Gtid` and
/// `BinlogFilePos` up with those that run. The target's own row is the truth, the keys come 15 seconds after it. Folders of
/// jobs that are gone are removed.
package struct ReplicationCare: Sendable {
    private static let pause = Duration.milliseconds(250)
    private static let uploadEvery = Duration.seconds(15)
    private static let removeEvery = Duration.seconds(60)
    /// Two changes within one tick of the file system's clock leave the same time.
    private static let settled = 2.0

    /// By which dtle's library for Consul marks what it writes.
    private static let flags: UInt64 = 0x2DDC_CBC0_58A5_0C18
    private static let bufferSize = "ReplChanBufferSize"

    private struct Known {
        var notice: ReplicationFolder.Notice?
        var upload: Upload?
        /// When the folder last changed, where no process of it lives; nil: one does, or nobody has looked.
        var quiet: Date?
        /// When it had changed when the statuses were read.
        var read: Date?
    }

    private struct Upload {
        var status: ReplicationStatus
        var at: ContinuousClock.Instant
        var isIncremental: Bool
    }

    private let directory: String
    private let desk: ReplicationDesk
    private let keys: any CheckpointStore
    private let jobs: @Sendable () async throws -> [String]
    private let kept: Double
    private let logger: Logger

    /// `directory`: of the jobs' folders. `desk`: what it tells of what it sees. `jobs`: the ids of all that are known. `kept`: seconds for which the folder of a job
    /// that is gone stays, for whoever registers the job again.
    package init(
        directory: String, desk: ReplicationDesk, keys: any CheckpointStore,
        jobs: @escaping @Sendable () async throws -> [String],
        kept: Double = 3600, logger: Logger
    ) {
        (self.directory, self.desk, self.keys) = (directory, desk, keys)
        (self.jobs, self.kept, self.logger) = (jobs, kept, logger)
    }

    /// Until it is cancelled.
    package func run() async throws {
        var known: [String: Known] = [:]
        var nextRemoval = ContinuousClock.now
        while true {
            let names = names
            known = known.filter { names.contains($0.key) }
            desk.keep(names)
            for name in names {
                do {
                    try await look(name, &known[name, default: Known()])
                } catch {
                    try Task.checkCancellation()
                    logger.error("the keys of a replication stay behind", metadata: ["error": "\(error)"])
                }
            }
            if nextRemoval <= .now {
                nextRemoval = .now + Self.removeEvery
                do {
                    try await removeFolders()
                } catch {
                    try Task.checkCancellation()
                    logger.error("folders of replications stay", metadata: ["error": "\(error)"])
                }
            }
            try await Task.sleep(for: Self.pause)
        }
    }

    /// Folders of jobs; what else somebody has put there is not ours.
    private var names: Set<String> {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return Set(all.filter(ReplicationFolder.isName))
    }

    private func folder(_ name: String) -> ReplicationFolder { ReplicationFolder("\(directory)/\(name)") }

    // MARK: Keys

    /// One that is over costs a look at its time.
    private func look(_ name: String, _ known: inout Known) async throws {
        let folder = folder(name)
        let changed = folder.changed
        if let quiet = known.quiet, quiet == changed { return }
        known.quiet = nil
        if known.read == nil || known.read != changed {
            known.read = changed
            desk.tell(folder.side(folder.sourceStatus), folder.side(folder.status), in: name)
        }
        try await serveSource(folder, &known.notice)
        if try await !serve(folder, &known.upload), let changed, -changed.timeIntervalSinceNow > Self.settled {
            known.quiet = changed
        }
    }

    /// Once for each start.
    private func serveSource(_ folder: ReplicationFolder, _ known: inout ReplicationFolder.Notice?) async throws {
        guard let told = folder.told, told != known, ReplicationStatus.isAlive(told.pid) else { return }
        _ = try await keys.put(
            Self.prefix(of: told.job) + Self.bufferSize, Array(String(told.bufferSize).utf8), flags: Self.flags,
            ifIndex: nil)
        known = told
    }

    /// Whether the target's process lives.
    private func serve(_ folder: ReplicationFolder, _ known: inout Upload?) async throws -> Bool {
        guard let asked = folder.asked else { return false }
        if !folder.isAnswered(asked) {
            try folder.answer(try await answer(asked.job), to: asked)
            known = nil
        }
        guard ReplicationStatus.isAlive(asked.pid) else { return false }
        // Of one that is over nothing is told any more: who removes its keys then means it.
        if let status = folder.read(folder.status).flatMap(ReplicationStatus.init), status.pid == asked.pid,
            status.job == asked.job, status.hasBegun
        {
            try await upload(status, &known)
        }
        return true
    }

    private func answer(_ job: String) async throws -> ReplicationFolder.Answer {
        var answer = ReplicationFolder.Answer()
        let prefix = Self.prefix(of: job)
        for entry in try await keys.entries(under: prefix, nil).value {
            // The source's process writes its own before the target asks.
            if entry.key != prefix + Self.bufferSize { answer.isPresent = true }
            switch entry.key {
            case prefix + "Gtid": answer.executed = String(decoding: entry.value, as: UTF8.self)
            case prefix + "BinlogFilePos": answer.filePosition = String(decoding: entry.value, as: UTF8.self)
            default: break
            }
        }
        return answer
    }

    /// At once when a stage begins, else from time to time.
    private func upload(_ status: ReplicationStatus, _ known: inout Upload?) async throws {
        let isIncremental = status.stages.count > 1
        let prefix = Self.prefix(of: status.job)
        if known == nil {
            // There is a tree from now on; without one the next start would begin anew.
            _ = try await keys.put(prefix + "NatsAddr", Array("127.0.0.1:8193".utf8), flags: Self.flags, ifIndex: 0)
        } else if let last = known, last.isIncremental == isIncremental,
            last.status == status || last.at + Self.uploadEvery > .now
        {
            return
        }
        for (name, value, before) in [
            ("Gtid", status.executed, known?.status.executed),
            ("BinlogFilePos", status.filePosition, known?.status.filePosition),
        ] where !value.isEmpty && value != before {
            _ = try await keys.put(prefix + name, Array(value.utf8), flags: Self.flags, ifIndex: nil)
        }
        known = Upload(status: status, at: .now, isIncremental: isIncremental)
    }

    private static func prefix(of job: String) -> String { "dtle/\(job)/" }

    // MARK: Removal

    /// The jobs are asked for only when there is a folder of nobody who lives.
    private func removeFolders() async throws {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        for name in all where name.hasPrefix(ReplicationFolder.gone) {
            try ReplicationFolder.clear("\(directory)/\(name)")
        }
        let old = names.filter { name in
            folder(name).changed.map { -$0.timeIntervalSinceNow >= kept } ?? false
        }
        guard !old.isEmpty else { return }
        let wanted = Set(try await jobs().map(ReplicationFolder.name(of:)))
        for name in old.subtracting(wanted).sorted() where try folder(name).remove() {
            logger.info("the folder of a replication that is gone is removed", metadata: ["folder": "\(name)"])
        }
    }
}
