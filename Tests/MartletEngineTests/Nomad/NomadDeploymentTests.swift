import Foundation
import MartletCore
import MartletEngine
import MartletStore
import MartletTesting
import Testing

/// jobs-replication contract §B.2: canaries, and going back to what has proven itself.
@Suite struct NomadDeploymentTests {
    private func job(_ command: String = "/bin/true", count: Int = 2, canaries: Int = 0) -> SampleJob {
        var job = SampleJob(type: .service, count: count, command: command, maxParallel: 1)
        job.canaries = canaries
        return job
    }

    private func deployments(_ bench: NomadBench) async throws -> [NomadDeployment] {
        try await bench.store.nomadDeployments(.job("j")).items.sorted { $0.createIndex < $1.createIndex }
    }

    /// Its first version runs and is healthy.
    private func stable(_ job: SampleJob) async throws -> NomadBench {
        let bench = try NomadBench()
        try await bench.register(job)
        for allocation in try await bench.allocations() { try await bench.begin(allocation.run) }
        try await bench.work(after: 11)
        #expect(try await deployments(bench).map(\.status) == [.successful])
        return bench
    }

    /// Processes that are to end do, and those that are to begin do, until the deployment is over.
    private func roll(_ bench: NomadBench) async throws {
        for _ in 0..<10 {
            for allocation in try await bench.allocations() where !allocation.facts.isOver {
                switch try await bench.control.require(#require(allocation.run)).state {
                case .pending: try await bench.begin(allocation.run)
                case .stopping: try await bench.obey(allocation.run)
                default: break
                }
            }
            try await bench.work(after: 11)
            if try await deployments(bench).last?.status.isActive == false { return }
        }
    }

    @Test func `canaries stand beside the old ones until they are promoted`() async throws {
        let bench = try await stable(job(canaries: 1))
        let old = try await bench.allocations().map(\.record.id)
        try await bench.register(job("/bin/cat", canaries: 1))
        var all = try await bench.allocations()
        try #require(all.count == 3)
        #expect(all.allSatisfy { $0.record.desired == .run })
        let canary = try #require(all.first { $0.record.isCanary == true })
        #expect(canary.record.slot == 0 && canary.record.edition.version == 1)
        var deployment = try #require(try await deployments(bench).last)
        #expect(deployment.statusDescription == "Deployment is running but requires manual promotion")
        #expect(deployment.groups["g"]?.canaries?.placed == [canary.record.id])
        await #expect(
            throws: NomadClash.unready([NomadClash.Unready(group: "g", healthy: 0, desired: 1)])
        ) { _ = try await bench.nomad.ask(.promote(deployment: deployment.id, groups: nil)) }

        try await bench.begin(canary.run)
        // It waits for somebody, however long that takes.
        try await bench.work(after: 11)
        try await bench.work(after: 7200)
        deployment = try #require(try await deployments(bench).last)
        #expect(deployment.status == .running && deployment.groups["g"]?.healthy == 1)
        #expect(try await bench.allocations().allSatisfy { $0.record.desired == .run })
        _ = try await bench.nomad.ask(.promote(deployment: deployment.id, groups: ["g"]))
        try await bench.work()
        all = try await bench.allocations()
        #expect(all.first { $0.record.id == old[0] }?.record.desired == .stop)
        try await roll(bench)
        deployment = try #require(try await deployments(bench).last)
        #expect(deployment.status == .successful && deployment.groups["g"]?.canaries?.isPromoted == true)
        let live = try await bench.allocations().filter { !$0.facts.isOver }
        #expect(live.count == 2 && live.allSatisfy { $0.record.edition.version == 1 && $0.record.isCanary != true })
        #expect(live.contains { $0.record.id == canary.record.id })
        await #expect(throws: NomadClash.unknown) {
            _ = try await bench.nomad.ask(.promote(deployment: deployment.id, groups: nil))
        }
    }

    @Test func `canaries of a failed deployment and of an older version end, the old ones stay`() async throws {
        let bench = try await stable(job(canaries: 2))
        try await bench.register(job("/bin/cat", canaries: 2))
        #expect(try await bench.allocations().count == 4)
        // Another version's canaries take the places of those.
        try await bench.register(job("/bin/ls", canaries: 1))
        let live = try await bench.allocations().filter { !$0.facts.isOver && $0.record.desired == .run }
        #expect(live.map(\.record.edition.version).sorted() == [0, 0, 2])
        let deployment = try #require(try await deployments(bench).last)
        #expect(try await deployments(bench).map(\.status) == [.successful, .cancelled, .running])
        _ = try await bench.nomad.ask(.fail(deployment: deployment.id))
        try await bench.work()
        for allocation in try await bench.allocations() {
            #expect((allocation.record.desired == .run) == (allocation.record.edition.version == 0))
        }
    }

    @Test func `canaries end with their job and leave a drained node`() async throws {
        let bench = try await stable(job(canaries: 1))
        try await bench.register(job("/bin/cat", canaries: 1))
        _ = try await bench.nomad.setNode(draining: .on(.init(deadline: 0, sparesSystemJobs: false, startedAt: 0)))
        try await bench.work()
        #expect(try await bench.allocations().allSatisfy { $0.record.desired == .stop })
        _ = try await bench.nomad.setNode(eligible: true, draining: .off)
        try await bench.work()
        let again = try await bench.allocations().filter { $0.record.isCanary == true && $0.record.desired == .run }
        #expect(again.count == 1)
        _ = try await bench.nomad.deregister("j", purge: false)
        try await bench.work()
        #expect(try await bench.allocations().allSatisfy { $0.record.desired == .stop })
        #expect(try await deployments(bench).last?.status == .cancelled)
    }

    @Test func `a canary that fails is tried again`() async throws {
        var first = job(canaries: 1)
        (first.isUnlimited, first.rescheduleDelay) = (true, 5)
        let bench = try await stable(first)
        first.command = "/bin/cat"
        try await bench.register(first)
        let canary = try #require(try await bench.allocations().first { $0.record.isCanary == true })
        try await bench.begin(canary.run)
        try await bench.end(canary.run, code: 1)
        try await bench.work()
        #expect(try await bench.allocations().count == 3)
        try await bench.work(after: 6)
        let again = try #require(try await bench.allocations().last { $0.record.isCanary == true && !$0.facts.isOver })
        #expect(again.record.previous == canary.record.id)
        try await bench.begin(again.run)
        try await bench.work(after: 11)
        let deployment = try #require(try await deployments(bench).last)
        _ = try await bench.nomad.ask(.promote(deployment: deployment.id, groups: nil))
        try await roll(bench)
        #expect(try await deployments(bench).last?.status == .successful)
    }

    @Test func `healthy canaries are promoted by themselves where the job says so`() async throws {
        var first = job(canaries: 1)
        first.autoPromote = true
        let bench = try await stable(first)
        first.command = "/bin/cat"
        try await bench.register(first)
        let waiting = try #require(try await deployments(bench).last)
        #expect(waiting.statusDescription == "Deployment is running pending automatic promotion")
        try await roll(bench)
        #expect(try await deployments(bench).last?.status == .successful)
        let live = try await bench.allocations().filter { !$0.facts.isOver }
        #expect(live.count == 2 && live.allSatisfy { $0.record.edition.version == 1 })
    }

    @Test func `a held deployment replaces nothing and does not fail`() async throws {
        let bench = try await stable(job())
        try await bench.register(job("/bin/cat"))
        try await bench.obey(bench.allocations()[0].run)
        try await bench.work()
        let deployment = try #require(try await deployments(bench).last)
        _ = try await bench.nomad.ask(.pauseDeployment(deployment.id, isPaused: true))
        try await bench.work()
        let new = try #require(try await bench.allocations().first { $0.record.edition.version == 1 })
        try await bench.begin(new.run)
        try await bench.work(after: 11)
        try await bench.work(after: 7200)
        #expect(try await deployments(bench).last?.status == .paused)
        #expect(try await deployments(bench).last?.statusDescription == "Deployment is paused")
        #expect(try await bench.allocations().last?.record.desired == .run)
        _ = try await bench.nomad.ask(.pauseDeployment(deployment.id, isPaused: false))
        try await bench.work()
        #expect(try await bench.allocations().last { $0.record.edition.version == 0 }?.record.desired == .stop)
        try await roll(bench)
        #expect(try await deployments(bench).last?.status == .successful)
    }

    @Test func `a failed deployment goes back to the version that has proven itself`() async throws {
        var first = job()
        first.autoRevert = true
        let bench = try await stable(first)
        first.command = "/bin/cat"
        try await bench.register(first)
        try await bench.obey(bench.allocations()[0].run)
        try await bench.work()
        let new = try #require(try await bench.allocations().first { $0.record.edition.version == 1 })
        try await bench.begin(new.run)
        try await bench.end(new.run, code: 1)
        try await bench.work()
        try await bench.work(after: 601)
        let state = try #require(try await bench.state())
        #expect(state.job.version == 2 && !state.job.isStable)
        let versions = try await bench.store.nomadVersions(of: "j")
        try #require(versions.count == 3)
        #expect(versions[0].content == versions[2].content && versions[0].content != versions[1].content)
        let failed = try await deployments(bench)[1]
        #expect(failed.status == .failed)
        #expect(failed.statusDescription == "Failed due to progress deadline - rolling back to job version 0")
        #expect(try await bench.evaluations().contains { $0.cause == .deploymentWatcher })
        try await roll(bench)
        #expect(try await deployments(bench).map(\.status) == [.successful, .failed, .successful])
        let live = try await bench.allocations().filter { !$0.facts.isOver }
        #expect(live.count == 2 && live.allSatisfy { $0.record.edition.version == 2 })
        #expect(try await bench.state()?.job.isStable == true)
    }

    @Test func `going back brings a version's secrets with it, and what is the same stays`() async throws {
        let bench = try NomadBench()
        var sample = job(count: 1)
        sample.autoRevert = true
        var draft = try sample.draft
        draft.secrets = ["p": Secret("the first password")]
        _ = try await bench.nomad.register(draft)
        try await bench.work()
        try await bench.begin(bench.allocations()[0].run)
        try await bench.work(after: 11)
        draft.secrets = ["p": Secret("a wrong one")]
        _ = try await bench.nomad.register(draft)
        try await bench.work()
        let failing = try #require(try await deployments(bench).last)
        _ = try await bench.nomad.ask(.fail(deployment: failing.id))
        try await bench.work()
        let job = try #require(try await bench.state()?.job)
        #expect(job.version == 2)
        let content = try await bench.store.nomadContent(of: NomadJobEdition(job))
        #expect(content?.secrets["p"]?.exposed == "the first password")
        // It fails again: the same once more would fail as well.
        let again = try #require(try await deployments(bench).last)
        #expect(again.edition.version == 2)
        _ = try await bench.nomad.ask(.fail(deployment: again.id))
        try await bench.work()
        #expect(try await bench.state()?.job.version == 2)
        let told = try await deployments(bench).last?.statusDescription
        #expect(
            told?.hasSuffix("not rolling back to stable job version 0 as current job has same specification") == true)
    }

    @Test func `a first version that fails has nothing to go back to`() async throws {
        let bench = try NomadBench()
        var first = job(count: 1)
        first.autoRevert = true
        try await bench.register(first)
        let deployment = try #require(try await deployments(bench).last)
        _ = try await bench.nomad.ask(.fail(deployment: deployment.id))
        try await bench.work()
        try await bench.work()
        #expect(try await bench.state()?.job.version == 0)
        #expect(
            try await deployments(bench).last?.statusDescription
                == "Deployment marked as failed - no stable job version to auto revert to")
    }

    @Test func `a task has its own restarts, and waits before it is stopped`() async throws {
        let bench = try NomadBench()
        var own = SampleJob(tasks: ["a", "b"], restarts: 0)
        own.ownRestarts = ["b": 1]
        own.shutdownDelay = 30
        try await bench.register(own)
        let tasks = try await bench.allocations()[0].record.tasks
        for task in tasks { try await bench.begin(task.run) }
        try await bench.end(tasks[1].run, code: 1)
        try await bench.work()
        #expect(try await bench.control.require(#require(tasks[1].run)).state == .pending)
        #expect(tasks.map(\.restart.attempts) == [0, 1])
        try await bench.begin(tasks[1].run)
        _ = try await bench.nomad.deregister("j", purge: false)
        let next = try await bench.work()
        #expect(try await bench.control.require(#require(tasks[0].run)).state == .running)
        #expect(next.map { $0 <= bench.clock.now.adding(.seconds(31)) } == true)
        // A server that dies here goes on with it.
        bench.restart()
        try await bench.work(after: 31)
        #expect(try await bench.control.require(#require(tasks[0].run)).state == .stopping)
    }
}
