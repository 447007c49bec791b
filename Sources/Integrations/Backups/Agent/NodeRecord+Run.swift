import MartletCore
import MartletEngine

extension NodeRecord {
    /// Nil for what is neither a backup nor a restore. `node`: where it ran.
    init?(_ run: Run, on node: String, _ drivers: Drivers) {
        guard let subject = run.volumeSubject else { return nil }
        self.init(
            run: run.id, node: node, volume: subject.volume, action: subject.action, mode: subject.mode,
            state: run.state, outcome: run.outcome, reason: Self.cut(run.reason.sentence(.en).text),
            trigger: run.trigger,
            createdAt: run.createdAt, startedAt: run.startedAt, endedAt: run.finishedAt,
            progress: run.report.progress, message: run.report.message.map(Self.cut), results: run.report.results,
            version: run.version, backup: subject.restore?.version, source: subject.restore?.source,
            isPreview: subject.restore?.dryRun ?? false, paths: subject.restore?.paths)
        guard run.state.isEnd else { return }
        made = drivers.yields(of: run).compactMap { yield in
            guard case .version(_, let mode, let content, let isPartial) = yield else { return nil }
            return Made(mode: mode, content: content, isPartial: isPartial)
        }
    }
}

extension NodeRecord {
    /// Names of files may be long, and a record that is too long would be refused.
    private static func cut(_ text: String) -> String {
        guard text.utf8.count > longestReason else { return text }
        // Repairing makes three bytes of one that was cut off its character.
        return String(repairing: Array(text.utf8.prefix(longestReason - 12))) + "…"
    }
}

extension Run {
    /// What a backup or a restore is about.
    struct VolumeSubject {
        var action: NodeRecord.Action
        var volume: VolumeName
        var mode: VolumeMode?
        var restore: RestoreWork?
    }

    /// Nil for every other run.
    var volumeSubject: VolumeSubject? {
        if let restore = volumeWork?.restore {
            return VolumeSubject(action: .restore, volume: restore.target, restore: restore)
        }
        guard let task = job.tasks.first, task.driver == VolumeBackupDriver.name,
            let step: BackupStep = try? SpecCoding.spec(task.spec)
        else { return nil }
        return VolumeSubject(action: .backup, volume: step.volume, mode: step.mode)
    }
}
