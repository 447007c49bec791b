import Foundation
package import Logging
package import MartletCore
package import MartletEngine
import ServiceLifecycle

/// Writes what the runs of a driver print to one file for each task, while they run. Trouble with these files is
/// logged and tried again; it never touches a run.
package struct TaskLogs: Service {
    package struct Limits: Sendable {
        /// A file is rotated before it grows beyond.
        package var bytes: Int
        /// How many rotated files stay.
        package var kept: Int
        package init(bytes: Int = 100_000_000, kept: Int = 10) {
            self.bytes = bytes
            self.kept = kept
        }
    }

    private static let pause = Duration.milliseconds(200)
    private static let pauseAfterTrouble = Duration.seconds(1)

    let control: Control
    let directory: String
    let driver: String
    let limits: Limits
    let logger: Logger
    /// A token that names the task's file, without `.log`; nil: the run's lines are not wanted.
    let fileName: @Sendable (Run) -> String?

    package init(
        control: Control, directory: String, driver: String = "script", limits: Limits = Limits(), logger: Logger,
        fileName: @escaping @Sendable (Run) -> String?
    ) {
        self.control = control
        self.directory = directory
        self.driver = driver
        self.limits = limits
        self.logger = logger
        self.fileName = fileName
    }

    /// Until it is cancelled or the server shuts down; what is then unwritten comes after the next start.
    package func run() async throws {
        let changes = control.feed.changes()
        let (wakes, wake) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in changes { wake.yield() } }
            var writer: TaskLogWriter?
            var complaints = Complaints(logger: logger)
            for await _ in wakes.cancelOnGracefulShutdown() {
                let isCalm = await round(&writer, &complaints)
                // What live runs print is announced by nobody.
                if !isCalm || writer?.hasLiveRuns ?? true { wake.yield() }
                // Cancelled: the loop ends with its stream.
                try? await Task.sleep(for: isCalm ? Self.pause : Self.pauseAfterTrouble)
            }
            group.cancelAll()
        }
    }

    /// False when there was trouble.
    private func round(_ writer: inout TaskLogWriter?, _ complaints: inout Complaints) async -> Bool {
        do {
            var current =
                if let writer { writer } else { try await TaskLogWriter(self) }
            defer { writer = current }
            try await current.round(&complaints)
            return true
        } catch is CancellationError {
            return true
        } catch {
            complaints.add("cannot write the tasks' logs, trying again", "\(error)")
            return false
        }
    }
}

extension TaskLogs {
    /// Says the same at most once a minute.
    struct Complaints {
        let logger: Logger
        private var times: [String: ContinuousClock.Instant] = [:]

        init(logger: Logger) { self.logger = logger }

        mutating func add(_ message: Logger.Message, _ error: String) {
            if let last = times[error], last + .seconds(60) > .now { return }
            times = times.filter { $0.value + .seconds(60) > .now }
            times[error] = .now
            logger.warning(message, metadata: ["error": "\(error)"])
        }
    }
}
