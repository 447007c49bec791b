import Foundation
import Logging
import MartletCore
import MartletEngine

/// Brings the lines of runs into the files, and the book along. After a failure nothing is lost and nothing comes
/// twice: the events of the failed round are taken again, and what is written already is known.
struct TaskLogWriter {
    private static let batch = 500
    private static let betweenLooks = Duration.milliseconds(400)

    private let logs: TaskLogs
    private let directory: TaskLogDirectory
    private let positions: TaskLogDirectory
    private var book: TaskLogBook
    private var saved: TaskLogBook?
    private var surplus: TaskLogSurplus
    private var runs: [RunID: TaskLogRun] = [:]
    /// Runs that go on and whose lines are not wanted.
    private var unwanted: Set<RunID> = []
    private var lookedAt: ContinuousClock.Instant?

    /// Goes on where the book says; without one, at the newest event and with the live runs.
    init(_ logs: TaskLogs) async throws {
        self.logs = logs
        directory = try TaskLogDirectory(logs.directory)
        positions = try TaskLogDirectory(logs.directory + "/.positions")
        let newest = try await logs.control.eventRange()?.upperBound ?? 0
        guard let book = try Self.book(in: positions, logs.logger) else {
            book = TaskLogBook(event: newest, files: try directory.marks())
            surplus = TaskLogSurplus()
            for run in try await logs.control.store.liveRuns() { add(run, after: nil) }
            return
        }
        self.book = book
        self.book.event = min(book.event, newest)
        surplus = try TaskLogSurplus(directory, since: book.files, kept: logs.limits.kept)
        self.book.files = try directory.marks()
        for (text, position) in book.runs {
            guard let id = RunID(text), let run = try await logs.control.store.run(id) else { continue }
            add(run, after: position)
        }
    }

    private static func book(in positions: TaskLogDirectory, _ logger: Logger) throws -> TaskLogBook? {
        guard positions.mark(of: TaskLogBook.name) != nil else { return nil }
        do {
            return try JSONDecoder().decode(TaskLogBook.self, from: Data(try positions.read(TaskLogBook.name)))
        } catch let error as DecodingError {
            logger.error("the tasks' logs begin anew, their book cannot be read", metadata: ["error": "\(error)"])
            return nil
        }
    }

    var hasLiveRuns: Bool { runs.values.contains { $0.isLive } }

    /// Takes what has happened, and looks at the live runs if that is due.
    mutating func round(_ complaints: inout TaskLogs.Complaints) async throws {
        var more = true
        while more {
            // Before its first attempt a run has no log.
            let (events, upTo) = try await logs.control.startedEvents(after: book.event, limit: Self.batch)
            try await take(events, &complaints)
            book.event = upTo
            runs = runs.filter { !$0.value.isDone }
            try save()
            more = events.count == Self.batch
        }
        guard lookedAt.map({ $0 + Self.betweenLooks < .now }) ?? true else { return }
        // At first at all of them: what stands in the logs already is then behind them.
        for (id, run) in runs where run.isLive || lookedAt == nil { try write(id, &complaints) }
        runs = runs.filter { !$0.value.hasEnded }
        surplus = TaskLogSurplus()
        lookedAt = .now
        try save()
    }

    private mutating func take(_ events: [RunEvent], _ complaints: inout TaskLogs.Complaints) async throws {
        var newest: [RunID: RunEvent] = [:]
        for event in events { newest[event.run] = event }
        for event in newest.values.sorted(by: { $0.number < $1.number }) {
            guard try await wants(event) else { continue }
            runs[event.run]?.see(event)
            if !event.to.isLive { try write(event.run, &complaints) }
            if event.to.isEnd { runs[event.run]?.isDone = true }
        }
    }

    private mutating func wants(_ event: RunEvent) async throws -> Bool {
        if runs[event.run] == nil, !unwanted.contains(event.run), let run = try await logs.control.store.run(event.run)
        {
            add(run, after: nil)
            if runs[run.id] == nil { unwanted.insert(run.id) }
        }
        if event.to.isEnd { unwanted.remove(event.run) }
        return runs[event.run] != nil
    }

    private mutating func add(_ run: Run, after position: LogPosition?) {
        guard run.driver == logs.driver, let name = logs.fileName(run) else { return }
        guard Token.isValid(name) else {
            logs.logger.error("no file name for a task's log", metadata: ["run": "\(run.id)", "name": "\(name)"])
            return
        }
        runs[run.id] = TaskLogRun(run, file: "\(name).log", after: position)
    }

    /// Writes the lines of a run that are there.
    private mutating func write(_ id: RunID, _ complaints: inout TaskLogs.Complaints) throws {
        guard var run = runs[id], !run.isDone else { return }
        defer { runs[id] = run }
        do {
            while let lines = try run.next(in: logs.control.files) {
                let texts = TaskLogLine.bytes(lines, of: id)
                var rest = texts[...].drop { surplus.takes($0.dropLast(), of: id) }
                defer {
                    run.wrote(lines.count - rest.count, of: lines)
                    book.files[run.file] = directory.mark(of: run.file)
                }
                try directory.append(&rest, to: run.file, logs.limits)
            }
        } catch let trouble as TaskLogTrouble where trouble.isForeign {
            // Waiting would hold up every other task.
            complaints.add("the lines of a run are left out of its task's log", trouble.description)
            run.isDone = true
        } catch let error as MartletError where error.code == .notFound {
            run.isDone = true  // Removed by retention.
        }
    }

    private mutating func save() throws {
        guard surplus.isEmpty else { return }
        book.runs = Dictionary(uniqueKeysWithValues: runs.map { ($0.key.description, $0.value.position) })
        guard book != saved else { return }
        try positions.replace(TaskLogBook.name, with: Array(try JSONEncoder().encode(book)))
        saved = book
    }
}
