import Foundation
import MartletCore
import MartletProcess
import Testing

@Suite struct EndingTests {
    let fixture: Fixture
    let executor: LocalExecutor

    init() throws {
        fixture = try Fixture()
        executor = try fixture.executor()
    }

    @Test func `the exit code and both streams are kept`() async throws {
        let address = fixture.address()
        let exit = try await executor.run(shell("echo out; echo err >&2; exit 7"), at: address)
        #expect(exit.ending == .exited(code: 7))
        #expect(fixture.log(address) == "out\nerr\n" || fixture.log(address) == "err\nout\n")
        #expect(exit.logBytes == 8)
        #expect(exit.startedAt != nil && !exit.timedOut && !exit.stopped && exit.strays == 0)
    }

    @Test func `a signal that ends the leader is told`() async throws {
        let exit = try await executor.run(shell("kill -SEGV $$"), at: fixture.address())
        #expect(exit.ending == .signalled(SIGSEGV))
    }

    @Test func `a task without output has no log`() async throws {
        let address = fixture.address()
        let exit = try await executor.run(Command(argv: ["true"]), at: address)
        #expect(exit.ending == .exited(code: 0))
        let directory = executor.paths.directory(of: address.run)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["1.0.run"])
    }

    @Test func `what cannot be started names its stage`() async throws {
        let cases: [(Command, String, Int32)] = [
            (Command(argv: ["/nope"]), "exec", ENOENT),
            (Command(argv: ["nope-in-path"]), "exec", ENOENT),
            (Command(argv: ["/etc/passwd"]), "exec", EACCES),
            (Command(argv: ["/"]), "exec", EACCES),
            (Command(argv: ["true"], process: ProcessLimits(cwd: "/nope")), "chdir", ENOENT),
            (Command(argv: ["true"], process: ProcessLimits(user: "no-such-user")), "user", ENOENT),
        ]
        for (command, stage, error) in cases {
            let exit = try await executor.run(command, at: fixture.address())
            #expect(exit.ending == .spawnFailed(stage: stage, errno: error))
        }
    }

    @Test func `a signal reaches the whole process group, and ends nothing that takes it`() async throws {
        let address = fixture.address()
        let script = """
            sh -c 'trap "echo child" USR1; echo one; while :; do sleep 0.05; done' &
            trap 'echo leader' USR1; echo two; while :; do sleep 0.05; done
            """
        let (handle, task) = try await executor.begin(shell(script), at: address)
        try await eventually("ready") { fixture.log(address).contains("one") && fixture.log(address).contains("two") }
        #expect(executor.usage(of: handle).count >= 2)
        try await executor.signal(.usr1, to: handle, at: address)
        try await eventually("both") {
            fixture.log(address).contains("child") && fixture.log(address).contains("leader")
        }
        try await executor.signal(.kill, to: handle, at: address)
        let exit = try await task.value
        #expect(exit.ending == .signalled(SIGKILL))
        #expect(!exit.stopped)
        // Nobody is there any more: neither the task nor whoever has its number next.
        try await executor.signal(.kill, to: handle, at: address)
        #expect(executor.usage(of: handle).isEmpty)
    }

    @Test func `the deadline ends a task that answers the stop signal`() async throws {
        let exit = try await executor.run(
            Command(argv: ["sleep", "60"], timeout: TimeSpan(milliseconds: 200)), at: fixture.address())
        #expect(exit.ending == .signalled(SIGTERM))
        #expect(exit.timedOut && !exit.stopped)
    }

    @Test func `after the grace a leader that ignores the stop signal is killed`() async throws {
        let address = fixture.address()
        let (handle, task) = try await executor.begin(
            shell("trap '' TERM; echo ready; while :; do sleep 0.05; done", grace: .seconds(600)), at: address)
        try await eventually("ready") { fixture.log(address).contains("ready") }
        let asked = ContinuousClock.now
        try await executor.stop(handle, at: address, grace: TimeSpan(milliseconds: 300))
        let exit = try await task.value
        #expect(exit.ending == .signalled(SIGKILL))
        #expect(exit.stopped && !exit.timedOut)
        // Its own grace is ten minutes.
        #expect((Duration.milliseconds(300)...Duration.seconds(300)).contains(.now - asked))
    }

    @Test func `a second stop with less grace shortens it`() async throws {
        let address = fixture.address()
        let (handle, task) = try await executor.begin(
            shell("trap '' TERM; echo ready; while :; do sleep 0.05; done"), at: address)
        try await eventually("ready") { fixture.log(address).contains("ready") }
        try await executor.stop(handle, at: address, grace: .seconds(600))
        try await executor.stop(handle, at: address, grace: TimeSpan(milliseconds: 1))
        #expect(try await task.value.ending == .signalled(SIGKILL))
        // Gone by now, and asking again is no error.
        try await executor.stop(handle, at: address, grace: nil)
    }

    @Test func `the stop signal of the command is sent`() async throws {
        let address = fixture.address()
        var command = shell("trap 'echo got int; exit 3' INT; echo ready; while :; do sleep 0.05; done")
        command.stopSignal = .int
        let (handle, task) = try await executor.begin(command, at: address)
        try await eventually("ready") { fixture.log(address).contains("ready") }
        try await executor.stop(handle, at: address, grace: nil)
        #expect(try await task.value.ending == .exited(code: 3))
        #expect(fixture.log(address).contains("got int"))
    }

    @Test func `fifty runs at once all end with their own code`() async throws {
        try await withThrowingTaskGroup(of: (Int, TaskExit).self) { group in
            for code in 0..<50 {
                group.addTask { (code, try await executor.run(shell("exit \(code)"), at: fixture.address())) }
            }
            for try await (code, exit) in group { #expect(exit.ending == .exited(code: Int32(code))) }
        }
    }
}
