import Foundation
package import Logging
package import MartletCore
import Synchronization

/// Keeps the set of tasks in force: the last good one, whatever becomes of the file.
package final class TaskLoader: Sendable {
    struct State: Sendable {
        /// In force, with the tasks that were read under them.
        var settings: ScriptSettings
        /// Wanted; in force once their file is valid.
        var wanted: ScriptSettings
        var catalog = Catalog()
        var loadedAt: Date?
        /// Of the last attempt to load; the tasks in force are older when there are any.
        var problems: [TaskFileProblem] = []
        var warnings: [TaskFileProblem] = []
        var signature: FileSignature?
    }

    private let state: Mutex<State>
    private let logger: Logger

    package init(settings: ScriptSettings, logger: Logger) {
        state = Mutex(State(settings: settings, wanted: settings))
        self.logger = logger
    }

    var current: State { state.withLock { $0 } }

    /// The first load: a file that is not valid stops the start, with everything that is wrong with it.
    package func start() throws(MartletError) {
        load()
        if let error { throw error }
    }

    /// Reads the file again, with new settings when there are any. When it is not valid the last good set stays, the
    /// log says so, and the error is returned.
    @discardableResult
    package func reload(_ settings: ScriptSettings? = nil) -> MartletError? {
        if let settings { state.withLock { $0.wanted = settings } }
        load()
        return error
    }

    private var error: MartletError? {
        let state = current
        guard let file = state.wanted.tasksFile, !state.problems.isEmpty else { return nil }
        return MartletError(
            .invalid, "the task file \(file) is not valid",
            problems: state.problems.map { FieldProblem(field: "", problem: $0.description) })
    }

    /// Reloads when the file is another than the one that was read last, in place or renamed over.
    func reloadIfChanged() {
        let (file, read) = state.withLock { ($0.wanted.tasksFile, $0.signature) }
        guard let file, FileSignature(file) != read else { return }
        load()
    }

    private func load() {
        let wanted = current.wanted
        guard let file = wanted.tasksFile else {
            state.withLock { $0 = State(settings: wanted, wanted: wanted, loadedAt: Date()) }
            return
        }
        // The signature before the content: a change in between is seen by the next look.
        let signature = FileSignature(file)
        let read = TaskFile(path: file, collectDirectory: wanted.collectDirectory)
        state.withLock { state in
            state.signature = signature
            state.problems = read.problems
            state.warnings = read.warnings
            guard read.problems.isEmpty else { return }
            state.settings = wanted
            state.catalog = Catalog(read.tasks)
            state.loadedAt = Date()
        }
        report(read, file)
    }

    private func report(_ read: TaskFile, _ file: String) {
        let isFirst = current.loadedAt == nil
        for problem in read.problems {
            logger.error(
                isFirst ? "task file not loaded" : "task file not loaded, the last good set stays",
                metadata: ["file": "\(file)", "problem": "\(problem)"])
        }
        for warning in read.warnings {
            logger.warning("task will not start", metadata: ["file": "\(file)", "problem": "\(warning)"])
        }
        if read.problems.isEmpty {
            logger.info("task file loaded", metadata: ["file": "\(file)", "tasks": "\(read.tasks.count)"])
        }
    }
}
