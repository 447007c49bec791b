import Foundation
import GRDB
import MartletCore
import Synchronization
import Testing

@testable import MartletStore

/// A store in a directory of its own, removed with it.
final class StoreFixture: Sendable {
    let directory: URL
    let store: SQLiteStore
    private let events = Mutex<[RunEvent]>([])
    private let ids = Mutex((sequence: RunIDSequence(), random: SystemRandomNumberGenerator()))

    static let start = Date(milliseconds: 1_700_000_000_000)

    init(now: Date = start, notices: NoticeDesk = NoticeDesk(), harvest: RunHarvest = RunHarvest()) throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("store-\(UUID())")
        let relay = EventRelay()
        store = try SQLiteStore(
            directory: directory, now: { now }, notices: notices, harvest: harvest, onCommit: { relay.send($0) })
        relay.receive { [weak self] events in self?.events.withLock { $0 += events } }
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    var databasePath: String { directory.appendingPathComponent("martlet.db").path }
    var seenEvents: [RunEvent] { events.withLock { $0 } }

    func id(at now: Date = start) -> RunID {
        ids.withLock { $0.sequence.next(at: now, random: $0.random.next()) }
    }

    func run(
        job name: String? = nil, driver: String = "command", key: String? = nil,
        labels: [String: String] = [:], concurrency: Int? = nil, at created: Date = start, due: Date? = nil,
        retry: RetryPolicy? = nil
    ) -> Run {
        let job = Job(
            name: name, tasks: [TaskSpec(name: "main", driver: driver, spec: ["argv": ["/bin/true"]])],
            params: ["path": ParamSpec(required: true)], retry: retry, concurrency: concurrency)
        return Run(
            id: id(at: created), job: job, params: ["path": "/data", "depth": 3], key: key, labels: labels,
            trigger: Trigger(source: "api", caller: "admin"), createdAt: created, dueAt: due)
    }

    @discardableResult
    func insert(_ run: Run) async throws -> RunID {
        _ = try await store.insert([NewRun(run: run)], idempotency: nil)
        return run.id
    }

    func claim(_ limit: Int = 1000, runs: Int = 1000, drivers: [String: Int] = [:], at now: Date = start)
        async throws -> [Run]
    {
        try await store.claim(limit: limit, within: DispatchLimits(runs: runs, drivers: drivers), at: now)
    }

    @discardableResult
    func apply(_ command: RunCommand, to id: RunID, at now: Date = start) async throws -> Run {
        try await store.update(id) { Update(try $0.apply(command, at: now)) }
    }

    /// Inserts, claims and ends a run.
    @discardableResult
    func ended(_ run: Run, code: Int32 = 0, logBytes: Int64 = 0, at now: Date = start) async throws -> RunID {
        try await insert(run)
        let verdict = Verdict(code == 0 ? .ok : .exit)
        try await apply(.claim, to: run.id, at: now)
        let exit = TaskExit(ending: .exited(code: code), endedAt: now, logBytes: logBytes)
        try await apply(.taskFinished(exit, verdict), to: run.id, at: now)
        return run.id
    }

    /// Another process's view of the file.
    func outside<Value>(_ body: (Database) throws -> Value) throws -> Value {
        var configuration = Configuration()
        configuration.readonly = true
        return try DatabaseQueue(path: databasePath, configuration: configuration).read(body)
    }
}

/// Lets the fixture hear of events that the store hands out.
private final class EventRelay: Sendable {
    /// See ``RunHarvest``: not a bare function.
    private struct Receiver: Sendable {
        var body: (@Sendable ([RunEvent]) -> Void)?
    }

    private let receiver = Mutex(Receiver())
    func receive(_ body: @escaping @Sendable ([RunEvent]) -> Void) { receiver.withLock { $0.body = body } }
    func send(_ events: [RunEvent]) { receiver.withLock { $0.body }?(events) }
}

/// The error code of what `body` throws; nil when it throws nothing or something else.
func code(of body: () async throws -> Void) async -> MartletError.Code? {
    do {
        try await body()
        return nil
    } catch {
        return (error as? MartletError)?.code
    }
}

/// Deterministic randomness (SplitMix64), so that a failing case can be run again.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
