import ArgumentParser
import Foundation
import Jobs

/// Is one side of a replication, as a process of its own. Started by the server only.
struct ReplicationWorkerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: ReplicationDriver.worker, abstract: "Copy and follow a database (the server starts this).",
        shouldDisplay: false)

    @Argument(help: "What to do, as JSON.") var task: String

    func run() throws {
        let code = ReplicationWorker.run(task, ProcessInfo.processInfo.environment)
        if code != 0 { throw ExitCode(code) }
    }
}
