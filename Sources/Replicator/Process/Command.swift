internal import Foundation
internal import Glibc
internal import MartletCore
internal import SQLClient

/// `replicate source FILE`, `replicate target FILE`, `replicate verify FILE`; see docs/protocol.md.
package enum Command {
    package static let usage = "usage: replicate source|target|verify TASKFILE"
    private static let tick = Duration.milliseconds(250)
    /// For work that does not end when it is asked to: what is not committed is undone by the server.
    private static let patience = Duration.seconds(10)

    /// Runs until the work is done or a signal ends it; gives the exit code.
    package static func run(_ arguments: [String]) -> Int32 {
        Signals.block()
        guard arguments.count == 2, let role = TaskFile.Role(rawValue: arguments[0]) else { return refuse(usage) }
        do {
            return run(try TaskFile(at: arguments[1], role: role))
        } catch {
            return refuse("\(error)")
        }
    }

    /// The same for a task that was read already. The signals are blocked.
    package static func run(_ task: TaskFile) -> Int32 {
        do {
            let folder = try JobFolder(task.folder)
            try folder.claim(task.role)
            let stop = StopFlag()
            let board = StatusBoard(folder.status(task.role), role: task.role.rawValue, job: task.job)
            let process = try process(task, folder, stop: stop, board: board)
            board.write()
            return follow(process, stop: stop, board: board)
        } catch {
            return refuse("\(error)")
        }
    }

    private static func process(
        _ task: TaskFile, _ folder: JobFolder, stop: StopFlag, board: StatusBoard
    ) throws(MartletError) -> any RoleProcess {
        switch task.role {
        case .source: try SourceProcess(task, folder, stop: stop, board: board)
        case .target: try TargetProcess(task, folder, stop: stop, board: board)
        case .verify: try VerifyProcess(task, stop: stop, board: board)
        }
    }

    /// This thread takes the signals and writes the status; the work has its own.
    private static func follow(_ process: any RoleProcess, stop: StopFlag, board: StatusBoard) -> Int32 {
        let result = Monitor<Result<Int32, any Error>?>(nil)
        let thread = OwnThread("work") {
            let outcome = Result { try process.run() }
            result.withLock { $0 = outcome }
            stop.raise()
        }
        var lastWrite = ContinuousClock.now
        var deadline: ContinuousClock.Instant?
        while result.withLock({ $0 }) == nil {
            if Signals.wait(tick) {
                guard deadline == nil else { return end(.success(0), board) }
                deadline = .now + patience
                board.note(.info, "a signal asks to stop")
                stop.raise()
            }
            if let deadline, deadline < .now { return end(.success(0), board) }
            guard ContinuousClock.now - lastWrite >= .seconds(1) else { continue }
            lastWrite = .now
            process.tick()
            board.write()
        }
        thread.join()
        let outcome = result.withLock { $0 } ?? .success(0)
        if deadline != nil, case .failure(let error) = outcome {
            // A stop breaks the sessions in use.
            board.note(.info, "interrupted: \(StatusBoard.oneLine(Failure.text(error)))")
            return end(.success(0), board)
        }
        return end(outcome, board)
    }

    private static func end(_ result: Result<Int32, any Error>, _ board: StatusBoard) -> Int32 {
        switch result {
        case .success(let code):
            board.enter(.stopped)
            board.write()
            return code
        case .failure(let error):
            let text = StatusBoard.oneLine(Failure.text(error))
            board.note(.error, text)
            board.change { report in
                report.error = text
                report.state = .failed
            }
            board.write()
            say(text)
            return 2
        }
    }

    private static func refuse(_ text: String) -> Int32 {
        say(StatusBoard.oneLine(text))
        return 1
    }

    private static func say(_ text: String) { FileHandle.standardError.write(Data("\(text)\n".utf8)) }
}

/// What a process does until it is asked to stop.
protocol RoleProcess: Sendable {
    /// Gives the exit code.
    /// - Throws: why it failed; a stop is no failure.
    func run() throws -> Int32
    /// Every second, from another thread: what changes with time alone.
    func tick()
}
