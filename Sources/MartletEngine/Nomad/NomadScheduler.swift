package import Foundation
package import Logging
import MartletCore
import Synchronization

/// Brings what runs to what is registered. One per server. It keeps nothing: killed at any point, the next one comes to
/// the same end.
package final class NomadScheduler: Sendable {
    private static let slice = 64
    /// Jobs that wait for room and are looked at before the first others get the next turn.
    private static let mostWaiting = 128
    static let pause: Int64 = 1_000_000_000
    /// What is decided on waits so long at most for those who still order.
    private static let courtesy = Duration.milliseconds(250)
    /// Plans that are kept: a job is looked at several times.
    private static let mostPlans = 256

    private struct Memory {
        /// When time alone changes something about a job: nanoseconds since 1970.
        var looks: [String: Int64] = [:]
        var owesEverything = true
        /// Since when this scheduler looks at times: what was due before was missed.
        var since: Date?
        /// Of versions, which never change.
        var plans: [NomadJobEdition: JobPlan] = [:]
    }

    let nomad: Nomad
    let logger: Logger
    private let memory = Mutex(Memory())
    var control: Control { nomad.control }

    package init(_ nomad: Nomad, logger: Logger) {
        self.nomad = nomad
        self.logger = logger
    }

    /// Until it is cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            let (alarm, bell) = (Alarm(), nomad.bell)
            let feed = control.feed.changes()
            group.addTask { for await _ in feed { alarm.ring() } }
            group.addTask { for await _ in bell.orders { alarm.ring() } }
            group.addTask { await self.collectGarbage() }
            alarm.ring()
            for await _ in alarm.rings {
                let next: Date?
                do {
                    next = try await work()
                } catch {
                    if Task.isCancelled { break }
                    logger.error("jobs are not decided on, trying again", metadata: ["error": "\(error)"])
                    next = Date(nanoseconds: control.now().nanoseconds + Self.pause)
                }
                if let next, alarm.set(next) { group.addTask { await alarm.ring(at: next, now: self.control.now()) } }
            }
            group.cancelAll()
        }
    }

    /// Decides until nothing is left to decide. Returns when to look again; nil: when something changes.
    package func work() async throws -> Date? {
        if memory.withLock({ $0.owesEverything }) {
            _ = try await nomad.node()
            try await control.store.owe(nomad: .everything)
            memory.withLock { $0.owesEverything = false }
        }
        var waiting: Int?
        while true {
            // What was ordered is a change already, and somebody may wait for it.
            nomad.bell.publish(try await control.store.nomadIndexes())
            try await nomad.bell.lull(atMost: Self.courtesy)
            // Each time round: a busy server has always something left to decide.
            let nextLaunch = try await launch()
            let result: (isProgress: Bool, waiting: Int, nextDue: Int64?, isDraining: Bool)
            do {
                result = try await round(waiting: waiting)
            } catch {
                // What others have changed is told all the same.
                nomad.bell.publish(try await control.store.nomadIndexes())
                throw error
            }
            nomad.bell.publish(try await control.store.nomadIndexes())
            try Task.checkCancellation()
            if result.isProgress {
                waiting = 0
            } else if result.waiting > 0, (waiting ?? 0) + result.waiting < Self.mostWaiting {
                waiting = (waiting ?? 0) + result.waiting
            } else if result.isDraining, try await endDrain() {
                waiting = 0
            } else {
                return nextLook([result.nextDue, nextLaunch].compactMap(\.self).min())
            }
        }
    }

    /// An empty node is drained. It takes nothing new until somebody says so.
    private func endDrain() async throws -> Bool {
        defer { nomad.bell.ring() }
        return try await control.store.endDrain(at: control.now())
    }

    private func nextLook(_ due: Int64?) -> Date? {
        let look = memory.withLock { $0.looks.values.min() }
        return [due, look].compactMap(\.self).min().map { Date(nanoseconds: $0 + 999_999) }
    }

    private func takeLooks(at now: Int64) -> [String] {
        memory.withLock { memory in
            let due = memory.looks.filter { $0.value <= now }.keys
            for job in due { memory.looks[job] = nil }
            return Array(due)
        }
    }

    /// Since when times are looked at.
    func since(_ now: Date) -> Date {
        memory.withLock { memory in
            let since = memory.since ?? now
            memory.since = since
            return since
        }
    }

    func look(_ job: String, at instant: Int64?) { memory.withLock { $0.looks[job] = instant } }

    // MARK: One round

    private func round(
        waiting: Int?
    ) async throws -> (isProgress: Bool, waiting: Int, nextDue: Int64?, isDraining: Bool) {
        let now = control.now()
        let due = takeLooks(at: now.nanoseconds)
        let round: NomadRound
        do {
            round = try await control.store.nomadSituations(
                due, waiting: waiting, within: nomad.facts.resources, at: now, limit: Self.slice)
        } catch {
            for job in due { look(job, at: now.nanoseconds) }
            throw error
        }
        guard let node = round.node else { throw MartletError(.internal, "the node is not stored") }
        var free = nomad.facts.resources - round.used
        var outcomes: [Reconciler.Outcome] = []
        for situation in round.situations {
            do {
                var reconciler = Reconciler(
                    situation, plan: try plan(of: situation, on: node), node: node, facts: nomad.facts, free: free,
                    index: round.index, at: now.nanoseconds, newID: nomad.newID)
                reconciler.run()
                let outcome = try withRevert(reconciler.outcome, situation)
                free = reconciler.free
                outcomes.append(outcome)
            } catch {
                outcomes.append(failure(situation, "\(error)", at: now.nanoseconds))
            }
        }
        let isProgress = await carryOut(outcomes)
        return (isProgress, round.waiting, round.nextDue, node.isDraining)
    }

    private func plan(of situation: NomadSituation, on node: NomadNode) throws -> JobPlan? {
        guard let job = situation.job, !job.isTemplate else { return nil }
        let edition = NomadJobEdition(job)
        if let known = memory.withLock({ $0.plans[edition] }) { return known }
        let plan = try nomad.planner.plan(of: job, secrets: situation.secrets, on: node.id)
        memory.withLock { memory in
            if memory.plans.count >= Self.mostPlans { memory.plans.removeAll() }
            memory.plans[edition] = plan
        }
        return plan
    }

    /// What is to be registered where the job goes back to an older version.
    private func withRevert(_ outcome: Reconciler.Outcome, _ situation: NomadSituation) throws -> Reconciler.Outcome {
        guard outcome.decision.revert != nil, let job = situation.job, let stable = situation.stable else {
            return outcome
        }
        var outcome = outcome
        outcome.decision.revert?.draft = try nomad.planner.draft(of: stable.version.content, like: job)
        return outcome
    }

    /// A job that cannot be read: what runs goes on, and nothing is placed.
    private func failure(_ situation: NomadSituation, _ why: String, at now: Int64) -> Reconciler.Outcome {
        logger.error("a job cannot be read", metadata: ["job": "\(situation.jobID)", "error": "\(why)"])
        var decision = NomadDecision(jobID: situation.jobID, revision: situation.revision, owed: situation.owed)
        decision.evaluations = situation.open.map { open in
            var failed = open
            (failed.status, failed.statusDescription) = (.failed, String(why.prefix(1000)))
            failed.modifyTime = now
            return failed
        }
        decision.isSettled = true
        return Reconciler.Outcome(decision: decision)
    }

    /// Stores decisions side by side: the store joins them into shared transactions. Whether anything was stored.
    private func carryOut(_ outcomes: [Reconciler.Outcome]) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            for outcome in outcomes { group.addTask { await self.carryOut(outcome) } }
            return await group.reduce(false) { $0 || $1 }
        }
    }

    private func carryOut(_ outcome: Reconciler.Outcome) async -> Bool {
        let job = outcome.decision.jobID
        let isIdle = outcome.decision.isEmpty && outcome.decision.isSettled && outcome.decision.owed == nil
        look(job, at: outcome.nextLook)
        if isIdle { return false }
        do {
            var decision = outcome.decision
            for index in decision.placed.indices {
                let runs = try await runs(of: &decision.placed[index], outcome.groups[index])
                decision.runs += runs
                // What was refused only now is to be acted on, too.
                if runs.isEmpty { decision.isSettled = false }
            }
            Failpoint.hit("nomad.beforeDecide")
            try await control.store.decide(nomad: decision, at: control.now())
            Failpoint.hit("nomad.afterDecide")
            try await act(on: outcome)
            return true
        } catch NomadClash.moved {
            // Somebody ordered something meanwhile: decided anew at once.
            return true
        } catch {
            if Task.isCancelled { return false }
            logger.error(
                "a job's decision is not carried out, trying again", metadata: ["job": "\(job)", "error": "\(error)"])
            look(job, at: control.now().nanoseconds + Self.pause)
            return false
        }
    }

    private func act(on outcome: Reconciler.Outcome) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for run in outcome.stops {
                group.addTask { try await self.unlessOver { _ = try await self.control.stop(run) } }
            }
            for run in outcome.pauses {
                group.addTask { try await self.unlessOver { _ = try await self.control.pause(run) } }
            }
            for run in outcome.resumes {
                group.addTask { try await self.unlessOver { _ = try await self.control.resume(run) } }
            }
            try await group.waitForAll()
        }
    }

    /// A run that ended meanwhile needs nothing more, and its end is decided on next.
    private func unlessOver(_ body: () async throws -> Void) async throws {
        do { try await body() } catch let error as MartletError where error.code == .conflict {
            logger.debug("a run is over already", metadata: ["error": "\(error)"])
        }
    }

    private func collectGarbage() async {
        while (try? await Task.sleep(for: nomad.garbage.interval.duration)) != nil {
            do {
                let removed = try await nomad.collectGarbage()
                if removed > 0 { logger.info("old jobs removed", metadata: ["count": "\(removed)"]) }
            } catch {
                if Task.isCancelled { return }
                logger.error("old jobs are not removed", metadata: ["error": "\(error)"])
            }
        }
    }
}
