import MartletCore

extension JobRecord {
    /// Of a copy of what a node ran. `version`: the one that the run made, as long as it is there; `planned`: the rule that is
    /// in force for a volume and a mode.
    init(_ record: NodeRecord, _ version: VolumeVersion?, planned: (VolumeName, VolumeMode) -> PlannedBackup?) {
        var job: BackupJob
        switch record.action {
        case .backup:
            let rule = record.mode.flatMap { planned(record.volume, $0) }
            job = BackupJob(
                id: rule?.job.id ?? "", spec: rule?.job.spec ?? "", action: .backup,
                arguments: rule?.job.arguments ?? record.backupArguments)
        case .restore: job = BackupJob(action: .recover, arguments: record.restoreArguments)
        }
        job.kind = record.trigger.due == nil ? .once : .cron
        self.init(
            job: job, id: RecordID(record.run), result: Self.result(of: record, version), state: State(record.state),
            start: GoTime(record.begunAt), end: GoTime(record.endedAt), reason: Self.reason(of: record))
    }

    private static func result(of record: NodeRecord, _ version: VolumeVersion?) -> JSONValue {
        guard record.action == .backup, record.state.isEnd, let mode = record.mode, let made = record.made.first else {
            return .null
        }
        let name = version?.name ?? VolumeVersion.name(of: record.volume, mode, second: record.begunAt.second)
        return ["file": .string(name), "size": .int(made.content.bytes)]
    }

    private static func reason(of record: NodeRecord) -> String {
        guard record.state.isEnd, record.outcome != .ok else { return "" }
        return record.reason
    }
}

extension NodeRecord {
    /// The inventory does not have the rule any more: as far as it can be told.
    fileprivate var backupArguments: [String: JSONValue] {
        [
            "app": .string(volume.app), "proc": .string(volume.proc), "volume": .string(volume.volume),
            "mode": .string(mode?.rawValue ?? ""), "instanceNo": .int(Int64(volume.instance)), "containers": [],
            "preRun": "", "postRun": "", "path": "", "archive": .string(volume.archive),
        ]
    }

    fileprivate var restoreArguments: [String: JSONValue] {
        let files = (paths ?? ["/*"]).map { JSONValue.string(String($0.dropFirst())) }
        return [
            "namespace": .string(source ?? node), "backup": .string(backup ?? ""), "files": .array(files),
            "destDir": .string(volume.volume), "app": .string(volume.app), "proc": .string(volume.proc),
        ]
    }
}
