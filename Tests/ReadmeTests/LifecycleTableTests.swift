import Foundation
import MartletCore
import Testing

/// The table of commands in docs/run-lifecycle.md against the function it describes.
@Suite struct LifecycleTableTests {
    private static let now = Date(milliseconds: 1_700_000_000_000)
    private static let handle = TaskHandle(bootID: "b", keeperPID: 7, keeperStart: 9, protocolVersion: 1)

    /// Ways of each column's command.
    private static let columns: [String: [RunCommand]] = [
        "claim": [.claim],
        "task started": [.taskStarted(handle)],
        "task finished": [
            .taskFinished(TaskExit(ending: .exited(code: 0), endedAt: now), Verdict(.ok)),
            .taskFinished(TaskExit(ending: .exited(code: 3), endedAt: now), Verdict(.exit)),
            .taskFinished(TaskExit(ending: .signalled(15), stopped: true, endedAt: now), Verdict(.signal)),
        ],
        "task abandoned": [.taskAbandoned],
        "stop": [.stop(.user), .stop(.shutdown), .stop(.timeout)],
        "pause": [.stop(.pause)],
        "refuse": [.refuse(.busy(job: "j", unfinished: 1))],
        "resume": [.resume],
        "declare lost": [.declareLost(.machineRestarted)],
    ]

    private static let jobs: [Job] = {
        func task(_ name: String, _ when: TaskSpec.When = .success) -> TaskSpec {
            TaskSpec(name: name, spec: ["command": ["true"]], when: when)
        }
        return [
            Job(tasks: [task("one")]), Job(tasks: [task("one"), task("two")]),
            Job(tasks: [task("one"), task("clean-up", .always)]),
            Job(tasks: [task("one")], retry: RetryPolicy(limit: 1)), Job(tasks: [task("one")], retryLost: true),
        ]
    }()

    private static let paths: [RunState: [[RunCommand]]] = [
        .pending: [[]], .running: [[.claim]],
        .stopping: [
            [.claim, .stop(.user)], [.claim, .stop(.pause)], [.claim, .stop(.timeout)], [.claim, .stop(.shutdown)],
        ],
        .paused: [[.stop(.pause)]],
        .succeeded: [[.claim, .taskFinished(TaskExit(ending: .exited(code: 0), endedAt: now), Verdict(.ok))]],
        .failed: [[.claim, .taskFinished(TaskExit(ending: .exited(code: 3), endedAt: now), Verdict(.exit))]],
        .cancelled: [[.stop(.user)]], .lost: [[.claim, .declareLost(.machineRestarted)]],
    ]

    /// Every state that `commands` can lead to from `state`.
    private static func results(of commands: [RunCommand], in state: RunState) throws -> Set<String> {
        var results: Set<String> = []
        for job in jobs {
            for path in paths[state] ?? [] {
                var run = Run(
                    id: RunID(high: 1, low: 1), job: job, params: [:], key: nil, labels: [:],
                    trigger: Trigger(source: "test"), createdAt: now)
                for command in path { _ = try run.apply(command, at: now) }
                guard run.state == state else { continue }
                for command in commands {
                    var copy = run
                    if (try? copy.apply(command, at: now)) != nil { results.insert(copy.state.rawValue) }
                }
            }
        }
        return results
    }

    @Test func `the documented table is what the code does`() throws {
        let table = try Markdown("docs/run-lifecycle.md").table(startingWith: "State").filter {
            $0.count == Self.columns.count + 1
        }
        let header = try #require(table.first)
        #expect(Set(header.dropFirst()) == Set(Self.columns.keys))
        for state in RunState.allCases {
            let row = try #require(table.first { $0[0] == "`\(state.rawValue)`" }, "\(state)")
            for (column, cell) in zip(header, row).dropFirst() {
                let documented = Set(cell.split(separator: ", ").map(String.init)).subtracting(["–"])
                let actual = try Self.results(of: Self.columns[column] ?? [], in: state)
                #expect(documented == actual, "\(state), \(column)")
            }
        }
    }
}
