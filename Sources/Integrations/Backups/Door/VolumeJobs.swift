import MartletCore

/// The jobs of this integration: what each run consists of.
struct VolumeJobs: Sendable {
    let settings: BackupSettings

    /// A run of it makes one version. Schedules may point to it as well as callers.
    /// `isFirst`: the app has no version yet.
    func backup(_ volume: DeclaredVolume, _ rule: BackupRule, isFirst: Bool) -> Job {
        var step = BackupStep(
            step: .prepare, volume: volume.name, mode: rule.mode, path: volume.path, node: settings.node,
            isFirst: isFirst)
        func task(_ kind: BackupStep.Step, suffix: String = "") -> TaskSpec {
            step.step = kind
            step.exclude = kind == .backup ? rule.exclude : []
            return TaskSpec(name: kind.rawValue + suffix, driver: VolumeBackupDriver.name, spec: SpecCoding.value(step))
        }
        var prepare = withEngine(task(.prepare), volume.name.app)
        // It waits for exclusive work on the repository.
        prepare.timeout = .seconds(9000)
        var backup = withEngine(task(.backup), volume.name.app)
        backup.timeout = rule.timeout
        backup.process.cwd = volume.path
        var all = [prepare, backup]
        func tasks(of hook: Hook?, _ kind: BackupStep.Step) -> [TaskSpec] {
            guard let hook else { return [] }
            step.hook = hook
            let places: [String?] = hook.runner == .host || volume.containers.isEmpty ? [nil] : volume.containers
            return places.enumerated().map { index, container in
                step.container = container
                var task = task(kind, suffix: index == 0 ? "" : "-\(index + 1)")
                task.timeout = hook.timeout
                task.onFailure = hook.mayFail ? .continue : .stop
                if kind == .post { task.when = .always }
                return task
            }
        }
        all.insert(contentsOf: tasks(of: rule.before, .pre), at: 1)
        all += tasks(of: rule.after, .post)
        var labels = Self.labels(volume.name)
        labels[VolumeLabel.mode] = rule.mode.rawValue
        return Job(name: "volumes.backup", tasks: all, labels: labels)
    }

    func work(_ work: VolumeWork, of volume: VolumeName?) -> Job {
        let task = TaskSpec(
            name: work.operation.rawValue, driver: VolumeWorkDriver.name, spec: SpecCoding.value(work),
            // Somebody waits for a list; for everything else a day is more than enough.
            timeout: work.operation == .list ? .seconds(600) : .seconds(86_400))
        let labels = volume.map(Self.labels) ?? [VolumeLabel.app: work.app]
        return Job(
            name: "volumes.\(work.operation.rawValue)", tasks: [withEngine(task, work.app)], labels: labels)
    }

    /// What every task needs that calls the engine. It gives its locks up when it is interrupted, not when it is
    /// terminated.
    private func withEngine(_ task: TaskSpec, _ app: String) -> TaskSpec {
        var task = task
        task.environment = settings.environment(of: app).merging([
            "MARTLET_VOLUME_RESTIC": settings.restic, "MARTLET_VOLUME_RSYNC": settings.rsync,
            "MARTLET_VOLUME_LOCK": settings.lock(of: app),
        ]) { $1 }
        task.secrets = ["RESTIC_PASSWORD": BackupSettings.secret(of: app)]
        task.stopSignal = .int
        task.grace = .seconds(30)
        task.process.nice = 10
        return task
    }

    static func labels(_ volume: VolumeName) -> [String: String] {
        func bounded(_ text: String) -> String { String(decoding: text.utf8.prefix(256), as: UTF8.self) }
        return [
            VolumeLabel.app: volume.app, VolumeLabel.proc: volume.proc, VolumeLabel.volume: bounded(volume.archive),
        ]
    }

    /// One live run each: what changes a volume or reads all of it.
    static func key(_ volume: VolumeName) -> String { "volume:\(volume)" }
    /// One live run each: exclusive work on an app's repository.
    static func key(repositoryOf app: String) -> String { "repository:\(app)" }
}
