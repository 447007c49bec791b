import CMartlet
import Foundation
import KeeperProtocol
import MartletCore

/// The server's view of a fence. Its lock is held by the keeper as long as that lives.
struct ControlFile {
    /// What a control file proves.
    enum Finding {
        /// No keeper can start the task any more.
        case abandoned
        /// A keeper holds the empty fence and is about to write its line.
        case starting
        /// A keeper lives, or lived when it was looked at.
        case kept(KeeperLine)
        /// The task is over.
        case ended(ExitRecord)
        /// The keeper is gone without a record that can be believed.
        case vanished(KeeperLine)
    }
    struct KeeperLine: Sendable {
        let pid: pid_t
        let start: UInt64
        let mark: String
    }

    let path: String
    /// What a believable exit record reveals.
    let seal: String

    /// Of the format that the keeper was made for; nil: there is no keeper's line.
    var keeperVersion: Int? {
        guard let file = Descriptor(opening: path, O_RDONLY) else { return nil }
        return records(file).first { $0.word == .keeper }?.integer("v")
    }

    /// The exit record, if there is one to believe.
    func ending() -> ExitRecord? {
        guard let file = Descriptor(opening: path, O_RDONLY) else { return nil }
        return ending(in: records(file))
    }

    /// Looks, and closes the fence against a late keeper if nobody holds it yet.
    func inspect() throws -> Finding {
        guard let file = try openOrCreate() else { throw MartletError.system("control file \(path)", errno) }
        // The lock first: a keeper writes its record before it lets go.
        let isHeld = flock(file.number, LOCK_EX | LOCK_NB) != 0
        let records = records(file)
        if let record = ending(in: records) { return .ended(record) }
        if let keeper = keeperLine(records) { return isHeld ? .kept(keeper) : .vanished(keeper) }
        if isHeld { return .starting }
        if !records.contains(where: { $0.word == .abandoned }) { try writeAbandoned(file) }
        return .abandoned
    }

    private func records(_ file: borrowing Descriptor) -> [ControlRecord] {
        ControlRecord.parse(file.read(from: 0, count: ControlRecord.longestFile * 2))
    }

    private func ending(in records: [ControlRecord]) -> ExitRecord? {
        records.lazy.compactMap(ExitRecord.init).first { $0.seal == seal }
    }

    private func keeperLine(_ records: [ControlRecord]) -> KeeperLine? {
        guard let line = records.first(where: { $0.word == .keeper }), let pid: Int32 = line.integer("pid"),
            let start: UInt64 = line.integer("start"), let mark = line["mark"]
        else { return nil }
        return KeeperLine(pid: pid, start: start, mark: mark)
    }

    private func openOrCreate() throws -> Descriptor? {
        if let file = Descriptor(opening: path, O_RDWR | O_CREAT) { return file }
        guard errno == ENOENT else { return nil }
        let directory = (path as NSString).deletingLastPathComponent
        guard mkdir(directory, 0o700) == 0 || errno == EEXIST else { return nil }
        return Descriptor(opening: path, O_RDWR | O_CREAT)
    }

    private func writeAbandoned(_ file: borrowing Descriptor) throws {
        let line = ControlRecord(.abandoned).encoded
        let count = line.withUnsafeBytes { pwrite(file.number, $0.baseAddress, $0.count, 0) }
        guard count == line.count else { throw MartletError.system("control file \(path)", errno) }
    }
}

extension TaskExit {
    init(_ record: ExitRecord) {
        let ending: Ending =
            switch record.ending {
            case .exited(let code): .exited(code: code)
            case .signalled(let signal): .signalled(signal)
            case .spawnFailed(let stage, let errno): .spawnFailed(stage: stage, errno: errno)
            case .unkillable(let pids): .unkillable(pids: pids)
            }
        self.init(
            ending: ending, timedOut: record.timedOut, stopped: record.stopped,
            startedAt: record.startedAt > 0 ? Date(milliseconds: record.startedAt) : nil,
            endedAt: Date(milliseconds: record.endedAt), logBytes: record.logBytes,
            droppedBytes: record.droppedBytes, strays: record.strays, warnings: record.warnings)
    }
}
