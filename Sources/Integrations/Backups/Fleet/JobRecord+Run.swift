import MartletCore

extension JobRecord {
    /// Nil for runs of other work. `version`: the one that the run made, as long as it is there; `planned`: the rule that is
    /// in force for a volume and a mode.
    init?(_ run: Run, _ version: VolumeVersion?, planned: (VolumeName, VolumeMode) -> PlannedBackup?) {
        if let step = run.backupStep {
            let job = planned(step.volume, step.mode)?.job
            self.init(
                run,
                BackupJob(
                    id: job?.id ?? "", spec: job?.spec ?? "", action: .backup, arguments: step.arguments(of: run)),
                result: Self.result(of: run, step, version))
        } else if let work = run.volumeWork, let restore = work.restore, !restore.dryRun {
            self.init(run, BackupJob(action: .recover, arguments: restore.arguments), result: .null)
        } else if let work = run.volumeWork, let remove = work.remove {
            let removed = WorkTally.results(of: run.report)["removed"]?.array?.count ?? 0
            self.init(
                run, BackupJob(action: .expire, arguments: remove.arguments(of: work.app)),
                result: ["removed": .int(Int64(removed))])
        } else {
            return nil
        }
    }

    private init(_ run: Run, _ job: BackupJob, result: JSONValue) {
        var job = job
        job.kind = run.trigger.source == Self.ownSource || run.trigger.due != nil ? .cron : .once
        self.init(
            job: job, id: RecordID(run.id), result: result, state: State(run.state),
            start: GoTime(run.startedAt ?? run.createdAt), end: GoTime(run.finishedAt), reason: Self.reason(of: run))
    }

    /// Of runs that clear up by themselves.
    private static let ownSource = "expiry"

    /// The name is kept where the version is gone: it follows from the run.
    private static func result(of run: Run, _ step: BackupStep, _ version: VolumeVersion?) -> JSONValue {
        guard let bytes = version?.content.bytes ?? BackupTally(run.report.evidence).memo.content?.bytes,
            run.state.isEnd
        else { return .null }
        let second = (run.startedAt ?? run.createdAt).milliseconds / 1000
        let name = version?.name ?? VolumeVersion.name(of: step.volume, step.mode, second: second)
        return ["file": .string(name), "size": .int(bytes)]
    }

    private static func reason(of run: Run) -> String {
        switch run.state {
        case .succeeded where run.outcome == .ok: ""
        case .pending, .running, .stopping, .paused: ""
        case .succeeded, .failed, .cancelled, .lost: run.reason.sentence(.en).text
        }
    }
}

extension JobRecord.State {
    init(_ state: RunState) {
        switch state {
        case .pending, .running, .stopping, .paused: self = .running
        case .succeeded: self = .success
        case .failed, .cancelled, .lost: self = .failed
        }
    }
}

extension Run {
    /// Of the task that makes the version; nil for other work.
    fileprivate var backupStep: BackupStep? {
        job.tasks.lazy.filter { $0.driver == VolumeBackupDriver.name }
            .compactMap { try? SpecCoding.spec($0.spec, BackupStep.self) }.first { $0.step == .backup }
    }

    fileprivate func hooks(_ kind: BackupStep.Step) -> [BackupStep] {
        job.tasks.compactMap { try? SpecCoding.spec($0.spec, BackupStep.self) }.filter { $0.step == kind }
    }
}

extension BackupStep {
    /// As they were when the run was made.
    fileprivate func arguments(of run: Run) -> [String: JSONValue] {
        let (before, after) = (run.hooks(.pre), run.hooks(.post))
        let containers = (before.isEmpty ? after : before).compactMap(\.container)
        return [
            "app": .string(volume.app), "proc": .string(volume.proc), "volume": .string(volume.volume),
            "mode": .string(mode.rawValue), "instanceNo": .int(Int64(volume.instance)),
            "containers": .array(containers.map { .string($0) }), "preRun": .string(before.first?.hook?.line ?? ""),
            "postRun": .string(after.first?.hook?.line ?? ""), "path": .string(path),
            "archive": .string(volume.archive),
        ]
    }
}

extension RestoreWork {
    fileprivate var arguments: [String: JSONValue] {
        let files = (paths ?? ["/*"]).map { JSONValue.string(String($0.dropFirst())) }
        return [
            "namespace": .string(source ?? node), "backup": .string(version ?? ""), "files": .array(files),
            "destDir": .string(path), "app": .string(target.app), "proc": .string(target.proc),
        ]
    }
}

extension RemoveWork {
    fileprivate func arguments(of app: String) -> [String: JSONValue] {
        ["app": .string(app), "versions": .array(items.map { .int($0.number) })]
    }
}
