import Foundation
import Logging
import MartletCore
import MartletEngine
import MartletStore
import MartletTesting
import Testing

/// The scheduler as a server runs it, with a dispatcher beside it: jobs-replication contract §F cases 8 and 14.
@Suite struct NomadServiceTests {
    /// A server on a directory; its processes are gone with it, as after a reboot, unless they had ended.
    private struct Server {
        let engine: Engine
        let nomad: Nomad
        private let scheduling: Task<Void, Never>

        init(directory: URL? = nil, bootID: String = "boot-1", _ step: ScriptedExecutor.Step) throws {
            engine = try Engine(directory: directory, executor: ScriptedExecutor(bootID: bootID) { _, _ in step })
            nomad = Nomad(
                control: engine.control, planner: SamplePlanner(),
                facts: NomadNodeFacts(
                    name: "n", datacenter: "dc1", drivers: ["raw_exec"],
                    resources: NomadResources(cpu: 3200, memory: 1 << 20)))
            let scheduler = NomadScheduler(nomad, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            scheduling = Task { await scheduler.run() }
        }

        func crash() async {
            scheduling.cancel()
            await engine.crash()
            await scheduling.value
        }

        func register(_ count: Int) async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<count {
                    group.addTask {
                        var job = SampleJob()
                        job.id = "j\(number)"
                        _ = try await nomad.register(try job.draft)
                    }
                }
                try await group.waitForAll()
            }
        }

        /// Waits until as many jobs are dead; after ten minutes as they are.
        func dead(_ count: Int) async throws -> Int {
            let end = ContinuousClock.now + .seconds(600)
            for await _ in nomad.bell.changes(of: .jobs) {
                let dead = try await engine.control.store.nomadJobs(prefix: "").items.count { $0.status == .dead }
                if dead >= count || .now > end { return dead }
                try await Task.sleep(for: .milliseconds(50))
            }
            return 0
        }
    }

    @Test func `many jobs go through, each once`() async throws {
        let server = try Server(.exit(0))
        try await server.register(300)
        #expect(try await server.dead(300) == 300)
        #expect(server.engine.executor.launched.count == 300)
        let allocations = try await server.engine.control.store.nomadAllocations(.prefix(""), withHistory: false).items
        #expect(allocations.count == 300 && allocations.allSatisfy { $0.facts.clientStatus == .complete })
        await server.crash()
    }

    @Test func `a server that dies with a full queue loses nothing and doubles nothing`() async throws {
        let first = try Server(.hang)
        try await first.register(100)
        // As many as there is room for run; the others wait.
        let end = ContinuousClock.now + .seconds(300)
        while first.engine.executor.launched.count < 32, .now < end { try await Task.sleep(for: .milliseconds(20)) }
        let before = try await first.nomad.control.store.nomadIndexes().values.max() ?? 0
        await first.crash()
        // The machine has restarted: what ran is lost and placed anew, what waited runs once.
        let second = try Server(directory: first.engine.directory, bootID: "boot-2", .exit(0))
        #expect(try await second.dead(100) == 100)
        let allocations = try await second.nomad.control.store.nomadAllocations(.prefix(""), withHistory: false).items
        #expect(allocations.count { $0.facts.clientStatus == .complete } == 100)
        #expect(allocations.count { $0.facts.clientStatus == .lost } == 32)
        #expect(second.engine.executor.launched.count == 100)
        #expect(try await second.nomad.control.store.nomadIndexes().values.max() ?? 0 > before)
        await second.crash()
    }

    @Test func `who waits for a list is woken by a change of it`() async throws {
        let server = try Server(.hang)
        var changes = server.nomad.bell.changes(of: .jobs).makeAsyncIterator()
        let known = try await server.engine.control.store.nomadIndexes()[.jobs] ?? 0
        try await server.register(1)
        var index: Int64 = 0
        while index <= known { index = try #require(await changes.next()) }
        #expect(index > known)
        await server.crash()
    }
}
