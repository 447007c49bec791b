import ArgumentParser
import Foundation
import Scripts

/// Runs one built-in task as a process of its own. Started by the server only.
struct TaskWorker: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "task", abstract: "Run a built-in task (the server starts this).", shouldDisplay: false)

    @Argument(help: "Path of the task, such as tendb-ha/counter.") var path: String

    func run() async throws {
        do {
            Terminal.print(
                try await BuiltInWorker.run(path, ProcessInfo.processInfo.environment) { Terminal.print($0) })
        } catch {
            Terminal.complain("\(error)")
            throw ExitCode(1)
        }
    }
}
