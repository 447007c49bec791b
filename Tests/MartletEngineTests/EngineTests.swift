import Foundation
import Logging
import MartletCore
import MartletEngine
import MartletTesting
import Testing

@Suite struct EngineTests {
    private static func program(_ command: Command?) -> String { command?.argv.first ?? "" }

    @Test func `tasks run in order and the run succeeds`() async throws {
        let engine = try Engine(executor: ScriptedExecutor { _, _ in .exit(0) })
        let run = try await engine.ended(try await engine.submit(.tasks("one", "two", "three")))
        #expect(run.state == .succeeded)
        #expect(engine.executor.launched.map(\.task) == [0, 1, 2])
        let attempts = try await engine.control.attempts(of: run.id)
        #expect(attempts.map(\.name) == ["one", "two", "three"])
    }

    @Test func `a failure is retried, and only then told`() async throws {
        let engine = try Engine(executor: ScriptedExecutor { address, _ in address.attempt < 3 ? .exit(1) : .exit(0) })
        var job = Job.tasks("one")
        job.retry = RetryPolicy(limit: 5, delay: TimeSpan(milliseconds: 5))
        let run = try await engine.ended(try await engine.submit(job))
        #expect(run.state == .succeeded)
        #expect(run.attempt == 3)
    }

    @Test func `a stop before the start, during the task and between tasks ends as cancelled`() async throws {
        let engine = try Engine(
            executor: ScriptedExecutor { _, command in Self.program(command) == "hang" ? .hang : .exit(0) })
        let waiting = try await engine.submit(.tasks("one"), dueAt: Date().addingTimeInterval(3600))
        #expect(try await engine.control.stop(waiting).state == .cancelled)

        let hanging = try await engine.submit(.tasks("hang", "after", "always"))
        _ = try await engine.reaches(.running, hanging)
        _ = try await engine.control.stop(hanging)
        let run = try await engine.ended(hanging)
        #expect(run.state == .cancelled)
        #expect(engine.executor.launched.filter { $0.run == hanging }.map(\.task) == [0, 2])
        await #expect(throws: MartletError.self) { try await engine.control.stop(hanging) }
    }

    @Test func `a clean-up is told how the run stands`() async throws {
        let engine = try Engine(
            executor: ScriptedExecutor { _, command in
                switch Self.program(command) {
                case "fail": .exit(3)
                case "hang": .hang
                default: .exit(0)
                }
            })
        let good = try await engine.submit(.tasks("one", "always"))
        _ = try await engine.ended(good)
        let bad = try await engine.submit(.tasks("fail", "one", "always"))
        _ = try await engine.ended(bad)
        let stopped = try await engine.submit(.tasks("hang", "always"))
        _ = try await engine.reaches(.running, stopped)
        _ = try await engine.control.stop(stopped)
        _ = try await engine.ended(stopped)
        func told(_ id: RunID) -> [String?] {
            let commands = zip(engine.executor.launched, engine.executor.commands).filter { $0.0.run == id }
            let last = commands.last?.1.environment
            #expect(commands.dropLast().allSatisfy { $0.1.environment["MARTLET_OUTCOME"] == nil })
            return [last?["MARTLET_OUTCOME"], last?["MARTLET_FAILED_TASK"]]
        }
        #expect(told(good) == ["ok", nil])
        #expect(told(bad) == ["exit", try await engine.control.require(bad).job.tasks[0].name])
        #expect(told(stopped) == ["interrupted", nil])
    }

    @Test func `pause and resume go on with the first unfinished task in a new attempt`() async throws {
        let engine = try Engine(
            executor: ScriptedExecutor { address, command in
                Self.program(command) == "two" && address.attempt == 1 ? .hang : .exit(0)
            })
        let id = try await engine.submit(.tasks("one", "two"))
        for await _ in engine.control.feed.changes() {
            if try await engine.control.require(id).task == 1 { break }
        }
        _ = try await engine.control.pause(id)
        #expect(try await engine.reaches(.paused, id).state == .paused)
        _ = try await engine.control.resume(id)
        #expect(try await engine.ended(id).state == .succeeded)
        #expect(
            engine.executor.launched == [
                TaskAddress(run: id, attempt: 1, task: 0), TaskAddress(run: id, attempt: 1, task: 1),
                TaskAddress(run: id, attempt: 2, task: 1),
            ])
    }

    @Test func `limits hold and a waiting run says which one`() async throws {
        let settings = EngineSettings(limits: DispatchLimits(runs: 2, drivers: ["command": 2]), minFree: 0)
        let engine = try Engine(settings: settings, executor: ScriptedExecutor { _, _ in .hang })
        var ids: [RunID] = []
        for _ in 0..<5 { ids.append(try await engine.submit(.tasks("hang"))) }
        for id in ids.prefix(2) { _ = try await engine.reaches(.running, id) }
        #expect(try await engine.view(ids[4]).reason == .globalLimit(2))
        #expect(try await engine.launches(2).count == 2)
        for id in ids {
            _ = try await engine.reaches(.running, id)
            _ = try await engine.control.stop(id)
            #expect(try await engine.ended(id).state == .cancelled)
        }
        #expect(engine.executor.launched.count == 5)
    }

    @Test func `an abandoned launch is tried again as a new attempt and is no retry`() async throws {
        let engine = try Engine(
            executor: ScriptedExecutor { address, _ in address.attempt == 1 ? .abandoned : .exit(0) })
        let run = try await engine.ended(try await engine.submit(.tasks("one")))
        #expect(run.state == .succeeded)
        #expect(run.attempt == 2)
        #expect(run.retries.used == 0)
    }

    @Test func `a new server adopts what the old one left, and what ended meanwhile gets its end`() async throws {
        let first = try Engine(executor: ScriptedExecutor { _, _ in .hang })
        let id = try await first.submit(.tasks("hang", "two"))
        _ = try await first.reaches(.running, id)
        await first.crash()
        let second = try Engine(directory: first.directory, executor: ScriptedExecutor { _, _ in .exit(0) })
        let run = try await second.ended(id)
        #expect(run.state == .succeeded)
        #expect(run.attempt == 1)
        #expect(second.executor.adopted == [TaskAddress(run: id, attempt: 1, task: 0)])
        #expect(second.executor.launched == [TaskAddress(run: id, attempt: 1, task: 1)])
    }

    @Test func `a run whose driver is gone after an upgrade ends and says so`() async throws {
        let first = try Engine(
            settings: EngineSettings(limits: DispatchLimits(runs: 0), minFree: 0),
            executor: ScriptedExecutor { _, _ in .exit(0) })
        let id = try await first.submit(.tasks("one"))
        await first.crash()
        let second = try Engine(
            directory: first.directory, drivers: [], executor: ScriptedExecutor { _, _ in .exit(0) })
        let run = try await second.ended(id)
        #expect(run.state == .failed)
        #expect(run.reason == .spawnFailed(task: "one", stage: "plan", errno: EINVAL))
    }

    @Test func `when no process can be started the run is tried again and is not lost`() async throws {
        let engine = try Engine(
            executor: ScriptedExecutor { address, command in
                if address.attempt > 1 { return .exit(0) }
                return command == nil ? .abandoned : .trouble
            })
        let run = try await engine.ended(try await engine.submit(.tasks("one")))
        #expect(run.state == .succeeded)
        #expect(run.attempt == 2)
    }

    @Test func `a lost task ends the run as lost, and an obedient end as cancelled`() async throws {
        let engine = try Engine(
            executor: ScriptedExecutor { _, command in
                Self.program(command) == "obey" ? .hangObediently : .lost(.keeperVanished(killed: [7]))
            })
        let lost = try await engine.ended(try await engine.submit(.tasks("one")))
        #expect(lost.state == .lost)
        #expect(lost.reason == .keeperVanished(killed: [7]))
        let obeying = try await engine.submit(.tasks("obey"))
        _ = try await engine.reaches(.running, obeying)
        _ = try await engine.control.stop(obeying)
        let run = try await engine.ended(obeying)
        #expect(run.state == .cancelled)
        #expect(run.outcome == .interrupted)
    }

    @Test func `after a reboot what ran is lost and what was pending runs`() async throws {
        let first = try Engine(
            settings: EngineSettings(limits: DispatchLimits(runs: 1), minFree: 0),
            executor: ScriptedExecutor(bootID: "boot-1") { _, _ in .hang })
        let live = try await first.submit(.tasks("hang"))
        _ = try await first.reaches(.running, live)
        let pending = try await first.submit(.tasks("one"))
        await first.crash()
        let second = try Engine(
            directory: first.directory, executor: ScriptedExecutor(bootID: "boot-2") { _, _ in .exit(0) })
        let lost = try await second.ended(live)
        #expect(lost.state == .lost)
        #expect(lost.reason == .machineRestarted)
        #expect(try await second.ended(pending).state == .succeeded)
    }

    @Test func `after a restore what ran is lost, on the same boot, too, and nobody is asked about it`() async throws {
        let first = try Engine(
            settings: EngineSettings(limits: DispatchLimits(runs: 1), minFree: 0),
            executor: ScriptedExecutor { _, _ in .hang })
        let live = try await first.submit(.tasks("hang"))
        _ = try await first.reaches(.running, live)
        let pending = try await first.submit(.tasks("one"))
        await first.crash()
        try BootRecord(dataDirectory: first.directory.path).write(BootRecord.restored)
        let second = try Engine(
            directory: first.directory,
            executor: ScriptedExecutor { address, _ in
                if address.run == live { Issue.record("asked about a run of the backup") }
                return .exit(0)
            })
        let lost = try await second.ended(live)
        #expect(lost.state == .lost && lost.reason == .restored)
        #expect(try await second.ended(pending).state == .succeeded)
    }

    @Test func `a bad definition is refused at submission with the field's path`() async throws {
        let engine = try Engine(executor: ScriptedExecutor { _, _ in .exit(0) })
        let bodies: [(JSONValue, String)] = [
            (["command": []], "command"), (["command": ["sh", "-c", "echo ${params.x}"]], "command[2]"),
            (["tasks": [["command": ["true"], "driver": "nope"]]], "driver"),
            (["command": ["echo", "hunter2"], "secrets": ["T": "hunter2"]], "secrets.T"),
        ]
        for (body, field) in bodies {
            do {
                _ = try await engine.control.submit(
                    Submission(parsing: body, trigger: Trigger(source: "test"), rights: .all))
                Issue.record("accepted: \(body)")
            } catch let error as MartletError {
                #expect(error.problems.map(\.field) == [field])
            }
        }
    }

    @Test func `typed parameters reach the task as data`() async throws {
        let engine = try Engine(executor: ScriptedExecutor { _, _ in .exit(0) })
        let job = try Job(
            parsing: [
                "command": ["echo", "${params.who}"],
                "params": [
                    "who": ["required": true, "pattern": "[^;]+"], "count": ["type": "integer", "default": 3],
                    "token": ["secret": true],
                ],
            ], name: "greet")
        _ = try await engine.control.putJob(job)
        let bad = Submission(
            work: .stored("greet"), params: ["count": "x", "other": 1], trigger: Trigger(source: "test"), rights: .all)
        do {
            _ = try await engine.control.submit(bad)
            Issue.record("accepted")
        } catch let error as MartletError {
            #expect(error.problems.map(\.field).sorted() == ["params.count", "params.other", "params.who"])
        }
        let good = Submission(
            work: .stored("greet"), params: ["who": "$(reboot)", "token": "hunter2"], trigger: Trigger(source: "test"),
            rights: .all)
        let run = try await engine.ended(try await engine.control.submit(good).ids[0])
        let command = try #require(engine.executor.commands.last)
        #expect(command.argv == ["echo", "$(reboot)"])
        #expect(command.environment["MARTLET_PARAM_COUNT"] == "3")
        #expect(command.secrets["MARTLET_PARAM_TOKEN"]?.exposed == "hunter2")
        #expect(run.params["token"] == nil)
    }

    @Test func `rerun is a new run of the same snapshot with its secrets`() async throws {
        let engine = try Engine(executor: ScriptedExecutor { _, _ in .exit(1) })
        let first = try await engine.control.submit(
            Submission(
                parsing: ["command": ["x"], "secrets": ["TOKEN": "hunter2"]], trigger: Trigger(source: "test"),
                rights: .all)
        ).ids[0]
        _ = try await engine.ended(first)
        let second = try await engine.control.rerun(first, trigger: Trigger(source: "rerun"), rights: .all).ids[0]
        let run = try await engine.ended(second)
        #expect(run.trigger.rerunOf == first)
        #expect(engine.executor.commands.last?.secrets["TOKEN"]?.exposed == "hunter2")
    }

    @Test func `runs submitted together share a batch of their group, and the next submission has its own`()
        async throws
    {
        let engine = try Engine(executor: ScriptedExecutor { _, _ in .exit(0) })
        let body: JSONValue = ["command": ["x"], "group": "nightly"]
        let one = try Submission(parsing: body, trigger: Trigger(source: "test"), rights: .all)
        let first = try await engine.control.submit([one, one]).ids
        let second = try await engine.control.submit(one).ids
        var batches: [String] = []
        for id in first + second { batches += try await engine.view(id).groups.map(\.batch) }
        #expect(batches.count == 3)
        #expect(batches[0] == batches[1])
        #expect(batches[2] != batches[0])
        var query = RunQuery()
        query.group = "nightly"
        #expect(try await engine.control.runs(query).items.count == 3)
        query.batch = batches[0]
        #expect(Set(try await engine.control.runs(query).items.map(\.run.id)) == Set(first))
    }

    @Test func `a job deadline between tasks skips the rest but not the clean-up`() async throws {
        let clock = ManualClock()
        let engine = try Engine(
            clock: clock,
            executor: ScriptedExecutor { _, command in
                if Self.program(command) == "slow" { clock.advance(seconds: 61) }
                return .exit(0)
            })
        var job = Job.tasks("slow", "two", "always")
        job.timeout = .seconds(60)
        let run = try await engine.ended(try await engine.submit(job))
        #expect(run.state == .failed)
        #expect(run.outcome == .timeout)
        #expect(engine.executor.launched.map(\.task) == [0, 2])
    }

    @Test func `retention removes old runs and keeps failed ones longer`() async throws {
        let clock = ManualClock()
        let engine = try Engine(
            settings: EngineSettings(minFree: 0, retention: RetentionPolicy(age: .seconds(10), failedFactor: 2)),
            clock: clock,
            executor: ScriptedExecutor { _, command in .exit(Self.program(command) == "bad" ? 1 : 0) })
        let good = try await engine.ended(try await engine.submit(.tasks("good"))).id
        let bad = try await engine.ended(try await engine.submit(.tasks("bad"))).id
        let housekeeper = Housekeeper(control: engine.control, logger: .init(label: "test"))
        #expect(try await housekeeper.sweep() == 0)
        clock.advance(seconds: 11)
        #expect(try await housekeeper.sweep() == 1)
        await #expect(throws: MartletError.self) { try await engine.control.require(good) }
        #expect(try await engine.control.require(bad).state == .failed)
        clock.advance(seconds: 10)
        #expect(try await housekeeper.sweep() == 1)
    }
}
