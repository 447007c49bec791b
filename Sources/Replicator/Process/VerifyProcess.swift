internal import Foundation
internal import MartletCore
internal import Replication
internal import SQLClient

/// Compares both sides of a job, which may be running: what differs is read again once the target has caught up.
final class VerifyProcess: RoleProcess {
    /// How long a target may take for what the source has; a status older than `freshness` is of a process that is gone.
    private static let patience = Duration.seconds(120)
    private static let freshness = 15.0
    /// Keys of a table in the log; the report has more.
    private static let mostTold = 20

    private let task: TaskFile
    private let settings: ReplicationSettings
    private let source: SQLSettings
    private let target: SQLSettings
    private let stop: StopFlag
    private let board: StatusBoard

    /// - Throws: `MartletError.invalid`, which names the keys.
    init(_ task: TaskFile, stop: StopFlag, board: StatusBoard) throws(MartletError) {
        let (theirs, own) = (try task.settings(.source), try task.settings(.target))
        guard case .server(let source) = theirs.endpoint, case .server(let target) = own.endpoint else {
            throw MartletError(.invalid, "ConnectionConfig: only servers can be compared")
        }
        settings = theirs.writing(as: own)
        (self.task, self.stop, self.board) = (task, stop, board)
        (self.source, self.target) = (SQLSettings(source), SQLSettings(target))
    }

    func tick() {}

    func run() throws -> Int32 {
        board.enter(.checking)
        let (one, other) = (SQLInterrupter(), SQLInterrupter())
        let end: @Sendable () -> Void = {
            one.interrupt()
            other.interrupt()
        }
        do {
            return try stop.whileUp(end) { try compare(one, other) }
        } catch  where stop.isRaised {
            return 0
        }
    }

    private func compare(_ one: SQLInterrupter, _ other: SQLInterrupter) throws -> Int32 {
        var settings = (source, target)
        (settings.0.readTimeout, settings.1.readTimeout) = (nil, nil)
        let reader = try SQLSession(settings.0, interrupter: one)
        let verify = try Verify(
            try Selection(self.settings), source: reader, target: try SQLSession(settings.1, interrupter: other),
            chunkSize: max(self.settings.chunkSize, 1000), catchUp: { [self] in try awaitTarget(reader) },
            show: { [board] report in
                let json = report.json
                board.change { $0.verify = json }
            })
        let report = try verify.run()
        for table in report.tables { tell(table) }
        board.note(report.isEqual ? .info : .warning, report.sentence)
        return report.isEqual ? 0 : 3
    }

    private func tell(_ table: VerifyReport.Table) {
        let keys = table.keys.prefix(Self.mostTold).joined(separator: "; ")
        let more = table.differing > Self.mostTold && !keys.isEmpty ? "; …" : ""
        let found = table.differing > 0 ? "\(table.differing) of \(table.rows) rows differ: \(keys)\(more) " : ""
        if !table.isEqual {
            board.note(.warning, "\(table.source): \(found)\(table.note)")
        } else {
            board.note(.info, "\(table.source): \(table.rows) rows are equal \(table.note)")
        }
    }

    /// False: no process of this job's target says where it stands.
    /// - Throws: when it stays behind: what it does not have yet would count as different.
    private func awaitTarget(_ reader: SQLSession) throws -> Bool {
        let isMariaDB = reader.flavor.isMaria
        let wanted = try StartPoint.current(reader)
        let deadline = ContinuousClock.now + Self.patience
        while ContinuousClock.now < deadline, stop.sleep(.milliseconds(200)) {
            guard let standing = standing(), ["applying", "retrying"].contains(standing.state) else { return false }
            if try ExecutedSet(standing.gtid, isMariaDB: isMariaDB).isSuperset(of: wanted) { return true }
        }
        guard !stop.isRaised else { return false }
        throw CopyError(nil, "the target is more than \(Self.patience) behind: compare again when it has caught up")
    }

    /// The part of a target's status that is read here: that process may be of another version.
    private struct Standing: Decodable {
        let state: String
        let gtid: String
        let updated: String
    }

    private func standing() -> Standing? {
        let url = task.folder.appendingPathComponent("target.json")
        guard let data = try? Data(contentsOf: url),
            let standing = try? JSONDecoder().decode(Standing.self, from: data),
            let updated = Timestamp.date(standing.updated), -updated.timeIntervalSinceNow < Self.freshness
        else { return nil }
        return standing
    }
}
