package import Foundation
package import Logging
import MartletCore
import Synchronization

/// Acts on the times of schedules. One per server; nothing of them is kept in memory.
///
/// Runs are stored a little ahead of their time, where no run of before is left: they wait in the store until they are
/// due, and many that are due at once are all there in time.
package final class Scheduler: Sendable {
    static let ahead = TimeSpan.seconds(2)
    private static let slice = 250
    /// After trouble with the store, the disk or a definition.
    private static let pause = TimeSpan.seconds(1)

    private struct Watch {
        /// The latest time of day that was seen.
        var seen: Date?
        /// Until it has succeeded.
        var owesReplan = true
    }

    private let control: Control
    private let logger: Logger
    private let watch = Mutex(Watch())
    private var desk: ScheduleDesk { control.schedules }

    package init(control: Control, logger: Logger) {
        self.control = control
        self.logger = logger
    }

    /// Until it is cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            let (alarm, desk) = (Alarm(), desk)
            // A run that ends may be what a queued time waits for.
            let (rings, ends) = (desk.rings(), control.feed.changes { $0.to.isEnd && desk.mayQueue })
            group.addTask { for await _ in rings { alarm.ring() } }
            group.addTask { for await _ in ends { alarm.ring() } }
            alarm.ring()
            for await _ in alarm.rings {
                let next: Date?
                do { next = try await pass() } catch { break }
                if let next, alarm.set(next) { group.addTask { await alarm.ring(at: next, now: self.control.now()) } }
            }
            group.cancelAll()
        }
    }

    /// Acts on everything that is due. Returns when to look again; nil: when something changes. Throws only when it is
    /// cancelled: trouble in one stage keeps no other from its work.
    package func pass() async throws -> Date? {
        var looks: [Date?] = []
        looks.append(try await stage("plans") { try await self.replanWhenOwed() })
        looks.append(try await stage("times") { try await self.fireDue() })
        looks.append(try await stage("queue") { try await self.releaseQueued() })
        looks.append(try await stage("overdue") { try await self.markOverdue() })
        return looks.compactMap(\.self).min()
    }

    /// Returns when the stage wants to be done again.
    private func stage(_ name: String, _ body: () async throws -> Date?) async throws -> Date? {
        do {
            return try await body()
        } catch {
            try Task.checkCancellation()
            logger.error(
                "schedules are not acted on, trying again", metadata: ["stage": "\(name)", "error": "\(error)"])
            return control.now().adding(Self.pause)
        }
    }

    // MARK: Plans

    private func replanWhenOwed() async throws -> Date? {
        let now = control.now()
        let owes = watch.withLock { watch in
            // Nobody's clock jumps back by less than this on purpose.
            if let seen = watch.seen, now.milliseconds < seen.milliseconds - 1000 { watch.owesReplan = true }
            watch.seen = now
            return watch.owesReplan || desk.takeReplan()
        }
        guard owes else { return nil }
        watch.withLock { $0.owesReplan = true }
        try await replan(at: now)
        watch.withLock { $0.owesReplan = false }
        return nil
    }

    /// What lies ahead is computed anew: zone rules, calendars or the clock are others than when it was stored.
    private func replan(at now: Date) async throws {
        let desk = desk
        let moved = try await control.store.replan(at: now, ahead: Self.ahead) { stored in
            (try? desk.timetable(of: stored)).map { $0.next(after: now) }
        }
        if moved > 0 { logger.notice("next times of schedules moved", metadata: ["count": "\(moved)"]) }
    }

    private func markOverdue() async throws -> Date? {
        let overdue = try await control.store.markOverdue(at: control.now(), limit: Self.slice)
        desk.meter.overdue(overdue.marked.count)
        for fire in overdue.marked {
            logger.warning("overdue", metadata: ["schedule": "\(fire.schedule)", "due": "\(fire.due)"])
        }
        return overdue.next
    }

    // MARK: Due

    private func fireDue() async throws -> Date? {
        while true {
            let now = control.now()
            let due = try await control.store.dueSchedules(at: now, ahead: Self.ahead, limit: Self.slice)
            if !due.unreadable.isEmpty {
                let why = "its definition cannot be read; a newer version of the program wrote it, perhaps"
                logger.error("schedules stand still", metadata: ["names": "\(due.unreadable)", "error": "\(why)"])
                try await control.store.setAside(due.unreadable, why: why, at: now)
            }
            var (orders, isTrouble) = ([FireOrder](), false)
            for stored in due.schedules {
                guard let order = try await order(for: stored, at: now) else {
                    isTrouble = true
                    continue
                }
                orders.append(order)
            }
            Failpoint.hit("scheduler.beforeFire")
            try Task.checkCancellation()
            let isProgress = try await put(orders, &isTrouble)
            Failpoint.hit("scheduler.afterFire")
            guard isProgress else { return try await nextLook(after: now, isTrouble) }
        }
    }

    /// Whether anything was stored.
    private func put(_ orders: [FireOrder], _ isTrouble: inout Bool) async throws -> Bool {
        var (isProgress, rest) = (false, orders[...])
        while !rest.isEmpty {
            let part = rest.prefix(Self.slice, of: \.steps.count)
            rest = rest.dropFirst(part.count)
            do {
                let results = try await control.store.fire(Array(part), at: control.now())
                for (order, result) in zip(part, results) where result.isPut {
                    isProgress = true
                    try await settle(order, result)
                }
            } catch {
                try Task.checkCancellation()
                guard part.count > 1 else {
                    logger.error(
                        "a schedule's times are not stored, trying again",
                        metadata: ["schedule": "\(part.first?.stored.schedule.name ?? "")", "error": "\(error)"])
                    isTrouble = true
                    continue
                }
                // One of them is to blame; the others go on.
                for order in part { isProgress = try await put([order], &isTrouble) || isProgress }
            }
        }
        return isProgress
    }

    private func settle(_ order: FireOrder, _ result: FireResult) async throws {
        desk.decided(result.fires, at: control.now())
        for fire in result.fires where fire.outcome == .refused {
            logger.error(
                "a schedule's run could not be stored",
                metadata: ["schedule": "\(fire.schedule)", "due": "\(fire.due)", "error": "\(fire.why ?? "")"])
        }
        let started = Set(result.fires.compactMap(\.run))
        for case .run(_, let new) in order.steps where started.contains(new.run.id) {
            try await control.makeRoom(for: new)
        }
    }

    /// Nil: not now, for a reason that passes.
    private func order(for stored: StoredSchedule, at now: Date) async throws -> FireOrder? {
        guard let due = stored.nextDue else { return nil }
        let timetable: Timetable
        do {
            timetable = try desk.timetable(of: stored)
        } catch {
            let why = "its times cannot be computed: \(error)"
            logger.error(
                "a schedule stands still", metadata: ["schedule": "\(stored.schedule.name)", "error": "\(why)"])
            try await control.store.setAside([stored.schedule.name], why: why, at: now)
            return nil
        }
        let plan = FirePlan(stored.schedule, timetable, due: due, now: max(now, due))
        var steps: [FireOrder.Step] = []
        for step in plan.steps {
            switch step {
            case .missed(let due, let through, let count, let why):
                steps.append(.missed(due: due, through: through, count: count, why: why))
            case .fire(let due):
                guard let step = try await fire(stored.schedule, due: due) else { return nil }
                steps.append(step)
            }
        }
        return FireOrder(stored, steps: steps, next: plan.next)
    }

    private func fire(_ schedule: Schedule, due: Date) async throws -> FireOrder.Step? {
        if schedule.isWatch { return .watch(due: due) }
        do {
            return .run(due: due, try await control.newRun(of: schedule, due: due))
        } catch let error as MartletError where error.isOfTheRequest {
            return .refuse(due: due, why: "\(error)")
        } catch {
            try Task.checkCancellation()
            logger.warning("a time waits", metadata: ["schedule": "\(schedule.name)", "error": "\(error)"])
            return nil
        }
    }

    /// `look`: when the due ones were read last.
    private func nextLook(after look: Date, _ isTrouble: Bool) async throws -> Date? {
        let due = try await control.store.nextScheduledDue(after: look).map { due in
            // Soon due and not stored yet: a run of before is not over. It may be, any moment.
            due <= look.adding(Self.ahead)
                ? min(due, look.adding(TimeSpan(milliseconds: 250)))
                : due.adding(TimeSpan(milliseconds: -Self.ahead.milliseconds))
        }
        return [due, isTrouble ? look.adding(Self.pause) : nil].compactMap(\.self).min()
    }

    // MARK: Queued

    private func releaseQueued() async throws -> Date? {
        guard desk.mayQueue else { return nil }
        try await clearTheWay()
        let isTrouble = try await releaseReady()
        // Ends of runs are told for as long as anything waits, also while it is looked at.
        if try await !control.store.hasQueuedFires() {
            desk.queues(false)
            try await expectThoseSince()
        }
        return isTrouble ? control.now().adding(Self.pause) : nil
    }

    /// A time may have been queued between the look and what followed from it.
    private func expectThoseSince() async throws {
        do {
            if try await control.store.hasQueuedFires() { desk.queues(true) }
        } catch {
            desk.queues(true)
            throw error
        }
    }

    /// Ends the runs that a newer time replaces. Found in the store, so that a server that died before it could ask them
    /// leaves that to the next.
    private func clearTheWay() async throws {
        let runs = try await control.store.runsInTheWay(limit: Self.slice)
        await withDiscardingTaskGroup { group in
            for run in runs { group.addTask { await self.stop(run) } }
        }
    }

    private func stop(_ run: RunID) async {
        do {
            try await control.stopIfUnfinished(run)
        } catch {
            logger.warning("a run that is replaced goes on", metadata: ["run": "\(run)", "error": "\(error)"])
        }
    }

    /// Whether any could not be acted on, for a reason that passes.
    private func releaseReady() async throws -> Bool {
        var (waiting, isTrouble) = (Set<Int64>(), false)
        while true {
            let queued = try await control.store.queuedFires(limit: Self.slice)
            var refused = 0
            for entry in queued where !waiting.contains(entry.fire.number) {
                let fire = try await release(entry)
                if fire == nil { isTrouble = true }
                // Somebody else's run holds its key: the end of that is told.
                if fire == nil || fire?.outcome == .queued { waiting.insert(entry.fire.number) }
                if fire?.outcome == .refused || fire?.outcome == .skipped { refused += 1 }
            }
            // What was refused left its place to the next in the queue.
            let isMore = queued.count == Self.slice && waiting.count < Self.slice
            guard refused > 0 || isMore else { return isTrouble }
        }
    }

    private func release(_ entry: QueuedFire) async throws -> Fire? {
        do {
            let new = try await control.newRun(of: entry.stored.schedule, due: entry.fire.due)
            let fire = try await control.store.release(entry, run: new, refusal: nil, at: control.now())
            if fire?.run == new.run.id { try await control.makeRoom(for: new) }
            return fire
        } catch let error as MartletError where error.isOfTheRequest {
            return try await control.store.release(entry, run: nil, refusal: "\(error)", at: control.now())
        } catch {
            try Task.checkCancellation()
            logger.warning(
                "a queued time waits", metadata: ["schedule": "\(entry.fire.schedule)", "error": "\(error)"])
            return nil
        }
    }
}

extension MartletError {
    /// It comes again for as long as nobody changes what is asked for.
    fileprivate var isOfTheRequest: Bool { [.invalid, .notFound, .forbidden, .conflict, .mismatch].contains(code) }
}

extension ArraySlice {
    /// The first elements that together have at most `most`, and one at least.
    fileprivate func prefix(_ most: Int, of weight: (Element) -> Int) -> ArraySlice {
        var total = 0
        let end = indices.first { index in
            total += Swift.max(1, weight(self[index]))
            return total > most && index > startIndex
        }
        return self[startIndex..<(end ?? endIndex)]
    }
}
