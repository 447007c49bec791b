import Foundation
import MartletCore
import MartletTesting
import Testing

/// Every (state, command) pair has its row here; a pair that is missing fails the first test.
@Suite struct TransitionTests {
    static let start = Date(milliseconds: 1_700_000_000_000)
    static let handle = TaskHandle(bootID: "b", keeperPID: 7, keeperStart: 9, protocolVersion: 1)
    static let good = TaskExit(ending: .exited(code: 0), endedAt: start)
    static let bad = TaskExit(ending: .exited(code: 3), endedAt: start)

    static let commands: [(name: String, command: RunCommand)] = [
        ("claim", .claim), ("started", .taskStarted(handle)),
        ("good", .taskFinished(good, Verdict(.ok))), ("bad", .taskFinished(bad, Verdict(.exit))),
        ("abandoned", .taskAbandoned), ("stop", .stop(.user)), ("pause", .stop(.pause)),
        ("shutdown", .stop(.shutdown)), ("timeout", .stop(.timeout)), ("resume", .resume),
        ("refuse", .refuse(.busy(job: "j", unfinished: 1))),
        ("lost", .declareLost(.machineRestarted)),
    ]

    /// Target state of a run with one task, by state and command; nil = refused, nothing changed.
    static let table: [RunState: [String: RunState?]] = {
        let refused: [String: RunState?] = Dictionary(uniqueKeysWithValues: commands.map { ($0.name, nil) })
        func row(_ allowed: [String: RunState]) -> [String: RunState?] {
            refused.merging(allowed.mapValues { $0 }) { _, new in new }
        }
        return [
            .pending: row([
                "claim": .running, "stop": .cancelled, "pause": .paused, "shutdown": .cancelled, "timeout": .cancelled,
                "refuse": .cancelled,
            ]),
            .running: row([
                "started": .running, "good": .succeeded, "bad": .failed, "abandoned": .pending, "stop": .stopping,
                "pause": .stopping, "shutdown": .stopping, "timeout": .stopping, "lost": .lost,
            ]),
            .stopping: row([
                "started": .stopping, "good": .succeeded, "bad": .cancelled, "abandoned": .cancelled,
                "stop": .stopping, "pause": .stopping, "shutdown": .stopping, "timeout": .stopping, "lost": .lost,
            ]),
            .paused: row(["stop": .cancelled, "shutdown": .cancelled, "timeout": .cancelled, "resume": .pending]),
            .succeeded: row([:]), .failed: row([:]), .cancelled: row([:]), .lost: row([:]),
        ]
    }()

    static func run(_ job: Job) -> Run {
        Run(
            id: RunID(high: 1, low: 1), job: job, params: [:], key: "k", labels: [:],
            trigger: Trigger(source: "test"), createdAt: start)
    }

    static func job(
        _ tasks: [TaskSpec] = [TaskSpec(name: "main", spec: ["command": ["true"]])], retry: RetryPolicy? = nil,
        retryLost: Bool = false
    ) -> Job {
        Job(tasks: tasks, retry: retry, retryLost: retryLost)
    }

    static func task(_ name: String, when: TaskSpec.When = .success, onFailure: TaskSpec.OnFailure = .stop) -> TaskSpec
    {
        TaskSpec(name: name, spec: ["command": ["true"]], when: when, onFailure: onFailure)
    }

    static func run(in state: RunState) throws -> Run {
        var run = run(job())
        let path: [RunCommand] =
            switch state {
            case .pending: []
            case .running: [.claim]
            case .stopping: [.claim, .stop(.user)]
            case .paused: [.stop(.pause)]
            case .succeeded: [.claim, .taskFinished(good, Verdict(.ok))]
            case .failed: [.claim, .taskFinished(bad, Verdict(.exit))]
            case .cancelled: [.stop(.user)]
            case .lost: [.claim, .declareLost(.machineRestarted)]
            }
        for command in path { _ = try run.apply(command, at: start) }
        #expect(run.state == state)
        return run
    }

    @Test(arguments: RunState.allCases) func `every command in every state does what the table says`(_ state: RunState)
        throws
    {
        let row = try #require(Self.table[state])
        for (name, command) in Self.commands {
            let expected = try #require(row[name], "no row for \(state) × \(name)")
            var run = try Self.run(in: state)
            let before = run
            guard let expected else {
                #expect(throws: IllegalTransition.self, "\(state) × \(name)") { try run.apply(command, at: Self.start) }
                #expect(run == before, "a refused command changes nothing")
                continue
            }
            let change = try run.apply(command, at: Self.start)
            #expect(run.state == expected, "\(state) × \(name)")
            #expect(change.from == state && change.to == expected)
            #expect(run.version == before.version + 1)
        }
    }

    @Test func `an end has an outcome, an instant and no handle, and says why in both languages`() throws {
        for state in RunState.allCases where state.isEnd {
            let run = try Self.run(in: state)
            #expect(run.outcome != nil)
            #expect(run.finishedAt == Self.start)
            #expect(run.handle == nil)
            for language in Language.allCases { #expect(!run.reason.sentence(language).text.isEmpty) }
        }
    }

    @Test func `a failure skips the later tasks but not the always tasks, and stays the verdict`() throws {
        var run = Self.run(Self.job([Self.task("one"), Self.task("two"), Self.task("clean", when: .always)]))
        _ = try run.apply(.claim, at: Self.start)
        _ = try run.apply(.taskFinished(Self.bad, Verdict(.exit)), at: Self.start)
        #expect(run.state == .running)
        #expect(run.task == 2)
        _ = try run.apply(.taskFinished(Self.good, Verdict(.ok)), at: Self.start)
        #expect(run.state == .failed)
        #expect(run.reason == .exited(task: "one", code: 3))
    }

    @Test func `with onFailure continue the next task runs and the verdict is the first failure`() throws {
        var run = Self.run(Self.job([Self.task("one", onFailure: .continue), Self.task("two")]))
        _ = try run.apply(.claim, at: Self.start)
        _ = try run.apply(.taskFinished(Self.bad, Verdict(.exit)), at: Self.start)
        #expect(run.task == 1)
        _ = try run.apply(.taskFinished(Self.good, Verdict(.ok)), at: Self.start)
        #expect(run.state == .failed)
        #expect(run.reason == .exited(task: "one", code: 3))
    }

    @Test func `a stop runs the always tasks and ends as cancelled`() throws {
        var run = Self.run(Self.job([Self.task("one"), Self.task("two"), Self.task("clean", when: .always)]))
        _ = try run.apply(.claim, at: Self.start)
        _ = try run.apply(.stop(.user), at: Self.start)
        _ = try run.apply(
            .taskFinished(TaskExit(ending: .signalled(15), stopped: true, endedAt: Self.start), Verdict(.signal)),
            at: Self.start)
        #expect(run.state == .stopping)
        #expect(run.task == 2)
        _ = try run.apply(.taskFinished(Self.good, Verdict(.ok)), at: Self.start)
        #expect(run.state == .cancelled)
    }

    @Test func `an obedient exit 0 after the stop signal is no success`() throws {
        var run = Self.run(Self.job())
        _ = try run.apply(.claim, at: Self.start)
        _ = try run.apply(.stop(.user), at: Self.start)
        _ = try run.apply(
            .taskFinished(TaskExit(ending: .exited(code: 0), stopped: true, endedAt: Self.start), Verdict(.ok)),
            at: Self.start)
        #expect(run.state == .cancelled)
    }

    @Test func `a pause keeps the place and resume goes on with the first unfinished task`() throws {
        var run = Self.run(Self.job([Self.task("one"), Self.task("two"), Self.task("three")]))
        _ = try run.apply(.claim, at: Self.start)
        _ = try run.apply(.taskFinished(Self.good, Verdict(.ok)), at: Self.start)
        _ = try run.apply(.stop(.pause), at: Self.start)
        _ = try run.apply(
            .taskFinished(TaskExit(ending: .signalled(15), stopped: true, endedAt: Self.start), Verdict(.signal)),
            at: Self.start)
        #expect(run.state == .paused)
        #expect(run.task == 1)
        #expect(run.holdsKey)
        _ = try run.apply(.resume, at: Self.start)
        _ = try run.apply(.claim, at: Self.start)
        #expect(run.attempt == 2)
        #expect(run.task == 1)
        _ = try run.apply(.taskFinished(Self.good, Verdict(.ok)), at: Self.start)
        _ = try run.apply(.taskFinished(Self.good, Verdict(.ok)), at: Self.start)
        #expect(run.state == .succeeded)
    }

    @Test func `a failed attempt is retried with backoff and then fails`() throws {
        let policy = RetryPolicy(limit: 2, delay: .seconds(10), backoff: .exponential)
        var run = Self.run(Self.job(retry: policy))
        for wait in [10, 20] {
            _ = try run.apply(.claim, at: Self.start)
            _ = try run.apply(.taskFinished(Self.bad, Verdict(.exit)), at: Self.start)
            #expect(run.state == .pending)
            #expect(run.dueAt == Self.start.adding(.seconds(Int64(wait))))
        }
        _ = try run.apply(.claim, at: Self.start)
        _ = try run.apply(.taskFinished(Self.bad, Verdict(.exit)), at: Self.start)
        #expect(run.state == .failed)
        #expect(run.attempt == 3)
    }

    @Test func `an abandoned task starts a fresh attempt that is not a retry`() throws {
        var run = Self.run(Self.job())
        _ = try run.apply(.claim, at: Self.start)
        _ = try run.apply(.taskAbandoned, at: Self.start)
        #expect(run.state == .pending)
        #expect(run.retries.used == 0)
        _ = try run.apply(.claim, at: Self.start)
        #expect(run.attempt == 2)
    }

    @Test(arguments: [Outcome.ok, .nothingToDo]) func `a warning is told whatever else was good`(_ outcome: Outcome)
        throws
    {
        var run = Self.run(Self.job())
        _ = try run.apply(.claim, at: Self.start)
        run.report.warn("a part of the output is gone")
        run.report.warn("a part of the output is gone")
        #expect(run.report.warnings.count == 1)
        _ = try run.apply(.taskFinished(Self.good, Verdict(outcome)), at: Self.start)
        #expect(run.state == .succeeded && run.outcome == .warning)
        #expect(run.reason == .succeededWithWarning("a part of the output is gone"))
    }

    @Test func `survivors of KILL fail the run and keep its key`() throws {
        var run = Self.run(Self.job())
        _ = try run.apply(.claim, at: Self.start)
        _ = try run.apply(
            .taskFinished(TaskExit(ending: .unkillable(pids: [4]), endedAt: Self.start), Verdict(.unkillable)),
            at: Self.start)
        #expect(run.state == .failed)
        #expect(run.outcome == .unkillable)
        #expect(run.holdsKey)
    }

    @Test func `a lost run is tried again only when its job says so`() throws {
        var kept = Self.run(Self.job(retryLost: true))
        _ = try kept.apply(.claim, at: Self.start)
        _ = try kept.apply(.declareLost(.machineRestarted), at: Self.start)
        #expect(kept.state == .pending)
        _ = try kept.apply(.claim, at: Self.start)
        _ = try kept.apply(.declareLost(.machineRestarted), at: Self.start)
        #expect(kept.state == .lost)
    }

    @Test func `after a restore a lost run is not tried again, whatever its job says`() throws {
        var run = Self.run(Self.job(retryLost: true))
        _ = try run.apply(.claim, at: Self.start)
        _ = try run.apply(.declareLost(.restored), at: Self.start)
        #expect(run.state == .lost)
    }

    @Test func `a job deadline between two tasks fails the run as timed out`() throws {
        var run = Self.run(Self.job([Self.task("one"), Self.task("two"), Self.task("clean", when: .always)]))
        _ = try run.apply(.claim, at: Self.start)
        _ = try run.apply(.taskFinished(Self.good, Verdict(.ok)), at: Self.start)
        _ = try run.apply(.stop(.timeout), at: Self.start)
        _ = try run.apply(.taskAbandoned, at: Self.start)
        #expect(run.task == 2)
        _ = try run.apply(.taskFinished(Self.good, Verdict(.ok)), at: Self.start)
        #expect(run.state == .failed)
        #expect(run.outcome == .timeout)
    }

    @Test func `random command sequences keep the invariants`() throws {
        var random = SeededRandom(seed: 20_261_121)
        for _ in 0..<2000 {
            let tasks = (0...Int.random(in: 0...3, using: &random)).map { index in
                Self.task(
                    "t\(index)", when: Bool.random(using: &random) ? .always : .success,
                    onFailure: Bool.random(using: &random) ? .stop : .continue)
            }
            let policy = Bool.random(using: &random) ? RetryPolicy(limit: 1) : nil
            var run = Self.run(Self.job(tasks, retry: policy, retryLost: Bool.random(using: &random)))
            for _ in 0..<12 {
                let wasEnd = run.state.isEnd
                let attempt = run.attempt
                let command = Self.commands[Int.random(in: 0..<Self.commands.count, using: &random)].command
                let changed = (try? run.apply(command, at: Self.start)) != nil
                #expect(!(wasEnd && changed), "an end is final")
                #expect(run.attempt >= attempt)
                #expect(run.task < tasks.count)
                #expect(run.state.isEnd == (run.finishedAt != nil))
                #expect(run.state.isEnd == (run.outcome != nil))
                #expect(run.state.isLive || run.handle == nil)
            }
        }
    }
}
