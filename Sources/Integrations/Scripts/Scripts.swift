import Foundation
package import Logging
package import MartletCore
package import MartletEngine
package import MartletHTTP
package import ServiceLifecycle

/// The integration that serves legacy scripts and built-in tasks as HTTP endpoints.
package struct Scripts: Sendable {
    package let loader: TaskLoader
    package let driver: any Driver
    package let facade: any Facade
    package let routes: [Route]
    /// What schedules can start.
    package let work: any WorkSource
    private let logger: Logger

    /// `martlet`: path of the server's own program.
    package init(settings: ScriptSettings, martlet: String, logger: Logger) {
        loader = TaskLoader(settings: settings, logger: logger)
        driver = ScriptDriver(martlet: martlet)
        facade = ScriptFacade(loader: loader)
        routes = ScriptRoutes(loader: loader).routes
        work = ScriptWork(loader: loader)
        self.logger = logger
    }

    package func services(control: Control, logDirectory: String) -> [any Service] {
        [
            TaskFileWatch(loader: loader, control: control, logger: logger),
            TaskLogs(control: control, directory: logDirectory, driver: ScriptDriver.name, logger: logger) { run in
                loader.current.catalog.logFile(of: run)
            },
        ]
    }
}

/// Looks at the task file once a second: cheap, and right on every file system and for every way of replacing it.
struct TaskFileWatch: Service {
    let loader: TaskLoader
    let control: Control
    let logger: Logger

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            var seen: Date?
            while true {
                if let loaded = loader.current.loadedAt, loaded != seen {
                    seen = loaded
                    await loader.warnAboutMissingSecrets(control, logger)
                }
                try await Task.sleep(for: .seconds(1))
                loader.reloadIfChanged()
            }
        }
    }
}

/// What a task file is worth, for commands that start no server.
package struct TaskFileCheck: Sendable {
    package let problems: [TaskFileProblem]
    package let warnings: [TaskFileProblem]
    /// Every task's canonical path, sorted.
    package let paths: [String]
    /// What the file would serve, as `/list` tells it.
    package let routes: [(method: String, path: String)]

    package init(path: String, collectDirectory: String) {
        let file = TaskFile(path: path, collectDirectory: collectDirectory)
        problems = file.problems
        warnings = file.warnings
        let catalog = Catalog(file.tasks)
        paths = catalog.entries.map(\.task.path)
        routes = catalog.routes(for: .all)
    }
}
