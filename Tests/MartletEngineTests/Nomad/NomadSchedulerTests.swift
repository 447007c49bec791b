import Foundation
import MartletCore
import MartletEngine
import MartletStore
import MartletTesting
import Testing

/// jobs-replication contract §F cases 2, 4, 5, 13, 14, and rulings §12.
@Suite struct NomadSchedulerTests {
    @Test func `a batch job is placed, runs and is dead`() async throws {
        let bench = try NomadBench()
        let registered = try await bench.register()
        let first = try #require(try await bench.allocations().first)
        #expect(first.record.name == "j.g[0]" && first.status == .pending)
        #expect(try await bench.state()?.status == .running)
        let evaluation = try #require(try await bench.evaluations().first)
        #expect(evaluation.id == registered.evaluation?.id && evaluation.status == .complete)
        #expect(evaluation.queued == ["g": 0] && first.record.evaluationID == evaluation.id)

        try await bench.begin(first.run)
        #expect(try await bench.allocations()[0].status == .running)
        try await bench.end(first.run)
        try await bench.work()
        let state = try #require(try await bench.state())
        #expect(state.status == .dead && state.groups["g"]?.complete == 1)

        // The same again changes nothing; work that is done is not done again.
        let again = try await bench.register()
        #expect(again.job.version == 0 && again.job.jobModifyIndex == registered.job.jobModifyIndex)
        #expect(try await bench.allocations().count == 1)
        // Another version is work of its own.
        let changed = try await bench.register(SampleJob(command: "/bin/echo"))
        #expect(changed.job.version == 1)
        #expect(try await bench.allocations().map(\.record.edition.version) == [0, 1])
    }

    @Test func `a failed batch is rescheduled once, after its delay`() async throws {
        let bench = try NomadBench()
        try await bench.register(SampleJob(restarts: 1, reschedules: 1))
        let first = try #require(try await bench.allocations().first)
        try await bench.begin(first.run)
        try await bench.end(first.run, code: 1)
        try await bench.work()
        // A restart is the run's own affair.
        #expect(try await bench.allocations().map(\.status) == [.pending])
        try await bench.begin(first.run)
        try await bench.end(first.run, code: 1)
        let next = try await bench.work()
        #expect(try await bench.state()?.status == .pending)
        let followup = try #require(try await bench.evaluations().last { $0.status == .pending })
        #expect(followup.cause == .allocFailure && followup.waitUntil == bench.clock.now.nanoseconds + 5_000_000_000)
        #expect(try await bench.allocations()[0].record.followup == followup.id)
        #expect(next.map { $0 >= Date(nanoseconds: followup.waitUntil ?? 0) } == true)

        try await bench.work(after: 5)
        let both = try await bench.allocations()
        try #require(both.count == 2)
        #expect(both[1].record.previous == first.record.id && both[0].record.next == both[1].record.id)
        #expect(both[1].record.reschedules.map(\.delay) == [5_000_000_000])
        #expect(both[0].record.desired == .stop && both[1].record.evaluationID == followup.id)
        for _ in 0..<2 {
            try await bench.begin(both[1].run)
            try await bench.end(both[1].run, code: 1)
        }
        try await bench.work(after: 60)
        #expect(try await bench.allocations().count == 2)
        let state = try #require(try await bench.state())
        #expect(state.status == .dead && state.groups["g"]?.failed == 2)
    }

    @Test func `a changed service is replaced when the old processes are gone`() async throws {
        let bench = try NomadBench()
        try await bench.register(SampleJob(type: .service, count: 2, maxParallel: 1))
        for allocation in try await bench.allocations() { try await bench.begin(allocation.run) }
        #expect(try await bench.store.nomadDeployments(.job("j")).items.map(\.status) == [.running])
        try await bench.work(after: 11)
        let deployment = try #require(try await bench.store.nomadDeployments(.job("j")).items.first)
        #expect(deployment.status == .successful && deployment.groups["g"]?.healthy == 2)
        #expect(try await bench.state()?.job.isStable == true)

        try await bench.register(SampleJob(type: .service, count: 2, command: "/bin/cat", maxParallel: 1))
        var all = try await bench.allocations()
        // One at a time, and nothing new beside the old one.
        #expect(all.map(\.record.desired) == [.stop, .run])
        #expect(all[0].record.desiredDescription == "alloc is being updated due to job update")
        #expect(try await bench.control.require(#require(all[0].run)).state == .stopping)
        try await bench.obey(all[0].run)
        try await bench.work()
        all = try await bench.allocations()
        #expect(all.map(\.record.slot) == [0, 0, 1] && all[1].record.previous == all[0].record.id)
        #expect(all[2].record.desired == .run)
        try await bench.begin(all[1].run)
        try await bench.work(after: 11)
        #expect(try await bench.allocations()[2].record.desired == .stop)
        try await bench.obey(all[2].run)
        try await bench.work()
        all = try await bench.allocations()
        try await bench.begin(all[3].run)
        try await bench.work(after: 11)
        #expect(try await bench.store.nomadDeployments(.job("j")).items.map(\.status) == [.successful, .successful])
        #expect(try await bench.state()?.groups["g"]?.running == 2)
    }

    @Test func `a count that falls ends the highest, and one that rises leaves the others alone`() async throws {
        let bench = try NomadBench()
        try await bench.register(SampleJob(count: 2))
        for allocation in try await bench.allocations() { try await bench.begin(allocation.run) }
        try await bench.register(SampleJob(count: 3))
        var all = try await bench.allocations()
        #expect(all.map(\.record.desired) == [.run, .run, .run])
        #expect(all.map(\.record.edition.version) == [1, 1, 1])
        try await bench.begin(all[2].run)
        try await bench.register(SampleJob(count: 1))
        all = try await bench.allocations()
        #expect(all.map(\.record.desired) == [.run, .stop, .stop])
    }

    @Test func `a deleted job ends, and a purged one is gone at once`() async throws {
        let bench = try NomadBench()
        try await bench.register()
        let run = try await bench.allocations()[0].run
        try await bench.begin(run)
        let gone = try await bench.nomad.deregister("j", purge: false)
        #expect(gone.evaluation?.cause == .jobDeregister)
        try await bench.work()
        #expect(try await bench.state()?.status == .running)
        #expect(try await bench.allocations()[0].record.desiredDescription == "alloc not needed due to job update")
        try await bench.obey(run)
        try await bench.work()
        let state = try #require(try await bench.state())
        // The stop is a version of its own.
        #expect(state.status == .dead && state.job.isStopped && state.job.version == 1)
        _ = try await bench.nomad.deregister("j", purge: true)
        #expect(try await bench.state() == nil)
        try await bench.work()
        let allocation = try #require(try await bench.allocations().first)
        #expect(allocation.status == .complete)
        #expect(try await bench.store.nomadContent(of: allocation.record.edition) != nil)
        // A job that is not there is deleted all the same.
        #expect(try await bench.nomad.deregister("nope", purge: false).evaluation?.type == .service)
        try await bench.work()
        #expect(try await bench.evaluations("nope").map(\.status) == [.complete])
        #expect(try await bench.nomad.collectGarbage(force: true) > 0)
        #expect(try await bench.allocations().isEmpty)
        #expect(try await bench.evaluations().isEmpty)
        #expect(try await bench.evaluations("nope").isEmpty)
        #expect(try await bench.store.nomadContent(of: allocation.record.edition) == nil)
    }

    @Test func `a job that takes the place of a purged one is not over before it has begun`() async throws {
        let bench = try NomadBench()
        try await bench.register()
        let run = try await bench.allocations()[0].run
        try await bench.begin(run)
        _ = try await bench.nomad.deregister("j", purge: true)
        try await bench.register()
        try await bench.work()
        // The former one's process takes its time.
        #expect(try await bench.state()?.status == .pending)
        try await bench.obey(run)
        try await bench.work()
        #expect(try await bench.state()?.status == .running)
        #expect(try await bench.allocations().count { !$0.facts.isOver } == 1)
    }

    @Test func `what finds no room waits, and the next end wakes it`() async throws {
        let bench = try NomadBench(cpu: 250)
        for name in ["a", "b", "c", "d"] { try await bench.register(SampleJob(id: name)) }
        #expect(try await bench.allocations("b").count == 1)
        #expect(try await bench.allocations("c").isEmpty)
        let blocked = try #require(try await bench.evaluations("c").last)
        #expect(blocked.status == .blocked && blocked.cause == .queuedAllocs && blocked.queued == ["g": 1])
        let metrics = try #require(try await bench.evaluations("c").first?.failedGroups["g"])
        #expect(metrics.dimensionExhausted == ["cpu": 1] && metrics.nodesExhausted == 1 && metrics.nodesEvaluated == 1)
        let state = try #require(try await bench.state("c"))
        #expect(state.status == .pending && state.groups["g"]?.queued == 1)
        // Who waits longer comes first.
        let run = try await bench.allocations("a")[0].run
        try await bench.begin(run)
        try await bench.end(run)
        try await bench.work()
        #expect(try await bench.allocations("c").map(\.record.evaluationID) == [blocked.id])
        #expect(try await bench.evaluations("c").last?.status == .complete)
        #expect(try await bench.allocations("d").isEmpty)
        // A driver that is missing, and a datacenter that is elsewhere.
        try await bench.register(SampleJob(id: "e", count: 2, driver: "docker"))
        let missing = try #require(try await bench.evaluations("e").first?.failedGroups["g"])
        #expect(missing.constraintFiltered == ["missing drivers": 1] && missing.nodesFiltered == 1)
        #expect(missing.coalescedFailures == 1)
        try await bench.register(SampleJob(id: "f", datacenter: "dc2"))
        #expect(try await bench.evaluations("f").first?.failedGroups["g"]?.nodesAvailable == ["dc2": 0])
    }

    @Test func `a node that is not eligible takes nothing new, and a drained one loses what it has`() async throws {
        let bench = try NomadBench()
        try await bench.register(SampleJob(type: .service))
        let run = try await bench.allocations()[0].run
        try await bench.begin(run)
        _ = try await bench.nomad.setNode(eligible: false)
        try await bench.register(SampleJob(id: "k"))
        #expect(try await bench.allocations("k").isEmpty)
        #expect(try await bench.allocations()[0].record.desired == .run)
        let made = try await bench.nomad.setNode(
            draining: .on(.init(deadline: 0, sparesSystemJobs: false, startedAt: 0))
        ).evaluations
        #expect(made.count == 2)
        try await bench.work()
        #expect(try await bench.allocations()[0].record.desiredDescription == "alloc is being migrated")
        try await bench.obey(run)
        try await bench.work()
        #expect(try await bench.allocations().count == 1)
        #expect(try await bench.state()?.groups["g"]?.queued == 1)
        _ = try await bench.nomad.setNode(eligible: true, draining: .off)
        try await bench.work()
        #expect(try await bench.allocations().count == 2)
        #expect(try await bench.allocations("k").count == 1)
    }

    @Test func `tasks of a group share their fate`() async throws {
        let bench = try NomadBench()
        try await bench.register(SampleJob(tasks: ["a", "b"]))
        var tasks = try await bench.allocations()[0].record.tasks
        for task in tasks { try await bench.begin(task.run) }
        try await bench.end(tasks[0].run, code: 3)
        try await bench.work()
        try await bench.obey(tasks[1].run)
        try await bench.work()
        let failed = try #require(try await bench.view().first)
        #expect(failed.clientStatus == .failed && failed.clientDescription == "Failed tasks")
        #expect(
            failed.tasks["b"]?.events.map(\.kind.rawValue).suffix(4) == [
                "Sibling Task Failed", "Killing", "Terminated", "Killed",
            ])
        // The leader's good end ends the others, too.
        try await bench.register(SampleJob(id: "k", tasks: ["a", "b"], leader: "a"))
        tasks = try await bench.allocations("k")[0].record.tasks
        for task in tasks { try await bench.begin(task.run) }
        try await bench.end(tasks[0].run)
        try await bench.work()
        try await bench.obey(tasks[1].run)
        try await bench.work()
        let led = try #require(try await bench.view("k").first)
        #expect(led.clientStatus == .complete && led.tasks["b"]?.events.contains { $0.kind == .leaderDead } == true)
    }

    @Test func `one task is started anew when somebody asks for it, and an allocation is moved`() async throws {
        let bench = try NomadBench()
        try await bench.register(SampleJob(type: .service, restarts: 2))
        let first = try #require(try await bench.allocations().first)
        try await bench.begin(first.run)
        _ = try await bench.nomad.ask(.restart(allocation: first.record.id, task: "t"))
        try await bench.work()
        // A server that dies here goes on with it.
        bench.restart()
        try await bench.obey(first.run)
        try await bench.work()
        try await bench.begin(first.run)
        try await bench.work()
        let state = try #require(try await bench.view()[0].tasks["t"])
        #expect(state.phase == .running && state.restarts == 1 && state.lastRestart != nil)
        #expect(
            state.events.map(\.displayMessage).suffix(4) == [
                "User requested restart", "Exit Code: 130, Signal: 2", "Task restarting in 0s",
                "Task started by client",
            ])
        let asked = try await bench.nomad.ask(.stop(allocation: first.record.id))
        try await bench.work()
        try await bench.obey(first.run)
        try await bench.work()
        let all = try await bench.allocations()
        #expect(all.count == 2 && all[1].record.previous == first.record.id)
        #expect(all[0].record.transition.migrate == true && all[0].record.stoppedBy == asked.evaluation)
    }

    @Test func `what is configured wrongly fails without a process`() async throws {
        let bench = try NomadBench()
        try await bench.register(SampleJob(refusal: "2 errors occurred"))
        let view = try #require(try await bench.view().first)
        #expect(view.clientStatus == .failed && view.record.tasks[0].run == nil)
        let state = try #require(view.tasks["t"])
        #expect(state.events.map(\.kind) == [.received, .setup, .failedValidation, .notRestarting])
        #expect(state.isFailed && state.startedAt == nil && state.phase == .dead)
        #expect(try await bench.state()?.status == .dead)
    }
}
