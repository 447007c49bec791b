package import Logging
import MartletCore
package import MartletEngine

/// Removes what killed runs left, at the server's start and soon after each of their ends.
package struct PlaybookCare: Sendable {
    private static let pause = Duration.seconds(1)

    private let control: Control
    private let leftovers: PlaybookLeftovers
    private let logger: Logger

    package init(control: Control, dataDirectory: String, logger: Logger) {
        self.control = control
        leftovers = PlaybookLeftovers(dataDirectory: dataDirectory)
        self.logger = logger
    }

    /// Runs until it is cancelled.
    package func run() async throws {
        let changes = control.feed.changes()
        await sweep()
        for await _ in changes {
            await sweep()
            // Several changes are looked at together.
            try await Task.sleep(for: Self.pause)
        }
    }

    func sweep() async {
        do {
            _ = try await leftovers.remove { address in
                guard let run = try await control.run(address.run) else { return false }
                return !address.isOver(in: run.state, attempt: run.attempt, task: run.task)
            }
        } catch {
            logger.error("files of ended playbook runs stay", metadata: ["error": "\(error)"])
        }
    }
}
