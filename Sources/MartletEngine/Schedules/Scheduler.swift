package import Foundation
package import Logging
import MartletCore

/// Acts on the times of schedules. One per server; nothing of them is kept in memory.
///
/// Runs are stored a little ahead of their time, where no run of before is left: they wait in the store until they are
/// due, and many that are due at once are all there in time.
package struct Scheduler: Sendable {
    static let ahead = TimeSpan.seconds(2)
    private static let slice = 250

    private let control: Control
    private let logger: Logger
    private var desk: ScheduleDesk { control.schedules }

    package init(control: Control, logger: Logger) {
        self.control = control
        self.logger = logger
    }

    /// Until it is cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            let alarm = Alarm()
            let desk = desk
            let (rings, ends) = (desk.rings(), control.feed.changes { $0.to.isEnd && desk.mayQueue })
            group.addTask { for await _ in rings { alarm.ring() } }
            // A run that ends may be what a queued time waits for.
            group.addTask { for await _ in ends { alarm.ring() } }
            var clock = ClockWatch()
            alarm.ring()
            for await _ in alarm.rings {
                do {
                    if try await clock.isToReplan(control) { try await replan() }
                    let next = try await pass()
                    if let next, alarm.set(next) { group.addTask { await alarm.ring(at: next, now: control.now()) } }
                } catch is CancellationError {
                    break
                } catch {
                    logger.error("schedules are not acted on, trying again", metadata: ["error": "\(error)"])
                    let again = control.now().adding(.seconds(1))
                    if alarm.set(again) { group.addTask { await alarm.ring(at: again, now: control.now()) } }
                }
            }
            group.cancelAll()
        }
    }

    /// Acts on everything that is due. Returns when to look again; nil: when something changes.
    package func pass() async throws -> Date? {
        try await fireDue()
        try await releaseQueued()
        let overdue = try await control.store.markOverdue(at: control.now(), limit: Self.slice)
        desk.meter.overdue(overdue.marked.count)
        for fire in overdue.marked {
            logger.warning("overdue", metadata: ["schedule": "\(fire.schedule)", "due": "\(fire.due)"])
        }
        return try await nextLook(overdue.next)
    }

    /// What lies ahead is computed anew: zone rules, calendars or the clock are others than when it was stored.
    package func replan() async throws {
        let (now, desk) = (control.now(), desk)
        let moved = try await control.store.replan(at: now) { stored in
            (try? desk.timetable(of: stored))?.next(after: now)
        }
        if moved > 0 { logger.notice("next times of schedules moved", metadata: ["count": "\(moved)"]) }
    }

    private func nextLook(_ overdue: Date?) async throws -> Date? {
        let now = control.now()
        let due = try await control.store.nextScheduledDue(after: now).map { due in
            // Soon due and not stored yet: a run of before is not over. It may be, any moment.
            due <= now.adding(Self.ahead)
                ? min(due, now.adding(TimeSpan(milliseconds: 250)))
                : due.adding(TimeSpan(milliseconds: -Self.ahead.milliseconds))
        }
        return [due, overdue].compactMap(\.self).min()
    }

    // MARK: Due

    private func fireDue() async throws {
        while true {
            let now = control.now()
            let due = try await control.store.dueSchedules(at: now, ahead: Self.ahead, limit: Self.slice)
            guard !due.isEmpty else { return }
            let orders = await orders(for: due, at: now)
            Failpoint.hit("scheduler.beforeFire")
            let results = try await control.store.fire(orders, at: control.now())
            Failpoint.hit("scheduler.afterFire")
            for result in results { await settle(result) }
            let isProgress = results.contains(where: \.isPut)
            guard isProgress, !Task.isCancelled else { return }
        }
    }

    private func settle(_ result: FireResult) async {
        desk.decided(result.fires)
        for fire in result.fires where fire.outcome == .refused {
            logger.error(
                "a schedule's run could not be stored",
                metadata: ["schedule": "\(fire.schedule)", "due": "\(fire.due)", "error": "\(fire.why ?? "")"])
        }
        for run in result.replaced { await stop(run) }
    }

    private func stop(_ run: RunID) async {
        do {
            _ = try await control.stop(run)
        } catch {
            // It ended meanwhile: its end starts the one that waits.
            logger.debug("run not stopped", metadata: ["run": "\(run)", "error": "\(error)"])
        }
    }

    private func orders(for due: [StoredSchedule], at now: Date) async -> [FireOrder] {
        var orders: [FireOrder] = []
        for stored in due { orders.append(await order(for: stored, at: now)) }
        return orders
    }

    private func order(for stored: StoredSchedule, at now: Date) async -> FireOrder {
        guard let due = stored.nextDue else { return FireOrder(stored, steps: [], next: nil) }
        let timetable: Timetable
        do {
            timetable = try desk.timetable(of: stored)
        } catch {
            // A calendar is gone, for one. It stands still until somebody mends it.
            return FireOrder(
                stored, steps: [.refuse(due: due, why: "its times cannot be computed: \(error)")], next: nil)
        }
        let plan = FirePlan(stored.schedule, timetable, due: due, now: max(now, due))
        var steps: [FireOrder.Step] = []
        for step in plan.steps {
            switch step {
            case .missed(let due, let through, let count, let why):
                steps.append(.missed(due: due, through: through, count: count, why: why))
            case .fire(let due): steps.append(await fire(stored.schedule, due: due))
            }
        }
        return FireOrder(stored, steps: steps, next: plan.next)
    }

    private func fire(_ schedule: Schedule, due: Date) async -> FireOrder.Step {
        if schedule.isWatch { return .watch(due: due) }
        do {
            return .run(due: due, try await control.newRun(of: schedule, due: due))
        } catch {
            return .refuse(due: due, why: "\(error)")
        }
    }

    // MARK: Queued

    private func releaseQueued() async throws {
        guard desk.mayQueue else { return }
        // Before the look: what is queued during it counts.
        desk.queues(false)
        do {
            try await releaseReady()
            if try await control.store.hasQueuedFires() { desk.queues(true) }
        } catch {
            desk.queues(true)
            throw error
        }
    }

    private func releaseReady() async throws {
        while true {
            let queued = try await control.store.queuedFires(limit: Self.slice)
            var started = 0
            for entry in queued {
                let fire = try await release(entry)
                if fire?.outcome == .running { started += 1 }
            }
            // What was refused left its place to the next in the queue.
            guard !queued.isEmpty, started < queued.count else { return }
        }
    }

    private func release(_ entry: QueuedFire) async throws -> Fire? {
        let number = entry.fire.number
        do {
            let new = try await control.newRun(of: entry.stored.schedule, due: entry.fire.due)
            return try await control.store.release(number, run: new, refusal: nil, at: control.now())
        } catch let error as MartletError where [.invalid, .notFound, .forbidden, .conflict].contains(error.code) {
            return try await control.store.release(number, run: nil, refusal: "\(error)", at: control.now())
        }
    }
}

/// Sees that the time of day was set back.
private struct ClockWatch {
    private var seen: Date?

    /// At the first look too: what was stored may have been planned by other rules, or under another time.
    mutating func isToReplan(_ control: Control) async throws -> Bool {
        let now = control.now()
        defer { seen = now }
        guard let seen else { return true }
        return now.milliseconds < seen.milliseconds - 1000
    }
}
