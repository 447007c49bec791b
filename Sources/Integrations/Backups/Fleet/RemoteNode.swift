import Foundation
import MartletCore
import MartletEngine

/// A machine with an agent.
struct RemoteNode: VolumeNode {
    let name: String
    let address: String
    let desk: NodeDesk
    let volumes: Volumes

    /// How long a preview may take.
    private static let patience = TimeSpan.seconds(60)

    // MARK: Runs

    func start(
        _ planned: PlannedBackup, by caller: Volumes.Caller, _ idempotency: IdempotencyRecord?
    ) async throws -> RecordID {
        try RecordID(
            await volumes.startBackup(
                planned.volume.name, mode: planned.rule.mode, by: caller, idempotency: idempotency))
    }

    func enqueue(_ planned: PlannedBackup, by caller: Volumes.Caller) async throws -> RecordID? {
        try desk.refuseWhenDown(name)
        let run = try await desk.client.enqueue(planned.volume.name, planned.rule.mode, at: address)
        if let run { await desk.fetch(run, of: name, at: address, volumes.control) }
        return run.map { RecordID($0) }
    }

    func restore(
        _ version: VolumeVersion, _ wish: Volumes.RestoreWish, by caller: Volumes.Caller,
        _ idempotency: IdempotencyRecord?
    ) async throws -> RecordID {
        try RecordID(await volumes.startRestore(version, wish, by: caller, idempotency: idempotency))
    }

    func preview(
        _ version: VolumeVersion, _ wish: Volumes.RestoreWish, by caller: Volumes.Caller
    ) async throws -> [String: JSONValue] {
        var wish = wish
        wish.dryRun = true
        let started = try await volumes.startRestore(version, wish, by: caller)
        guard let run = started.run else { throw MartletError(.internal, "a run has no id") }
        let record = try await desk.wait(for: run, upTo: Self.patience, volumes.control)
        guard record.state.isEnd else {
            throw MartletError(.unavailable, "the preview takes longer than \(Self.patience); run \(run) goes on")
        }
        if record.state == .succeeded { return record.results }
        throw MartletError(record.results["error"] == "notFound" ? .notFound : .unavailable, record.reason)
    }

    // MARK: Times

    func setAsleep(_ isAsleep: Bool, _ planned: PlannedBackup, by caller: Volumes.Caller) async throws {
        try desk.refuseWhenDown(name)
        try await desk.client.setAsleep(isAsleep, planned.volume.name, planned.rule.mode, at: address)
    }

    /// As the agent knows them; of one that does not answer what it said last.
    func times(of planned: [PlannedBackup]) async throws -> [JobTimes] {
        let known = await desk.times(of: name, at: address)
        return planned.map { planned in
            known[RuleName(planned.volume.name, planned.rule.mode)] ?? JobTimes(next: next(of: planned))
        }
    }

    func areAsleep(_ planned: [PlannedBackup]) async throws -> [Bool?] {
        try await times(of: planned).map(\.isAsleep)
    }

    /// Worked out here: the agent was never heard of since this server started.
    private func next(of planned: PlannedBackup) -> Date? {
        guard let cron = planned.rule.schedule, planned.job.state != .invalid else { return nil }
        let control = volumes.control
        let timetable = try? Timetable(
            .cron(cron), zone: TimeZone(named: control.schedules.zone), clock: .once, days: nil,
            anchor: control.now(), seed: planned.scheduleName,
            jitter: volumes.box.jitter)
        return timetable?.next(after: control.now())
    }

    // MARK: The node

    func setStopped(_ isStopped: Bool, by caller: Volumes.Caller) async throws {
        try desk.refuseWhenDown(name)
        try await desk.client.setStopped(isStopped, at: address)
    }

    func state() async throws -> NodeState {
        try desk.refuseWhenDown(name)
        return try await desk.client.state(at: address)
    }
}

extension RecordID {
    fileprivate init(_ started: Volumes.Started) throws(MartletError) {
        guard let run = started.run else { throw MartletError(.internal, "a run has no id") }
        self.init(run)
    }
}
