import ArgumentParser
import Foundation
import Replicator

/// One side of a replication, or its comparison, by a task file. The server's own processes are `replication-worker`; this is
/// for who wants to look at one alone.
struct ReplicateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replicate", abstract: "Be one process of a replication, as a task file says.",
        discussion: """
            Example: martlet replicate verify verify.json
            """, shouldDisplay: false)

    @Argument(help: "source, target or verify.") var role: String
    @Argument(help: "The task file, see docs/replication.md.") var file: String

    func run() throws {
        let code = Command.run([role, file])
        if code != 0 { throw ExitCode(code) }
    }
}
