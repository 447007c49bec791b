import Foundation
import MartletCore
import MartletEngine
import Testing

@testable import Backups

@Suite struct BackupDriverTests {
    static let volume = VolumeName(app: "shop", proc: "shop.web.web", instance: 2, volume: "/da,ta")
    private static let id = RunID(high: 0x019a_0000_0000_7000, low: 0x8000_0000_0000_0001)

    private static func settings() -> BackupSettings {
        var settings = BackupSettings()
        (settings.node, settings.dataDirectory) = ("n1", "/data")
        return settings
    }

    private static func job(_ rule: BackupRule? = nil) -> Job {
        let declared = DeclaredVolume(
            name: volume, path: "/vol", node: nil, containers: ["c1"], rules: [], drill: nil)
        let rule =
            rule
            ?? BackupRule(
                mode: .full, schedule: nil, retention: Retention(), exclude: ["-x"], before: nil, after: nil,
                timeout: .seconds(60))
        return VolumeJobs(settings: settings()).backup(declared, rule, isFirst: true)
    }

    private let driver = VolumeBackupDriver(BackupBox(Self.settings()), martlet: "/bin/martlet")

    private func plan(_ job: Job, _ index: Int) throws -> [String] {
        try driver.plan(
            TaskContext(
                address: TaskAddress(run: Self.id, attempt: 1, task: index), task: job.tasks[index], jobName: nil,
                params: [:]))
    }

    /// What a run of the job is after its backup wrote these lines and exited.
    private func run(_ lines: [String], code: Int32 = 0, job: Job = job()) throws -> Run {
        var run = Run(
            id: Self.id, job: job, params: [:], key: nil, labels: job.labels, trigger: Trigger(source: "api"),
            createdAt: Date(milliseconds: 0))
        let end = Date(milliseconds: 5000)
        _ = try run.apply(.claim, at: end)
        for (index, task) in job.tasks.enumerated() {
            guard !run.state.isEnd, run.task == index else { continue }
            let isBackup = task.name == "backup"
            for line in isBackup ? lines : [] { driver.read(Array(line.utf8), of: task, into: &run.report) }
            let exit = TaskExit(ending: .exited(code: isBackup ? code : 0), endedAt: end)
            _ = try run.apply(.taskFinished(exit, driver.verdict(exit, of: task, run.report)), at: end)
        }
        return run
    }

    private static let summary =
        #"{"message_type":"summary","files_new":2,"files_changed":1,"files_unmodified":3,"data_added":1059,"total_files_processed":6,"total_bytes_processed":500,"total_duration":1.5,"snapshot_id":"a7f4a3a4"}"#

    @Test func `restic is planned with a lock, logical names and the volume as its directory`() throws {
        let job = Self.job()
        #expect(job.tasks.map(\.name) == ["prepare", "backup"])
        let words = try plan(job, 1)
        #expect(words.prefix(3) == ["flock", "--shared", "--no-fork"])
        #expect(words.contains("/var/backups/martlet/shop.lock"))
        #expect(words.suffix(2) == ["--exclude=-x", "."])
        for word in [
            "shop.web.web.2", "app=shop", "proc=shop.web.web", "inst=2", "vol=/da%2Cta", "mode=full", "rid=\(Self.id)",
        ] { #expect(words.contains(word), "\(word)") }
        let task = job.tasks[1]
        #expect(task.process.cwd == "/vol" && task.stopSignal == .int && task.timeout == .seconds(60))
        #expect(task.environment["RESTIC_REPOSITORY"] == "/var/backups/martlet/shop")
        #expect(task.secrets == ["RESTIC_PASSWORD": "volumes.shop"])
    }

    // backup contract §7.3 C14, C15, F15
    @Test func `hooks stand around the backup, and the one after it always runs`() throws {
        let hook = Hook(runner: .container, command: ["x"], timeout: .seconds(5), mayFail: false)
        let job = Self.job(
            BackupRule(
                mode: .full, schedule: nil, retention: Retention(), exclude: [], before: hook, after: hook,
                timeout: .seconds(60)))
        #expect(job.tasks.map(\.name) == ["prepare", "pre", "backup", "post"])
        #expect(job.tasks.map(\.when) == [.success, .success, .success, .always])
        #expect(job.tasks[1].timeout == .seconds(5) && job.tasks[1].secrets.isEmpty && job.tasks[3].secrets.isEmpty)
        let failed = TaskExit(ending: .exited(code: 1), endedAt: Date(milliseconds: 1))
        #expect(driver.verdict(failed, of: job.tasks[1], TaskReport()).outcome == .exit)
        #expect(driver.verdict(failed, of: job.tasks[3], TaskReport()).outcome == .warning)
        let words = try plan(job, 1)
        #expect(words.prefix(3) == ["/bin/martlet", "volume-worker", "hook"] && words.count == 4)
    }

    @Test func `the summary line makes the version`() throws {
        let run = try run([
            #"{"message_type":"status","percent_done":0.5,"total_files":6,"files_done":3,"total_bytes":500,"bytes_done":250}"#,
            Self.summary,
        ])
        #expect(run.outcome == .ok && run.report.message == "6 files, 500 B, 1.1 kB new")
        #expect(run.report.results["snapshot"] == "a7f4a3a4")
        #expect(
            driver.yields(of: run) == [
                .version(
                    Self.volume, .full,
                    VolumeVersion.Content(
                        snapshot: "a7f4a3a4", node: "n1", files: 6, bytes: 500, added: 1059,
                        took: TimeSpan(milliseconds: 1500)), isPartial: false)
            ])
    }

    // backup contract §7.3 C9
    @Test func `unreadable items are a warning with their names, and the version counts`() throws {
        let run = try run(
            [
                #"{"message_type":"error","error":{"Op":"open"},"during":"archival","item":"/vol/secret"}"#,
                "Warning: at least one source file could not be read", Self.summary,
            ], code: 3)
        #expect(run.state == .succeeded && run.outcome == .warning)
        #expect(run.reason == .succeededWithWarning("1 item could not be read: /vol/secret"))
        #expect(driver.summary(of: run).failures == ["/vol/secret"])
        guard case .version(_, _, _, isPartial: true) = driver.yields(of: run).first else {
            Issue.record("no partial version")
            return
        }
    }

    @Test func `exit 0 without a summary is no success, and makes no version`() throws {
        let run = try run([#"{"message_type":"status","percent_done":1}"#])
        #expect(run.state == .failed && run.outcome == .partial && driver.yields(of: run).isEmpty)
    }

    @Test func `a failure is told in words`() throws {
        let run = try run(["Fatal: wrong password or no key found", "some more"], code: 1)
        let words = "the stored password does not open the repository (wrong password or no key found)"
        #expect(run.reason == .exitedSaying(task: "backup", code: 1, note: words))
        #expect(run.reason.sentence(.en).text.contains(words) && run.reason.code == "exit")
        let empty = try self.run(["Fatal: unable to save snapshot: snapshot is empty"], code: 1)
        #expect(empty.outcome == .warning && driver.yields(of: empty).isEmpty)
        let busy = try self.run([], code: VolumeBackupDriver.busyCode)
        #expect(busy.reason.sentence(.en).text.contains("busy with exclusive work"))
    }

    @Test(arguments: [
        #"{"message_type":"summary","snapshot_id":"--option"}"#,
        #"{"message_type":"summary","snapshot_id":"ABCDEF01"}"#,
        #"{"message_type":"summary","snapshot_id":7}"#, #"{"message_type":"summary"}"#, "{", "", "[1]",
        #"{"message_type":"status","percent_done":1e400}"#,
    ])
    func `a line that is not as it should be proves nothing`(line: String) throws {
        #expect(try driver.yields(of: run([line])).isEmpty)
    }

    @Test func `what a hook writes proves nothing`() throws {
        let hook = Hook(runner: .host, command: ["x"], timeout: .seconds(5), mayFail: false)
        let job = Self.job(
            BackupRule(
                mode: .full, schedule: nil, retention: Retention(), exclude: [], before: hook, after: nil,
                timeout: .seconds(60)))
        var report = TaskReport()
        driver.read(Array(Self.summary.utf8), of: job.tasks[1], into: &report)
        #expect(report == TaskReport())
    }

    @Test func `a spec of somebody else's is refused with its field`() {
        for spec in [[:], ["step": "fly"], ["step": "backup", "volume": ["app": "x"]]] as [JSONValue] {
            let task = TaskSpec(name: "t", driver: "volumeBackup", spec: spec)
            let context = TaskContext(
                address: TaskAddress(run: Self.id, attempt: 1, task: 0), task: task, jobName: nil, params: [:])
            #expect(throws: MartletError.self) { try driver.plan(context) }
        }
    }

    // backup contract §5: the catalogue can be rebuilt from tags alone
    @Test func `tags tell the volume again`() throws {
        let words = try plan(Self.job(), 1)
        let tags = zip(words, words.dropFirst()).filter { $0.0 == "--tag" }.map(\.1)
        let found = try #require(ResticArguments.volume(of: tags))
        #expect(found.name == Self.volume && found.mode == .full && found.run == Self.id)
        for wrong in ["app=../x", "inst=0", "vol=/../y", "mode=mirror", "proc="] {
            let key = wrong.prefix { $0 != "=" }
            let others = tags.filter { !$0.hasPrefix(key + "=") }
            #expect(ResticArguments.volume(of: others + [wrong]) == nil, "\(wrong)")
        }
        for text in ["/a,b%2C%25", "%", ","] {
            #expect(ResticArguments.unescaped(ResticArguments.escaped(text)) == text)
        }
    }
}
