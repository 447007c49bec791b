import ArgumentParser
import Backups
import Foundation

/// Does one step of the work on a volume as a process of its own. Started by the server only.
struct VolumeWorkerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "volume-worker", abstract: "Do one step of work on a volume (the server starts this).",
        shouldDisplay: false)

    @Argument(help: "What to do.") var step: String
    @Argument(help: "To what, as JSON.") var spec: String

    func run() throws {
        let code = VolumeWorker.run(step, spec, ProcessInfo.processInfo.environment)
        if code != 0 { throw ExitCode(code) }
    }
}
