import Foundation
import Logging
import MartletCore
import MartletEngine
import MartletTesting
import Synchronization

@testable import MartletStore

/// A job as these tests write it.
struct SampleJob: Codable, Sendable {
    var id = "j"
    var type = NomadJobType.batch
    var count = 1
    var tasks = ["t"]
    var leader: String?
    var driver = "raw_exec"
    var datacenter = "dc1"
    var command = "/bin/true"
    var cpu = 100
    var restarts = 0
    var reschedules = 0
    /// Seconds.
    var rescheduleDelay = 5
    var isUnlimited = false
    var maxParallel = 0
    var priority = 50
    var refusal: String?
    var isTemplate = false
    /// Seconds between the times of a periodic job.
    var every: Int64?
    var prohibitsOverlap = false
    var autoRevert = false
    var autoPromote = false
    var canaries = 0
    /// Restarts of one task, in place of `restarts`.
    var ownRestarts: [String: Int] = [:]
    /// Seconds.
    var shutdownDelay: Int64 = 0

    fileprivate func rule(of task: String) -> NomadRestartRule {
        let second: Int64 = 1_000_000_000
        return NomadRestartRule(
            attempts: ownRestarts[task] ?? restarts, interval: 86_400 * second, delay: 15 * second, mode: .fail)
    }

    var draft: NomadJobDraft {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            return NomadJobDraft(
                id: id, type: type, priority: priority, isTemplate: isTemplate,
                content: String(decoding: try encoder.encode(self), as: UTF8.self))
        }
    }
}

struct SamplePlanner: JobPlanner {
    func plan(of job: NomadJobRecord, secrets: [String: Secret], on node: String) throws -> JobPlan {
        let sample = try JSONDecoder().decode(SampleJob.self, from: Data(job.content.utf8))
        let second: Int64 = 1_000_000_000
        let tasks = sample.tasks.map { name in
            var task = TaskPlan(
                name: name, driver: sample.driver, spec: ["command": [.string(sample.command)]],
                restart: sample.rule(of: name), isLeader: name == sample.leader,
                ask: NomadResources(cpu: sample.cpu, memory: 10),
                refusal: sample.refusal.map { NomadTask.Refusal(.validation, $0) })
            task.shutdownDelay = sample.shutdownDelay * second
            return task
        }
        let rule = RescheduleRule(
            attempts: sample.reschedules, interval: 86_400 * second, delay: Int64(sample.rescheduleDelay) * second,
            isUnlimited: sample.isUnlimited)
        var update: UpdateRule?
        if sample.maxParallel > 0 {
            update = UpdateRule(maxParallel: sample.maxParallel, autoRevert: sample.autoRevert)
            update?.canaries = sample.canaries
            update?.autoPromote = sample.autoPromote
        }
        return JobPlan(
            datacenters: [sample.datacenter],
            groups: [
                GroupPlan(
                    name: "g", count: sample.count, tasks: tasks, reschedule: rule, update: update)
            ])
    }

    func task(_ task: TaskPlan, in allocation: NomadAllocation) -> TaskPlan { task }

    func launches(of content: String) throws -> LaunchRule? {
        let sample = try JSONDecoder().decode(SampleJob.self, from: Data(content.utf8))
        guard let every = sample.every else { return nil }
        let timetable = try Timetable(
            .every(.seconds(every)), zone: .gmt, clock: .once, days: nil, anchor: Date(milliseconds: 0), seed: "")
        return LaunchRule(timetable: timetable, prohibitsOverlap: sample.prohibitsOverlap)
    }

    func child(of job: NomadJobRecord, named id: String, secrets: [String: Secret]) throws -> NomadJobDraft {
        var sample = try JSONDecoder().decode(SampleJob.self, from: Data(job.content.utf8))
        (sample.id, sample.isTemplate, sample.every) = (id, false, nil)
        var draft = try sample.draft
        draft.parentID = job.id
        return draft
    }

    func draft(of content: String, like job: NomadJobRecord) throws -> NomadJobDraft {
        NomadJobDraft(id: job.id, type: job.type, priority: job.priority, content: content)
    }
}

/// The scheduler over a real SQLite file, at a time that the test sets. Nothing runs: a run begins and ends when the
/// test says so.
final class NomadBench: Sendable {
    let clock: ManualClock
    let store: SQLiteStore
    let control: Control
    let nomad: Nomad
    let directory: URL
    private let current: Mutex<NomadScheduler>

    init(directory: URL? = nil, clock: ManualClock = ManualClock(Timekeeper.start), cpu: Int = 1000) throws {
        let directory =
            directory ?? FileManager.default.temporaryDirectory.appending(path: "nomad-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        self.directory = directory
        self.clock = clock
        store = try SQLiteStore(directory: directory, now: { clock.now })
        control = Control(
            store: store, executor: ScriptedExecutor { _, _ in .hang }, files: NoLogs(),
            drivers: Drivers([CommandDriver()]), feed: RunFeed(), settings: SettingsBox(EngineSettings(minFree: 0)),
            disk: { DiskState(free: 1 << 40, total: 1 << 41) }, now: { clock.now })
        nomad = Nomad(
            control: control, planner: SamplePlanner(),
            facts: NomadNodeFacts(
                name: "n", datacenter: "dc1", drivers: ["raw_exec"],
                resources: NomadResources(cpu: cpu, memory: 100_000)))
        current = Mutex(Self.scheduler(nomad))
    }

    private static func scheduler(_ nomad: Nomad) -> NomadScheduler {
        NomadScheduler(nomad, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// The scheduler of a server that was started anew: it remembers nothing.
    func restart() { current.withLock { $0 = Self.scheduler(nomad) } }

    /// Two servers' schedulers at once, as when one that is being ended has not noticed yet.
    func workTwice() async throws {
        let (one, other) = (Self.scheduler(nomad), Self.scheduler(nomad))
        async let first = one.work()
        async let second = other.work()
        _ = try await (first, second)
    }

    /// Decides on everything that is there to decide.
    @discardableResult
    func work(after seconds: Double = 0) async throws -> Date? {
        clock.advance(seconds: seconds)
        return try await current.withLock { $0 }.work()
    }

    @discardableResult
    func register(_ job: SampleJob = SampleJob()) async throws -> NomadRegistered {
        let registered = try await nomad.register(try job.draft)
        try await work()
        return registered
    }

    /// By place and age.
    func allocations(_ job: String = "j") async throws -> [NomadAllocationRuns] {
        try await store.nomadAllocations(.job(job), withHistory: true).items.sorted {
            ($0.record.slot, $0.record.createIndex) < ($1.record.slot, $1.record.createIndex)
        }
    }

    func view(_ job: String = "j") async throws -> [NomadAllocationView] {
        try await allocations(job).map(NomadAllocationView.init)
    }

    func state(_ job: String = "j") async throws -> NomadJobState? { try await store.nomadJob(job) }
    func evaluations(_ job: String = "j") async throws -> [NomadEvaluation] {
        try await store.nomadEvaluations(.job(job)).items.sorted { ($0.createIndex, $0.id) < ($1.createIndex, $1.id) }
    }

    // MARK: Runs

    /// Claims the run, and has its process begin.
    func begin(_ run: RunID?) async throws {
        let (run, now) = (try unwrapped(run), clock.now)
        _ = try await store.update(run) { run in
            var changes: [Change] = []
            if run.state == .pending { changes.append(try run.apply(.claim, at: now)) }
            let handle = TaskHandle(bootID: "boot", keeperPID: 1, keeperStart: 1, protocolVersion: 1)
            changes.append(try run.apply(.taskStarted(handle), at: now))
            return Update(changes: changes)
        }
    }

    /// Its process ends by itself.
    func end(_ run: RunID?, code: Int32 = 0) async throws {
        try await end(run, .exited(code: code), stopped: false)
    }

    /// It ends with what its driver says about that.
    func end(_ run: RunID?, code: Int32, saying note: String?, stopped: Bool = false) async throws {
        let (run, now) = (try unwrapped(run), clock.now)
        _ = try await store.update(run) { run in
            let exit = TaskExit(ending: .exited(code: code), stopped: stopped, endedAt: now)
            return Update(try run.apply(.taskFinished(exit, Verdict(code == 0 ? .ok : .exit, note: note)), at: now))
        }
    }

    func tell(_ run: RunID?, _ note: String) async throws {
        _ = try await store.update(try unwrapped(run)) { _ in Update(notes: [note]) }
    }

    /// Its process does as it is told.
    func obey(_ run: RunID?) async throws { try await end(run, .signalled(2), stopped: true) }

    private func end(_ run: RunID?, _ ending: TaskExit.Ending, stopped: Bool) async throws {
        let (run, now) = (try unwrapped(run), clock.now)
        _ = try await store.update(run) { run in
            let exit = TaskExit(ending: ending, stopped: stopped, endedAt: now)
            return Update(try run.apply(.taskFinished(exit, Verdict(of: exit)), at: now))
        }
    }

    private func unwrapped(_ run: RunID?) throws -> RunID {
        guard let run else { throw MartletError(.internal, "there is no run") }
        return run
    }
}

extension NomadAllocationRuns {
    var run: RunID? { record.tasks[0].run }
    var status: NomadAllocationFacts.ClientStatus { facts.clientStatus }
}
