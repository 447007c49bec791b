import Foundation
import MartletCore
import MartletEngine
import MartletStore
import MartletTesting
import Testing

/// Whatever happens in whatever order: jobs-replication contract §F cases 4, 5 and 14.
@Suite struct NomadPropertyTests {
    private struct Slot: Hashable {
        let edition: NomadJobEdition
        let slot: Int
    }

    private struct Known {
        /// Work that was done, by whom.
        var done: [Slot: NomadAllocation] = [:]
        var index: Int64 = 0
        var counts: [String: Int] = [:]
    }

    @Test(arguments: 1...12) func `nothing is lost, doubled or done twice`(seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        let bench = try NomadBench(cpu: 450)
        var known = Known()
        for _ in 0..<120 {
            try await step(bench, &known, &random)
            try await check(bench, &known)
        }
        // Left alone, on a node that takes work, everything comes to an end.
        _ = try await bench.nomad.setNode(eligible: true)
        for _ in 0..<40 {
            try await bench.work(after: 30)
            for allocation in try await all(bench) {
                for (task, facts) in zip(allocation.record.tasks, allocation.facts.tasks) where facts.phase != .dead {
                    try await finish(bench, task.run, facts, code: 0)
                }
            }
            try await check(bench, &known)
        }
        try await bench.work()
        for state in try await bench.store.nomadJobs(prefix: "").items where state.job.type == .batch {
            #expect(state.status == .dead, "\(state)")
        }
        #expect(try await all(bench).allSatisfy { $0.record.type != .batch || $0.facts.isOver })
    }

    private func all(_ bench: NomadBench) async throws -> [NomadAllocationRuns] {
        try await bench.store.nomadAllocations(.prefix(""), withHistory: true).items
    }

    private func step(_ bench: NomadBench, _ known: inout Known, _ random: inout SeededRandom) async throws {
        let id = ["a", "b", "c"].randomElement(using: &random) ?? "a"
        switch Int.random(in: 0..<20, using: &random) {
        case 0...2:
            let job = SampleJob(
                id: id, type: id == "c" ? .service : .batch, count: Int.random(in: 0...3, using: &random),
                tasks: Bool.random(using: &random) ? ["t"] : ["t", "u"],
                command: ["/bin/true", "/bin/cat"].randomElement(using: &random) ?? "", restarts: 1, reschedules: 1,
                maxParallel: id == "c" ? 1 : 0)
            _ = try await bench.nomad.register(try job.draft)
            known.counts[id] = job.count
        case 3: _ = try await bench.nomad.deregister(id, purge: Bool.random(using: &random))
        case 4: bench.restart()
        case 5: _ = try await bench.nomad.collectGarbage(force: true)
        case 6: bench.clock.advance(seconds: 7)
        case 7: try await bench.workTwice()
        case 8...10: try await bench.work()
        case 11: _ = try await bench.nomad.setNode(eligible: Bool.random(using: &random))
        default:
            let live = try await all(bench).flatMap { allocation in
                zip(allocation.record.tasks, allocation.facts.tasks).filter { $1.phase != .dead }
            }
            guard let (task, facts) = live.randomElement(using: &random) else { return }
            try await finish(bench, task.run, facts, code: Bool.random(using: &random) ? 0 : 1)
        }
    }

    /// One step of a run towards its end.
    private func finish(_ bench: NomadBench, _ id: RunID?, _ facts: NomadTaskFacts, code: Int32) async throws {
        guard let id else { return }
        switch try await bench.control.require(id).state {
        case .pending: try await bench.begin(id)
        case .running: try await bench.end(id, code: code)
        case .stopping: try await bench.obey(id)
        case .paused, .succeeded, .failed, .cancelled, .lost: break
        }
    }

    private func check(_ bench: NomadBench, _ known: inout Known) async throws {
        let index = try await bench.store.nomadIndexes().values.max() ?? 0
        #expect(index >= known.index)
        known.index = index
        let allocations = try await all(bench)
        let live = allocations.filter { !$0.facts.isOver }
        #expect(Set(live.map(\.record.name)).count == live.count, "two live allocations of one name")
        #expect(live.count * 100 <= 450 || live.reduce(0) { $0 + $1.record.ask.cpu } <= 450)
        for (job, state) in try await bench.store.nomadJobs(prefix: "").items.map({ ($0.job.id, $0) }) {
            let wanted = live.filter { $0.record.jobID == job && $0.record.edition == NomadJobEdition(state.job) }
            #expect(wanted.count <= known.counts[job] ?? 0)
            let own = allocations.filter {
                $0.record.edition.created == state.job.createIndex && $0.record.jobID == job
            }
            let counted = state.groups["g"].map { $0.starting + $0.running + $0.complete + $0.failed + $0.lost } ?? 0
            #expect(counted == own.count)
        }
        for allocation in allocations where allocation.record.type == .batch {
            let slot = Slot(edition: allocation.record.edition, slot: allocation.record.slot)
            if let done = known.done[slot] {
                #expect(
                    done.id == allocation.record.id || allocation.record.createIndex < done.createIndex, "done again")
            } else if allocation.status == .complete, allocation.record.desired == .run {
                known.done[slot] = allocation.record
            }
        }
        for allocation in allocations where allocation.status == .complete && allocation.record.desired == .run {
            #expect(allocation.record.next.isEmpty || allocation.record.type != .batch)
        }
    }
}
