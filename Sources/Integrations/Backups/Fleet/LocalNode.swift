import Foundation
package import MartletCore
import MartletEngine
import MartletHTTP

/// This machine.
package struct LocalNode: VolumeNode {
    let volumes: Volumes

    /// How long a preview may take.
    private static let patience = TimeSpan.seconds(60)

    package init(_ volumes: Volumes) { self.volumes = volumes }

    private var control: Control { volumes.control }
    private var standstill: Standstill { Standstill(dataDirectory: volumes.box.settings.dataDirectory) }

    // MARK: Runs

    package func start(
        _ planned: PlannedBackup, by caller: Volumes.Caller, _ idempotency: IdempotencyRecord?
    ) async throws -> RecordID {
        let work = try await volumes.backupWork(of: planned.volume.name, mode: planned.rule.mode)
        return try RecordID(await volumes.submit(work, by: caller, idempotency))
    }

    package func enqueue(_ planned: PlannedBackup, by caller: Volumes.Caller) async throws -> RecordID? {
        guard try await control.store.schedule(planned.scheduleName) != nil else {
            throw MartletError(.conflict, "\(planned.volume.name) is busy, and a rule without a schedule does not wait")
        }
        let fire = try await control.runSchedule(planned.scheduleName, rights: .all)
        guard fire.run != nil || fire.outcome == .queued else {
            throw MartletError(.conflict, "\(planned.volume.name) is busy: \(fire.why ?? fire.outcome.rawValue)")
        }
        return fire.run.map { RecordID($0) }
    }

    package func restore(
        _ version: VolumeVersion, _ wish: Volumes.RestoreWish, by caller: Volumes.Caller,
        _ idempotency: IdempotencyRecord?
    ) async throws -> RecordID {
        try RecordID(await volumes.restore(version, wish, by: caller, idempotency: idempotency))
    }

    package func preview(
        _ version: VolumeVersion, _ wish: Volumes.RestoreWish, by caller: Volumes.Caller
    ) async throws -> [String: JSONValue] {
        var wish = wish
        wish.dryRun = true
        let accepted = try await volumes.restore(version, wish, by: caller)
        guard let id = accepted.ids.first else { throw MartletError(.internal, "a run has no id") }
        let run = try await control.wait(for: id, upTo: Self.patience)
        guard run.state.isEnd else {
            throw MartletError(.unavailable, "the preview takes longer than \(Self.patience); run \(id) goes on")
        }
        if run.state == .succeeded { return run.report.results }
        let reason = run.reason.sentence(.en).text
        throw MartletError(run.report.results["error"] == "notFound" ? .notFound : .unavailable, reason)
    }

    // MARK: Times

    package func times(of planned: [PlannedBackup]) async throws -> [JobTimes] {
        var times: [JobTimes] = []
        for planned in planned {
            guard let stored = try await control.store.schedule(planned.scheduleName) else {
                times.append(JobTimes(isKnown: false))
                continue
            }
            let fires = try await control.store.fires(FireQuery(schedule: planned.scheduleName, limit: 20))
            times.append(
                JobTimes(
                    previous: fires.first { $0.kind == .due && $0.run != nil }?.due, next: stored.nextDue,
                    isAsleep: try isAsleep(stored.schedule)))
        }
        return times
    }

    package func areAsleep(_ planned: [PlannedBackup]) async throws -> [Bool?] {
        let held = try standstill.held() ?? []
        var (paused, last) = ([String: Bool](), String?.none)
        while true {
            let page = try await control.store.schedules(after: last, limit: 500)
            for stored in page where stored.source == RuleSchedules.source {
                paused[stored.schedule.name] = stored.schedule.isPaused
            }
            guard page.count == 500, let next = page.last else { break }
            last = next.schedule.name
        }
        return planned.map { planned in
            paused[planned.scheduleName].map { $0 && !held.contains(planned.scheduleName) }
        }
    }

    /// On a stopped node all are paused: only those that slept before it was stopped are asleep.
    private func isAsleep(_ schedule: Schedule) throws -> Bool {
        try schedule.isPaused && standstill.held()?.contains(schedule.name) != true
    }

    package func setAsleep(_ isAsleep: Bool, _ planned: PlannedBackup, by caller: Volumes.Caller) async throws {
        let name = planned.scheduleName
        guard try await control.store.schedule(name) != nil else {
            throw MartletError(
                .conflict, planned.job.problem?.message ?? "the job has no schedule: it runs only when it is asked to")
        }
        if var held = try standstill.held() {
            if isAsleep { held.remove(name) } else { held.insert(name) }
            try standstill.hold(held)
        } else {
            _ = try await control.pauseSchedule(name, isAsleep, rights: caller.rights)
        }
    }

    // MARK: The node

    package func setStopped(_ isStopped: Bool, by caller: Volumes.Caller) async throws {
        let held = try standstill.held()
        if isStopped {
            var names = held ?? []
            for name in try await active() { names.insert(name) }
            // First remembered, then paused: whatever happens between, a start finds them all.
            try standstill.hold(names)
            for name in names { _ = try await control.pauseSchedule(name, true, rights: caller.rights) }
        } else if let held {
            for name in held where try await control.store.schedule(name)?.schedule.isPaused == true {
                _ = try await control.pauseSchedule(name, false, rights: caller.rights)
            }
            try standstill.hold(nil)
        }
    }

    /// Schedules of this machine's rules and drills that are not paused.
    private func active() async throws -> [String] {
        let settings = volumes.box.settings
        var names: [String] = []
        for volume in volumes.box.inventory.volumes where volume.node == nil || volume.node == settings.node {
            let all = volume.rules.map { RuleSchedules.name(of: volume.name, $0.mode) }
            for name in all + [RuleSchedules.drillName(of: volume.name)]
            where try await control.store.schedule(name)?.schedule.isPaused == false {
                names.append(name)
            }
        }
        return names
    }

    package func state() async throws -> NodeState {
        let facts = ProcessFacts()
        let live = try await control.store.liveRuns()
        return NodeState(
            startedAt: facts.startedAt.map { Date(timeIntervalSince1970: $0) },
            updatedAt: volumes.box.inventoryReadAt, isStopped: try standstill.held() != nil,
            running: live.count { $0.labels[VolumeLabel.app] != nil }, threads: Int64(facts.threads ?? 0),
            resident: Int64(facts.residentBytes ?? 0), reserved: Int64(facts.virtualBytes ?? 0))
    }
}

extension PlannedBackup {
    var scheduleName: String { RuleSchedules.name(of: volume.name, rule.mode) }
}

extension RecordID {
    init(_ accepted: Control.Accepted) throws(MartletError) {
        guard let run = accepted.ids.first else { throw MartletError(.internal, "a run has no id") }
        self.init(run)
    }
}
