import Foundation
import GRDB
import Logging
import MartletCore
import MartletEngine
import MartletTesting
import Synchronization

@testable import MartletStore

/// Schedules over a real SQLite file, at a time that the test sets. Nothing runs: a run ends when the test says so.
final class Timekeeper: Sendable {
    /// 2023-11-14 22:00:00 UTC, a Tuesday.
    static let start = Date(milliseconds: 1_699_999_200_000)

    let clock = ManualClock(Timekeeper.start)
    let store: SQLiteStore
    let control: Control
    let scheduler: Scheduler
    let directory: URL
    private let away = Mutex<[ClosedRange<Date>]>([])

    init(
        directory: URL? = nil, notices: NoticeDesk = NoticeDesk(), calendars: WorkCalendars = .builtIn,
        works: [any WorkSource] = [],
        disk: @escaping @Sendable () -> DiskState = { DiskState(free: 1 << 40, total: 1 << 41) }
    ) throws {
        let directory =
            directory ?? FileManager.default.temporaryDirectory.appending(path: "schedules-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        self.directory = directory
        let clock = clock
        store = try SQLiteStore(directory: directory, now: { clock.now }, notices: notices)
        control = Control(
            store: store, executor: ScriptedExecutor { _, _ in .exit(0) }, files: NoLogs(),
            drivers: Drivers([CommandDriver()]), feed: RunFeed(), settings: SettingsBox(EngineSettings(minFree: 0)),
            notices: notices, schedules: ScheduleDesk(zone: "UTC", calendars: calendars, works: works),
            disk: disk, now: { clock.now })
        scheduler = Scheduler(control: control, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    func put(_ fields: JSONValue) async throws -> StoredSchedule { try await put("tick", fields) }

    func put(_ name: String, _ fields: JSONValue, rights: Rights = .all) async throws -> StoredSchedule {
        let schedule = try Schedule(parsing: fields, name: name, zone: "UTC")
        return try await control.putSchedule(schedule, rights: rights)
    }

    /// Moves the clock and acts on what is due then.
    @discardableResult
    func pass(after seconds: Double = 0) async throws -> Date? {
        clock.advance(seconds: seconds)
        return try await scheduler.pass()
    }

    /// Times between two passes that lie far apart.
    var absences: [ClosedRange<Date>] { away.withLock { $0 } }

    /// Nobody looks for a while.
    func away(seconds: Double) async throws {
        let start = clock.now.addingTimeInterval(-600)
        try await pass(after: seconds)
        away.withLock { $0.append(start...clock.now) }
    }

    /// Oldest first.
    func fires(_ name: String = "tick") async throws -> [Fire] {
        try await store.fires(FireQuery(schedule: name, limit: 10_000)).reversed()
    }

    /// Runs the run of the newest fire to its end.
    func end(_ run: RunID?, code: Int32 = 0) async throws {
        guard let run else { throw MartletError(.internal, "there is no run to end") }
        let now = clock.now
        _ = try await store.update(run) { run in
            var changes: [Change] = []
            if run.state == .pending { changes.append(try run.apply(.claim, at: now)) }
            let exit = TaskExit(ending: .exited(code: code), endedAt: now, logBytes: 0)
            changes.append(try run.apply(.taskFinished(exit, Verdict(code == 0 ? .ok : .exit)), at: now))
            return Update(changes: changes)
        }
    }

    func endAll(code: Int32 = 0) async throws {
        for run in try await unfinished() { try await end(run.id, code: code) }
    }

    /// Another program, or a newer version, wrote it.
    func damage(_ name: String) async throws {
        try await store.writer.write { scope in
            try scope.db.execute(sql: "UPDATE schedules SET definition = '{}' WHERE name = ?", arguments: [name])
        }
    }

    func unfinished() async throws -> [Run] {
        var query = RunQuery()
        (query.states, query.limit) = ([.pending, .running], 1000)
        return try await store.runs(query).items
    }

    func allRuns() async throws -> [Run] {
        var (all, query) = ([Run](), RunQuery())
        query.limit = 1000
        while true {
            let page = try await store.runs(query)
            all += page.items
            guard page.hasMore else { return all }
            query.before = page.items.last?.id
        }
    }
}

extension Date {
    /// Seconds after the start of every test.
    static func after(_ seconds: Int64) -> Date {
        Date(milliseconds: Timekeeper.start.milliseconds + seconds * 1000)
    }

    var seconds: Int64 { (milliseconds - Timekeeper.start.milliseconds) / 1000 }
}
