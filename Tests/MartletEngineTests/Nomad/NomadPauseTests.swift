import Foundation
import MartletCore
import MartletEngine
import MartletStore
import MartletTesting
import Testing

@Suite struct NomadPauseTests {
    private func states(_ bench: NomadBench, _ job: String = "j") async throws -> [RunState] {
        var states: [RunState] = []
        for allocation in try await bench.allocations(job) {
            for task in allocation.record.tasks {
                states.append(try await bench.control.require(#require(task.run)).state)
            }
        }
        return states
    }

    @Test func `a paused job rests without a process, and its allocations go on later`() async throws {
        let bench = try NomadBench()
        try await bench.register(SampleJob(type: .service, count: 2, maxParallel: 1))
        let before = try await bench.allocations()
        for allocation in before { try await bench.begin(allocation.run) }
        try await bench.nomad.pause("j")
        try await bench.work()
        #expect(try await states(bench) == [.stopping, .stopping])
        for allocation in before { try await bench.obey(allocation.run) }
        try await bench.work()
        // Neither a new server nor the end of any deadline changes that.
        bench.restart()
        try await bench.work(after: 7200)
        #expect(try await states(bench) == [.paused, .paused])
        let state = try #require(try await bench.state())
        #expect(state.job.isPaused && state.status == .running && state.job.version == 0)
        var views = try await bench.view()
        #expect(views.map(\.clientStatus) == [.pending, .pending])
        #expect(views.map(\.clientDescription) == ["Tasks are paused", "Tasks are paused"])
        #expect(views.allSatisfy { $0.record.desired == .run && $0.record.health == nil })
        #expect(try await bench.store.nomadDeployments(.job("j")).items.map(\.status) == [.running])

        try await bench.nomad.resume("j")
        try await bench.work()
        #expect(try await states(bench) == [.pending, .pending])
        for allocation in before { try await bench.begin(allocation.run) }
        try await bench.work(after: 11)
        views = try await bench.view()
        #expect(views.map(\.record.id) == before.map(\.record.id))
        #expect(views.allSatisfy { $0.record.health?.isHealthy == true && $0.record.pausedAt == nil })
        #expect(try await bench.store.nomadDeployments(.job("j")).items.map(\.status) == [.successful])
        let told = try #require(views[0].tasks["t"]?.events.map(\.displayMessage))
        #expect(told.contains("Task is paused") && told.contains("Task goes on"), "\(told)")
        #expect(try await bench.state()?.job.isPaused == false)
    }

    @Test func `what had not begun does not begin, and another task's restart is left alone`() async throws {
        let bench = try NomadBench()
        try await bench.register(SampleJob(tasks: ["a", "b"], restarts: 1))
        let tasks = try await bench.allocations()[0].record.tasks
        try await bench.begin(tasks[0].run)
        try await bench.nomad.pause("j")
        try await bench.nomad.pause("j")
        try await bench.work()
        #expect(try await states(bench) == [.stopping, .paused])
        try await bench.obey(tasks[0].run)
        try await bench.nomad.resume("j")
        try await bench.work()
        #expect(try await states(bench) == [.pending, .pending])
        // A run that somebody pauses by itself is not the job's affair.
        _ = try await bench.control.pause(#require(tasks[1].run))
        try await bench.work()
        try await bench.work(after: 60)
        #expect(try await states(bench) == [.pending, .paused])
    }

    @Test func `a failed allocation of a paused job is replaced only later`() async throws {
        let bench = try NomadBench()
        try await bench.register(SampleJob(reschedules: 1))
        let run = try await bench.allocations()[0].run
        try await bench.begin(run)
        try await bench.end(run, code: 1)
        try await bench.work()
        try await bench.nomad.pause("j")
        try await bench.work(after: 60)
        #expect(try await bench.allocations().count == 1)
        try await bench.nomad.resume("j")
        try await bench.work()
        #expect(try await bench.allocations().count == 2)
    }

    @Test func `a paused job that waits for room goes on waiting, and nobody collects it`() async throws {
        let bench = try NomadBench(cpu: 150)
        try await bench.register(SampleJob(id: "first"))
        try await bench.register(SampleJob())
        #expect(try await bench.evaluations().map(\.status).contains(.blocked))
        try await bench.nomad.pause("j")
        try await bench.work()
        bench.clock.advance(seconds: 5 * 3600)
        _ = try await bench.nomad.collectGarbage(force: true)
        let state = try #require(try await bench.state())
        #expect(state.status != .dead && state.job.isPaused)
        #expect(try await bench.evaluations().map(\.status).contains(.blocked))
        let first = try await bench.allocations("first")[0].run
        try await bench.begin(first)
        try await bench.end(first)
        try await bench.nomad.resume("j")
        try await bench.work()
        #expect(try await bench.allocations().count == 1)
    }

    @Test func `another version and a stop end the pause`() async throws {
        let bench = try NomadBench()
        try await bench.register(SampleJob(type: .service))
        let run = try await bench.allocations()[0].run
        try await bench.begin(run)
        try await bench.nomad.pause("j")
        try await bench.work()
        try await bench.obey(run)
        try await bench.work()
        // The same again is no other version.
        try await bench.register(SampleJob(type: .service))
        #expect(try await bench.state()?.job.isPaused == true)
        try await bench.register(SampleJob(type: .service, command: "/bin/cat"))
        #expect(try await bench.state()?.job.isPaused == false)
        let all = try await bench.allocations()
        #expect(all.count == 2 && all[0].facts.isOver && all[1].record.edition.version == 1)

        try await bench.nomad.pause("j")
        try await bench.work()
        #expect(try await bench.allocations()[1].facts.tasks[0].isPaused)
        _ = try await bench.nomad.deregister("j", purge: false)
        try await bench.work()
        #expect(try await bench.state()?.job.isPaused == false)
        #expect(try await bench.state()?.status == .dead)
        await #expect(throws: NomadClash.unknown) { try await bench.nomad.pause("nope") }
        let error = await #expect(throws: MartletError.self) { try await bench.nomad.pause("j") }
        #expect(error?.code == .conflict && error?.message.contains("stopped") == true)
        try await bench.register(SampleJob(id: "p", isTemplate: true))
        let template = await #expect(throws: MartletError.self) { try await bench.nomad.resume("p") }
        #expect(template?.code == .conflict)
    }
}
