package import MartletCore

/// Backs a volume up with restic. Spec: ``BackupStep``. The exit code says too little: the summary line proves that a
/// version was made.
package struct VolumeBackupDriver: YieldingDriver {
    package static let name = "volumeBackup"
    package var name: String { Self.name }
    package let readsOutput = true

    private let box: BackupBox
    /// Path of the server's own program.
    private let martlet: String

    /// How long a backup waits for exclusive work on its repository, in seconds, and the exit code when that was not
    /// enough.
    private static let longestWait = "7200"
    static let busyCode: Int32 = 75

    package init(_ box: BackupBox, martlet: String) {
        self.box = box
        self.martlet = martlet
    }

    package func plan(_ context: TaskContext) throws(MartletError) -> [String] {
        let spec: BackupStep = try SpecCoding.spec(context.task.spec)
        guard spec.path.hasPrefix("/"), spec.volume.instance >= 1,
            VolumeName.problem(withVolume: spec.volume.volume) == nil
        else {
            throw MartletError(
                .invalid, "the spec is not valid",
                problems: [FieldProblem(field: "spec.path", problem: "must be the absolute path of a declared volume")])
        }
        guard SpecCoding.text(spec).utf8.count <= VolumeWorkDriver.longestArgument else {
            throw MartletError(
                .invalid, "the spec is not valid",
                problems: [
                    FieldProblem(
                        field: "spec", problem: "is longer than \(VolumeWorkDriver.longestArgument) bytes: exclude less"
                    )
                ])
        }
        switch spec.step {
        case .prepare: return [martlet, "volume-worker", "prepare", SpecCoding.text(spec)]
        case .pre, .post: return [martlet, "volume-worker", "hook", SpecCoding.text(spec)]
        case .backup: return backup(spec, context.address.run)
        }
    }

    /// The lock is the engine's own readers' and writers' queue: it is held by the process itself, whatever becomes of
    /// the server, and given up with it. `flock` becomes restic, so that signals reach it.
    private func backup(_ spec: BackupStep, _ run: RunID) -> [String] {
        let settings = box.settings
        return [
            "flock", "--shared", "--no-fork", "--timeout", Self.longestWait, "--conflict-exit-code",
            String(Self.busyCode), settings.lock(of: spec.volume.app), settings.restic,
        ] + ResticArguments.backup(spec.volume, spec.mode, run, exclude: spec.exclude)
    }

    package func read(_ line: [UInt8], of task: TaskSpec, into report: inout TaskReport) {
        switch task.backupStep {
        case .backup:
            var tally = BackupTally(report.evidence)
            tally.take(ResticLine(line))
            report.evidence = tally.evidence
            (report.progress, report.message) = (tally.progress ?? report.progress, tally.message ?? report.message)
            for (name, value) in tally.results { report.results[name] = value }
        case .prepare: WorkTally.take(line, into: &report)
        // What a hook writes proves nothing.
        case .pre, .post, nil: break
        }
    }

    package func verdict(_ exit: TaskExit, of task: TaskSpec, _ report: TaskReport) -> Verdict {
        let verdict = Verdict(of: exit)
        switch task.backupStep {
        case .backup: return BackupTally(report.evidence).verdict(exit, verdict)
        case .prepare: return WorkTally.verdict(verdict, report)
        case .pre: return task.hook?.mayFail == true ? verdict.tolerated("the hook before the backup") : verdict
        case .post: return verdict.tolerated("the hook after the backup")
        case nil: return verdict
        }
    }

    package func summary(of run: Run) -> RunSummary {
        let volume = run.labels[VolumeLabel.volume] ?? run.job.name ?? run.driver
        let tally = BackupTally(run.report.evidence)
        return RunSummary(
            subject: volume, action: "backup", count: tally.memo.content.map { "\($0.files) files" },
            failures: tally.evidence.failures)
    }

    /// What was true of volumes and rules then need not be true now.
    package func refusal(ofRepeating run: Run) -> String? {
        "a run about a volume is not repeated as it was: start it anew, see martlet volumes"
    }

    package func yields(of run: Run) -> [RunYield] {
        guard let index = run.job.tasks.firstIndex(where: { $0.backupStep == .backup }),
            // Only what ended well proves anything.
            run.state == .succeeded || (run.task > index && run.failure?.task != index),
            let spec: BackupStep = try? SpecCoding.spec(run.job.tasks[index].spec),
            var content = BackupTally(run.report.evidence).memo.content
        else { return [] }
        content.node = spec.node
        return [.version(spec.volume, spec.mode, content, isPartial: (run.report.evidence?.failed ?? 0) > 0)]
    }
}

extension TaskSpec {
    /// Nil for tasks of other drivers.
    fileprivate var backupStep: BackupStep.Step? {
        driver == VolumeBackupDriver.name ? spec.object?["step"]?.string.flatMap(BackupStep.Step.init) : nil
    }

    fileprivate var hook: Hook? { (try? SpecCoding.spec(spec, BackupStep.self))?.hook }
}

extension Verdict {
    /// A failure that must not spoil what was done: a warning.
    fileprivate func tolerated(_ what: String) -> Verdict {
        isGood ? self : Verdict(.warning, note: "\(what) did not end well (\(outcome.rawValue)); see its log")
    }
}

/// Labels of runs about volumes: tokens can be bound to them.
package enum VolumeLabel {
    package static let app = "volumes/app"
    package static let proc = "volumes/proc"
    package static let volume = "volumes/volume"
    package static let mode = "volumes/mode"
}
