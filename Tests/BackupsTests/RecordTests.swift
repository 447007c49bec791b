import Foundation
import MartletCore
import Testing

@testable import Backups

/// Runs as records of the replaced system.
@Suite struct RecordTests {
    private static let name = VolumeName(app: "hello", proc: "hello.web.web", instance: 1, volume: "/data")
    private static let id = RunID(high: 0x019a_a5c4_7d21_7000, low: 0x8000_0000_0000_0001)
    private static let made = Date(milliseconds: 1_763_717_709_089)

    private func run(
        _ job: Job, _ state: RunState, _ outcome: Outcome? = nil, _ reason: Reason = .queued,
        trigger: Trigger = Trigger(source: "backups")
    ) -> Run {
        var detail = Run(
            id: Self.id, job: job, params: [:], key: nil, labels: [:], trigger: trigger, createdAt: Self.made
        ).detail
        detail.reason = reason
        return Run(
            storedID: Self.id, job: job, params: [:], key: nil, labels: [:], trigger: trigger, createdAt: Self.made,
            state: state, outcome: outcome, dueAt: Self.made, startedAt: nil,
            finishedAt: state.isEnd ? Self.made.addingTimeInterval(5) : nil, attempt: 1, task: 0, exitCode: nil,
            signal: nil, version: 1, detail: detail)
    }

    private var backup: Job {
        let hook = Hook(runner: .container, command: ["pre.sh", "a"], timeout: .seconds(1), mayFail: false)
        let volume = DeclaredVolume(
            name: Self.name, path: "/v", node: nil, containers: ["c1", "c2"], rules: [], drill: nil)
        return VolumeJobs(settings: BackupSettings()).backup(
            volume,
            BackupRule(
                mode: .full, schedule: nil, retention: Retention(), exclude: [], before: hook, after: nil,
                timeout: .seconds(60)), isFirst: true)
    }

    // backup contract §1.4, §6.2
    @Test(
        arguments: [
            (.pending, nil, .queued, .running, ""), (.running, nil, .queued, .running, ""),
            (.stopping, nil, .stopRequested(.user), .running, ""), (.succeeded, .ok, .succeeded, .success, ""),
            (.succeeded, .warning, .succeededWithWarning("2 items"), .success, "2 items"),
            (.failed, .exit, .exited(task: "backup", code: 1), .failed, "1"),
            (.cancelled, .interrupted, .cancelled(.user), .failed, "Ended"),
            (.lost, .interrupted, .machineRestarted, .failed, "restart"),
        ] as [(RunState, Outcome?, Reason, JobRecord.State, String)])
    func `eight states are three, and what is not success says why`(
        _ state: RunState, _ outcome: Outcome?, _ reason: Reason, _ wanted: JobRecord.State, _ words: String
    ) throws {
        let record = try #require(JobRecord(run(backup, state, outcome, reason), nil) { _, _ in nil })
        #expect(record.state == wanted && (record.end.date == nil) == !state.isEnd)
        #expect(words.isEmpty ? record.reason.isEmpty : record.reason.contains(words), "\(record.reason)")
        #expect(record.id == RecordID(Self.id) && record.start.date == Self.made && record.result == .null)
    }

    @Test func `a record has the arguments of its time`() throws {
        let record = try #require(JobRecord(run(backup, .running), nil) { _, _ in nil })
        #expect(
            record.job.arguments == [
                "app": "hello", "proc": "hello.web.web", "volume": "/data", "mode": "full", "instanceNo": 1,
                "containers": ["c1", "c2"], "preRun": "pre.sh a", "postRun": "", "path": "/v",
                "archive": "hello-hello.web.web-1-data",
            ])
        #expect(record.job.kind == .once && record.job.id == "" && record.job.action == .backup)
        let due = Trigger(source: "schedule", due: Self.made)
        #expect(JobRecord(run(backup, .running, trigger: due), nil) { _, _ in nil }?.job.kind == .cron)
    }

    @Test func `restores and removals have records, and looks have none`() throws {
        let jobs = VolumeJobs(settings: BackupSettings())
        var restore = RestoreWork(
            snapshot: "s", target: Self.name, path: "/v", paths: ["/sub/x"], node: "here", version: "n", source: "there"
        )
        func record(_ work: VolumeWork) -> JobRecord? {
            JobRecord(run(jobs.work(work, of: Self.name), .running), nil) { _, _ in nil }
        }
        let restored = try #require(record(VolumeWork(operation: .restore, app: "hello", restore: restore)))
        #expect(
            restored.job.arguments == [
                "namespace": "there", "backup": "n", "files": ["sub/x"], "destDir": "/v", "app": "hello",
                "proc": "hello.web.web",
            ])
        #expect(restored.job.action == .recover && restored.job.kind == .once && restored.job.spec == "")
        restore.dryRun = true
        #expect(record(VolumeWork(operation: .restore, app: "hello", restore: restore)) == nil)
        let removed = record(
            VolumeWork(operation: .remove, app: "hello", remove: RemoveWork(items: [.init(number: 3, snapshot: "s")])))
        #expect(removed?.job.action == .expire && removed?.job.arguments["versions"] == [3])
        #expect(
            record(VolumeWork(operation: .list, app: "hello", list: ListWork(snapshot: "s", path: "/", file: "f")))
                == nil)
    }
}
