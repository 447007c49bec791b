package import Foundation
package import MartletCore

extension Control {
    /// The most times that one call makes up for, or tells of.
    package static let mostTimes = 1000

    // MARK: Definitions

    /// Stores a schedule after making its timetable and its run once. `ifVersion` 0: only when it is new. One equal to
    /// the stored one changes nothing.
    package func putSchedule(
        _ schedule: Schedule, source: String = "api", ifVersion: Int? = nil, rights: Rights
    ) async throws -> StoredSchedule {
        let stored = try await whileChanging(schedule.name) { old in
            if let ifVersion, ifVersion != old?.version ?? 0 {
                let found = old.map { "has version \($0.version)" } ?? "does not exist"
                throw MartletError(
                    .conflict,
                    "the schedule \"\(schedule.name)\" \(found), not \(ifVersion == 0 ? "new" : "version \(ifVersion)")"
                )
            }
            if let old, !old.schedule.isCovered(by: rights) {
                throw MartletError(
                    .conflict, "the name \(schedule.name) is taken by a schedule of another token's work")
            }
            try check(rights, for: schedule)
            if rights.role < .admin, schedule.notify != old?.schedule.notify ?? [] {
                throw MartletError(
                    .forbidden, "who is told of a schedule (notify) is chosen with a token that has the role admin")
            }
            let (new, skipped) = try await planned(schedule, source, after: old, rights)
            return try await store.put(new, replacing: old, skipped: skipped)
        }
        schedules.ring()
        return stored
    }

    /// Reads it and lets `change` store what follows from that; again when somebody was quicker.
    private func whileChanging<Value>(
        _ name: String, _ change: (StoredSchedule?) async throws -> Value
    ) async throws -> Value {
        for _ in 0..<20 {
            do {
                return try await change(try await store.schedule(name))
            } catch let error as MartletError where error.code == .stale {
                continue
            }
        }
        throw MartletError(.conflict, "the schedule \(name) is changed again and again; try again")
    }

    private func planned(
        _ schedule: Schedule, _ source: String, after old: StoredSchedule?, _ rights: Rights
    ) async throws -> (new: StoredSchedule, skipped: Fire?) {
        let now = now()
        let isSameCadence = old?.schedule.cadence == schedule.cadence
        let anchor = isSameCadence ? old?.anchor ?? now : now
        // A time that has come and that nobody has acted on yet is still to be acted on.
        let open = old?.nextDue.flatMap { $0 <= now ? $0 : nil }
        func stored(next: Date?, pausedAt: Date?) -> StoredSchedule {
            StoredSchedule(
                schedule: schedule, version: 0, source: source, anchor: anchor, createdAt: now, updatedAt: now,
                nextDue: next, pausedAt: pausedAt)
        }
        var paused = old?.schedule
        paused?.isPaused = true
        // Work that cannot be started any more must not keep anybody from pausing it.
        if schedule == paused {
            return (stored(next: nil, pausedAt: old?.pausedAt ?? open?.adding(TimeSpan(milliseconds: -1)) ?? now), nil)
        }
        let timetable = try schedules.timetable(of: schedule, anchor: anchor)
        try await checkWork(of: schedule, rights)
        let next = try moved(old, to: schedule, timetable) ?? timetable.next(after: now)
        if next == nil, !isSameCadence { throw Self.neverDue(schedule) }
        if schedule.isPaused { return (stored(next: nil, pausedAt: old?.pausedAt ?? now), nil) }
        let skipped = old?.pausedAt.flatMap { pauseEntry(of: schedule, timetable, from: $0, to: now) }
        return (stored(next: open ?? next, pausedAt: nil), skipped)
    }

    /// Where the jitter alone is another one, the same time comes, only earlier or later: none is lost, and none comes twice.
    private func moved(
        _ old: StoredSchedule?, to schedule: Schedule, _ timetable: Timetable
    ) throws(MartletError) -> Date? {
        guard let old, let due = old.nextDue, old.schedule.jitter != schedule.jitter else { return nil }
        var same = schedule
        same.jitter = old.schedule.jitter
        guard same.cadence == old.schedule.cadence, same.zone == old.schedule.zone, same.dst == old.schedule.dst,
            same.calendar == old.schedule.calendar
        else { return nil }
        let before = try schedules.timetable(of: old.schedule, anchor: old.anchor).delay
        return due.adding(TimeSpan(milliseconds: timetable.delay - before))
    }

    private static func neverDue(_ schedule: Schedule) -> MartletError {
        let problem =
            if case .at = schedule.cadence {
                FieldProblem(field: "at", problem: "has passed; give a time in the future")
            } else {
                FieldProblem(field: "cron", problem: "has no time left; look at its calendar, too")
            }
        return MartletError(.invalid, "the schedule \(schedule.name) is never due", problems: [problem])
    }

    private func check(_ rights: Rights, for schedule: Schedule) throws {
        guard rights.role >= .run else {
            throw MartletError(
                .forbidden, "a schedule needs a token with the role run; this one has \(rights.role.rawValue)")
        }
        if case .inline = schedule.work, rights.role < .admin {
            throw MartletError(
                .forbidden, "a command of one's own needs a token with the role admin; stored jobs need the role run")
        }
        guard schedule.isCovered(by: rights) else {
            throw MartletError(.forbidden, "this token is for other jobs or labels than the schedule's")
        }
    }

    /// Whether its work can be started as it is now, and by whoever asks.
    private func checkWork(of schedule: Schedule, _ rights: Rights) async throws {
        guard !schedule.isWatch else { return }
        try await refuseSecrets(in: schedule)
        _ = try await newRun(of: schedule, due: now(), rights: rights)
    }

    /// A definition is shown to whoever may read it, so a parameter that is secret has no place in it.
    private func refuseSecrets(in schedule: Schedule) async throws {
        guard case .job(let name, let params) = schedule.work, let job = try await store.job(name)?.job else { return }
        let problems = Fields.Problems()
        for key in params.keys.sorted() where job.params[key]?.secret == true {
            problems.add(
                "params.\(key)",
                "is secret and would be shown with the schedule; store it, and name it in the job's secrets")
        }
        try problems.check("the schedule \(schedule.name)")
    }

    /// What a pause kept from running, as one entry of the ledger.
    private func pauseEntry(of schedule: Schedule, _ timetable: Timetable, from start: Date, to end: Date) -> Fire? {
        guard let first = timetable.next(after: start), first <= end,
            let last = timetable.last(through: end, after: start)
        else { return nil }
        let count = FirePlan.count(timetable, from: first, through: last)
        return Fire(
            number: 0, schedule: schedule.name, due: first, kind: .due, at: end, outcome: .skipped,
            why: "the schedule was paused", through: count > 1 ? last : nil, count: count, endedAt: end)
    }

    /// Throws `notFound`, also for one that `rights` do not cover.
    package func schedule(_ name: String, rights: Rights) async throws -> StoredSchedule {
        if let stored = try await store.schedule(name), stored.schedule.isCovered(by: rights) { return stored }
        throw MartletError(.notFound, "there is no schedule named \(name)")
    }

    /// Those that `rights` cover, by name, from the one after `name`.
    package func schedules(after name: String?, limit: Int, rights: Rights) async throws -> [StoredSchedule] {
        var found: [StoredSchedule] = []
        var last = name
        let size = max(limit, 200)
        while found.count < limit {
            let page = try await store.schedules(after: last, limit: size)
            found += page.filter { $0.schedule.isCovered(by: rights) }
            if page.count < size { break }
            last = page.last?.schedule.name
        }
        return Array(found.prefix(limit))
    }

    /// Its runs and its ledger stay.
    package func deleteSchedule(_ name: String, ifVersion: Int? = nil, rights: Rights) async throws {
        let isGone = try await whileChanging(name) { old in
            guard let old, old.schedule.isCovered(by: rights) else { return false }
            if let ifVersion, ifVersion != old.version {
                throw MartletError(
                    .conflict, "the schedule \"\(name)\" has version \(old.version), not version \(ifVersion)")
            }
            return try await store.deleteSchedule(old, at: now())
        }
        guard isGone else { throw MartletError(.notFound, "there is no schedule named \(name)") }
    }

    /// Pausing a paused one, or resuming another, changes nothing.
    package func pauseSchedule(
        _ name: String, _ isPaused: Bool, ifVersion: Int? = nil, rights: Rights
    ) async throws -> StoredSchedule {
        let stored = try await schedule(name, rights: rights)
        var schedule = stored.schedule
        schedule.isPaused = isPaused
        return try await putSchedule(
            schedule, source: stored.source, ifVersion: ifVersion ?? stored.version, rights: rights)
    }

    // MARK: Times

    /// The first `count` times after `start`, of a schedule that need not be stored.
    package func times(
        of schedule: Schedule, anchor: Date? = nil, after start: Date, count: Int
    ) throws(MartletError) -> [Date] {
        let timetable = try schedules.timetable(of: schedule, anchor: anchor ?? now())
        var (times, time) = ([Date](), start)
        while times.count < min(count, Self.mostTimes), let next = timetable.next(after: time) {
            times.append(next)
            time = next
        }
        return times
    }

    package func fires(_ query: FireQuery, rights: Rights) async throws -> [Fire] {
        if let stored = try await store.schedule(query.schedule) {
            guard stored.schedule.isCovered(by: rights) else {
                throw MartletError(.notFound, "there is no schedule named \(query.schedule)")
            }
            return try await store.fires(query)
        }
        // A schedule that is gone left its ledger; whom it was for is not known any more.
        let fires = rights.isRestricted ? [] : try await store.fires(query)
        if fires.isEmpty, query.before == nil {
            throw MartletError(.notFound, "there is no schedule named \(query.schedule)")
        }
        return fires
    }

    /// Starts the work of a schedule now, beside its own times; a paused one too. Throws `conflict` where a run of before
    /// is not over and the overlap is skip.
    package func runSchedule(_ name: String, rights: Rights) async throws -> Fire {
        let stored = try await schedule(name, rights: rights)
        guard !stored.schedule.isWatch else {
            throw MartletError(.conflict, "the schedule \(name) waits for pings and has nothing to start")
        }
        try check(rights, for: stored.schedule)
        let now = now()
        let new = try await newRun(of: stored.schedule, due: now, rights: rights)
        let result = try await store.fire(stored, .manual, due: [now], runs: [new], at: now)
        schedules.decided(result.fires, at: self.now())
        if result.fires.first?.run == new.run.id { try await makeRoom(for: new) }
        schedules.ring()
        guard let fire = result.fires.first else {
            throw MartletError(.conflict, "the schedule \(name) was started in the same millisecond; try again")
        }
        return fire
    }

    /// What a backfill does, or would do.
    package struct Backfill: Sendable {
        /// Times without a run, oldest first.
        package let times: [Date]
        /// Times that have one already.
        package let skipped: Int
        package let fires: [Fire]
    }

    /// Makes up for the times in a range of the past that have no run. Where runs may not overlap, one after the other.
    package func backfill(
        _ name: String, from start: Date, through end: Date, dryRun: Bool, rights: Rights
    ) async throws -> Backfill {
        let stored = try await schedule(name, rights: rights)
        let times = try backfillTimes(stored, from: start, through: end)
        let fired = try await store.firedTimes(of: name, among: times)
        let open = times.filter { !fired.contains($0) }
        guard !dryRun, !open.isEmpty else { return Backfill(times: open, skipped: fired.count, fires: []) }
        try check(rights, for: stored.schedule)
        try await checkWork(of: stored.schedule, rights)
        var runs: [NewRun] = []
        if stored.schedule.overlap == .allow {
            for due in open { runs.append(try await newRun(of: stored.schedule, due: due)) }
        }
        let result = try await store.fire(stored, .backfill, due: open, runs: runs, at: now())
        schedules.decided(result.fires, at: now())
        schedules.ring()
        return Backfill(times: result.fires.map(\.due), skipped: times.count - result.fires.count, fires: result.fires)
    }

    private func backfillTimes(
        _ stored: StoredSchedule, from start: Date, through end: Date
    ) throws(MartletError) -> [Date] {
        let problems = Fields.Problems()
        if stored.schedule.isWatch {
            problems.add("name", "is of a schedule that waits for pings: nothing can be made up for")
        }
        if start >= end { problems.add("from", "must be before to") }
        if end > now() { problems.add("to", "must not be in the future") }
        try problems.check("the backfill")
        let timetable = try schedules.timetable(of: stored)
        let before = Date(milliseconds: start.milliseconds - 1)
        var (times, time) = ([Date](), before)
        while let next = timetable.next(after: time), next <= end {
            guard times.count < Self.mostTimes else {
                throw MartletError(
                    .invalid, "the range has more than \(Self.mostTimes) times",
                    problems: [FieldProblem(field: "to", problem: "is too late: choose a shorter range")])
            }
            times.append(next)
            time = next
        }
        return times
    }

    // MARK: Pings

    /// Throws `notFound` unless it is of a schedule that waits for pings and that `rights` cover.
    package func ping(_ name: String, _ ping: Ping, rights: Rights) async throws -> Fire {
        guard try await schedule(name, rights: rights).schedule.isWatch else {
            throw MartletError(
                .notFound, "the schedule \(name) does not wait for pings; only one with watch: true does")
        }
        let fire = try await store.ping(name, ping, at: now())
        schedules.ring()
        return fire
    }

    // MARK: Runs

    /// The run for one time of a schedule, ready to be inserted.
    func newRun(of schedule: Schedule, due: Date, rights: Rights = .all) async throws -> NewRun {
        try refuseWhenDiskIsLow()
        let now = now()
        let trigger = Trigger(source: "schedule", caller: schedule.name, due: due)
        var submission = try await submission(for: schedule, trigger: trigger, rights: rights)
        submission.labels.merge(schedule.labels) { own, _ in own }
        // What is made up for long after its time must not overtake what is due now.
        let isLate = now.milliseconds - due.milliseconds > FirePlan.tolerance.milliseconds
        submission.dueAt = isLate ? now : due
        return try await newRun(submission, batch: ids.next(at: now).description)
    }

    private func submission(
        for schedule: Schedule, trigger: Trigger, rights: Rights
    ) async throws -> Submission {
        switch schedule.work {
        case .job(let name, let params):
            return Submission(work: .stored(name), params: params, trigger: trigger, rights: rights)
        case .inline(let job): return Submission(work: .inline(job), trigger: trigger, rights: rights)
        case .integration(let name, let request):
            guard let source = schedules.works[name] else {
                let known = schedules.works.keys.sorted().joined(separator: ", ")
                throw MartletError(
                    .invalid, "no integration \(name.prefix(64)) does work for schedules",
                    problems: [
                        FieldProblem(field: "work", problem: "names an unknown integration; known here: \(known)")
                    ])
            }
            do {
                return try await source.submission(for: request, trigger: trigger, rights: rights, in: self)
            } catch let error as MartletError {
                throw MartletError(
                    error.code, error.message,
                    problems: error.problems.map {
                        FieldProblem(field: "work.\(name).\($0.field)", problem: $0.problem)
                    })
            }
        case .watch: throw MartletError(.conflict, "a schedule that waits for pings starts nothing")
        }
    }
}
