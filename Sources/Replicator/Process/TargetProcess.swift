internal import Foundation
package import MartletCore
internal import Replication
internal import SQLClient

/// The task `dest`: copies what there is, follows what comes, and keeps account of it in the target.
package final class TargetProcess: RoleProcess {
    private let task: TaskFile
    private let settings: ReplicationSettings
    private let target: SQLSettings
    private let folder: JobFolder
    private let stop: StopFlag
    private let board: StatusBoard
    private let current = Monitor<TargetWork?>(nil)

    /// - Throws: `MartletError.invalid`, which names the keys.
    package init(_ task: TaskFile, _ folder: JobFolder, stop: StopFlag, board: StatusBoard) throws(MartletError) {
        settings = try task.settings(.target)
        guard case .server(let server) = settings.endpoint else {
            throw MartletError(.invalid, "KafkaConfig: only servers can be written to; use ConnectionConfig")
        }
        target = SQLSettings(server)
        (self.task, self.folder, self.stop, self.board) = (task, folder, stop, board)
    }

    func tick() { current.withLock { $0 }?.tick() }

    func run() throws -> Int32 {
        board.enter(.checking)
        try check()
        board.enter(.waiting)
        // A source that was never started has not begun anything.
        let seen = { [folder, board] in
            if FileManager.default.fileExists(atPath: folder.status(.source).path) {
                board.reach(StatusBoard.fullStage)
            }
        }
        guard let guest = RendezvousGuest.meet(folder, stop: stop, board: board, whileAway: seen) else { return 0 }
        board.reach(StatusBoard.fullStage)
        let work = try TargetWork(task, settings, target, guest, folder, stop: stop, board: board)
        current.withLock { $0 = work }
        try work.run()
        return 0
    }

    /// A target that cannot be reached or written to from the start ends the process.
    private func check() throws {
        let interrupter = SQLInterrupter()
        try stop.whileUp({ interrupter.interrupt() }) {
            let session = try SQLSession(target, interrupter: interrupter)
            defer { session.close() }
            try Checkpoint(session, job: task.job).prepare()
        }
    }
}
