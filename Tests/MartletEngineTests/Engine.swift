import Foundation
import Logging
import MartletCore
import MartletEngine
import MartletStore
import MartletTesting

/// A whole engine over a real SQLite file and a scripted executor.
final class Engine: Sendable {
    let control: Control
    let executor: ScriptedExecutor
    let directory: URL
    private let dispatching: Task<Void, any Error>

    init(
        directory: URL? = nil, settings: EngineSettings = EngineSettings(minFree: 0), clock: ManualClock? = nil,
        drivers: [any Driver] = [CommandDriver()], files: any LogFiles = NoLogs(), feed: RunFeed = RunFeed(),
        executor: ScriptedExecutor
    ) throws {
        let directory =
            directory ?? FileManager.default.temporaryDirectory.appending(path: "engine-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        self.directory = directory
        self.executor = executor
        let store = try SQLiteStore(directory: directory, onCommit: { feed.publish($0) })
        let control = Control(
            store: store, executor: executor, files: files, drivers: Drivers(drivers), feed: feed,
            settings: SettingsBox(settings), disk: { DiskState(free: 1 << 40, total: 1 << 41) },
            now: { clock?.now ?? Date() })
        self.control = control
        let dispatcher = Dispatcher(
            control: control, dataDirectory: directory.path,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        dispatching = Task { try await dispatcher.run() }
    }

    /// The server goes away; what is stored stays.
    func crash() async {
        dispatching.cancel()
        _ = await dispatching.result
    }

    deinit { dispatching.cancel() }

    func submit(_ job: Job, key: String? = nil, dueAt: Date? = nil) async throws -> RunID {
        let submission = Submission(
            work: .inline(job), key: key, trigger: Trigger(source: "test"), rights: .all, dueAt: dueAt)
        return try await control.submit(submission).ids[0]
    }

    func view(_ id: RunID) async throws -> RunView { try await control.view(of: try await control.require(id)) }

    func ended(_ id: RunID) async throws -> Run { try await control.wait(for: id, upTo: .seconds(300)) }

    func reaches(_ state: RunState, _ id: RunID) async throws -> Run {
        for await _ in control.feed.changes() {
            let run = try await control.require(id)
            if run.state == state { return run }
            if run.state.isEnd { break }
        }
        return try await control.require(id)
    }

    /// What was launched, as soon as it is so much: a run counts as running a moment before. After 300 s as it is.
    func launches(_ count: Int) async throws -> [TaskAddress] {
        let end = ContinuousClock.now + .seconds(300)
        while executor.launched.count < count, .now < end { try await Task.sleep(for: .milliseconds(20)) }
        return executor.launched
    }

    /// The run as soon as its report is as wanted, of which no event tells; after 300 s as it is.
    func told(_ id: RunID, _ isWanted: (TaskReport) -> Bool) async throws -> Run {
        let end = ContinuousClock.now + .seconds(300)
        while true {
            let run = try await control.require(id)
            if isWanted(run.report) || run.state.isEnd || .now > end { return run }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}

extension Job {
    static func tasks(_ names: String...) -> Job {
        Job(
            tasks: names.map {
                TaskSpec(name: $0, spec: ["command": [.string($0)]], when: $0.hasPrefix("always") ? .always : .success)
            })
    }
}
