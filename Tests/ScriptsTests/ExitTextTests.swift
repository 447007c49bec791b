import Foundation
import GoWire
import MartletCore
import Testing

@testable import Scripts

@Suite struct ExitTextTests {
    private static let now = Date(milliseconds: 1_700_000_000_000)

    private func run(_ ending: TaskExit.Ending?, timedOut: Bool = false, stop: Bool = false) throws -> Run {
        var task = ScriptTask(name: "n", clusterType: "C", program: .argv(["/opt/x"]))
        task.timeout = .seconds(1)
        var run = Run(
            id: RunID(high: 1, low: 1), job: task.job(ScriptSettings(collectDirectory: "")), params: [:], key: nil,
            labels: [:],
            trigger: Trigger(source: "test"), createdAt: Self.now)
        guard let ending else {
            _ = try run.apply(.stop(.user), at: Self.now)
            return run
        }
        _ = try run.apply(.claim, at: Self.now)
        if stop { _ = try run.apply(.stop(.user), at: Self.now) }
        run.report.lastLines = .init(stdout: "out", stderr: "boom")
        let exit = TaskExit(ending: ending, timedOut: timedOut, stopped: stop, endedAt: Self.now)
        _ = try run.apply(.taskFinished(exit, Verdict(of: exit)), at: Self.now)
        return run
    }

    @Test func `a good end has no error`() throws {
        #expect(ExitText.error(of: try run(.exited(code: 0))) == nil)
    }

    @Test func `exit codes and signals are told with the last line of stderr`() throws {
        #expect(ExitText.error(of: try run(.exited(code: 7))) == "exec error: exit status 7 (boom)")
        #expect(ExitText.error(of: try run(.signalled(9))) == "exec error: signal: killed (boom)")
        #expect(ExitText.error(of: try run(.signalled(64))) == "exec error: signal: signal 64 (boom)")
        #expect(ExitText.error(of: try run(.signalled(15), timedOut: true)) == "exec error: timeout after 1s (boom)")
    }

    @Test func `a killed run is never without an error`() throws {
        #expect(ExitText.error(of: try run(.signalled(15), stop: true)) == "exec error: signal: terminated (boom)")
        #expect(ExitText.error(of: try run(.exited(code: 0), stop: true)) == "killed")
        #expect(ExitText.error(of: try run(nil)) == "killed before it started")
    }

    @Test(arguments: [
        (ENOENT, "x", "exec", "exec: \"x\": executable file not found in $PATH"),
        (ENOENT, "/a/x", "exec", "fork/exec /a/x: no such file or directory"),
        (EACCES, "/a/x", "exec", "fork/exec /a/x: permission denied"),
        (ENOEXEC, "/a/x", "exec", "fork/exec /a/x: exec format error"),
        (E2BIG, "sh", "exec", "fork/exec sh: argument list too long"),
        (ENOENT, "x", "chdir", "chdir: no such file or directory"),
    ])
    func `what cannot be started is told with the system's reason`(
        _ errno: Int32, _ program: String, _ stage: String, _ text: String
    ) {
        #expect(GoExit.start(program, stage: stage, errno) == text)
    }

    @Test func `a run that could not be started says so`() throws {
        let run = try run(.spawnFailed(stage: "exec", errno: EACCES))
        #expect(ExitText.error(of: run) == "exec start failed: fork/exec /opt/x: permission denied")
    }

    @Test(arguments: [
        (0, 0.123, "2023-11-14T22:13:20.123Z"), (28_800, 0.0, "2023-11-15T06:13:20+08:00"),
        (-12_600, 0.5, "2023-11-14T18:43:20.5-03:30"),
    ])
    func `times are written in the server's zone without trailing zeros`(
        _ offset: Int, _ fraction: Double, _ text: String
    ) throws {
        let zone = try #require(TimeZone(secondsFromGMT: offset))
        #expect(LegacyTime.text(Self.now.addingTimeInterval(fraction), zone: zone) == text)
    }

    @Test func `what looks like a password is hidden in a session's arguments`() throws {
        let words = [
            "--password", "hunter2", "db_password=x", "plain", "--token=t", "user=me",
            "{\"password\":\"x\"}", "mysql://root:pw@host/db", "a=b --token=t", "passwordless",
        ]
        let run = Run(
            id: RunID(high: 1, low: 1), job: Job(tasks: []), params: ["args": .array(words.map(JSONValue.string))],
            key: nil, labels: [:], trigger: Trigger(source: "test"), createdAt: Self.now)
        #expect(
            Redaction.arguments(of: run) == [
                "--password", "•••", "db_password=•••", "plain", "--token=•••", "user=me", "•••", "mysql://•••@host/db",
                "•••", "passwordless",
            ])
    }
}
