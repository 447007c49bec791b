import ArgumentParser
import Clusters
import Foundation

/// Runs one playbook as a process of its own. Started by the server only.
struct PlaybookWorkerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "playbook-worker", abstract: "Run a playbook on a cluster (the server starts this).",
        shouldDisplay: false)

    @Argument(help: "Where things are, as JSON.") var settings: String
    @Argument(help: "What to do, as JSON, in one or several pieces.") var spec: [String]

    func run() throws {
        let code = PlaybookWorker.run(settings, spec, ProcessInfo.processInfo.environment)
        if code != 0 { throw ExitCode(code) }
    }
}
