import Foundation
import MartletCore
import MartletProcess
import Testing

@Suite struct TreeTests {
    let fixture: Fixture
    let executor: LocalExecutor

    init() throws {
        fixture = try Fixture()
        executor = try fixture.executor()
    }

    /// The pid that a script wrote to a file.
    private func pid(in name: String) async throws -> pid_t {
        try await eventually("\(name) is written") { fixture.text(name).hasSuffix("\n") }
        return try #require(pid_t(fixture.text(name).trimmingCharacters(in: .newlines)))
    }

    @Test func `a daemon in a session of its own is killed with the task`() async throws {
        let address = fixture.address()
        let script = """
            trap 'exit 4' TERM
            echo $$ > \(fixture.path("leader"))
            setsid sh -c 'trap "" TERM HUP; (echo $$ > \(fixture.path("daemon")); exec sleep 600) & wait' &
            setsid sh -c 'setsid sh -c "trap \\"\\" TERM; sh -c \\"echo \\\\\\$PPID > \(fixture.path("deep"))\\"; sleep 600; true" &' &
            while :; do sleep 0.05; done
            """
        let (handle, task) = try await executor.begin(shell(script), at: address)
        let daemon = try await pid(in: "daemon")
        let deep = try await pid(in: "deep")
        #expect(isAlive(daemon) && isAlive(deep))
        let leader = try await pid(in: "leader")
        try await executor.stop(handle, at: address, grace: .seconds(600))
        try await eventually("the leader obeys") { !isAlive(leader) }
        try await executor.stop(handle, at: address, grace: TimeSpan(milliseconds: 200))
        let exit = try await task.value
        #expect(exit.ending == .exited(code: 4))
        #expect(!isAlive(daemon) && !isAlive(deep))
    }

    @Test func `a child that outlives the leader is given a second and then killed`() async throws {
        let script = "sleep 600 & echo $! > \(fixture.path("child")); exit 3"
        let exit = try await executor.run(shell(script), at: fixture.address())
        #expect(exit.ending == .exited(code: 3))
        #expect(exit.strays == 1 && !exit.stopped)
        #expect(!isAlive(try await pid(in: "child")))
    }

    @Test func `a child that ends soon after the leader is no stray and its words are kept`() async throws {
        // A machine that is busy may not let the child end within its second: one of many must.
        for attempt in 1...20 {
            let address = fixture.address()
            let exit = try await executor.run(shell("(sleep 0.3; echo late) & exit 0"), at: address)
            #expect(exit.ending == .exited(code: 0))
            if exit.strays > 0, attempt < 20 { continue }
            #expect(exit.strays == 0)
            #expect(fixture.log(address) == "late\n")
            return
        }
    }

    @Test func `a task that closes its streams is still waited for`() async throws {
        let exit = try await executor.run(
            shell("exec >&- 2>&- <&-; sleep 0.2; echo x > \(fixture.path("done")); exit 9"), at: fixture.address())
        #expect(exit.ending == .exited(code: 9))
        #expect(fixture.text("done") == "x\n")
    }

    @Test func `a suspended task can be stopped`() async throws {
        let address = fixture.address()
        let (handle, task) = try await executor.begin(
            shell("echo $$ > \(fixture.path("leader")); exec sleep 600"), at: address)
        kill(try await pid(in: "leader"), SIGSTOP)
        try await executor.stop(handle, at: address, grace: .seconds(60))
        #expect(try await task.value.ending == .signalled(SIGTERM))
    }

    @Test func `cancelling the caller leaves the task alone`() async throws {
        let address = fixture.address()
        let (handle, task) = try await executor.begin(
            shell("while [ ! -e \(fixture.path("go")) ]; do sleep 0.02; done; exit 5"), at: address)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        fixture.touch("go")
        let exit = try await executor.adopt(address, handle: handle, claimedOn: nil) { _ in }
        #expect(exit.ending == .exited(code: 5))
    }
}

@Suite(.enabled(if: geteuid() == 0, "needs root")) struct UserTests {
    let fixture: Fixture
    let executor: LocalExecutor

    init() throws {
        fixture = try Fixture()
        executor = try fixture.executor()
    }

    @Test func `a task runs as its user and reports through a descriptor`() async throws {
        let address = fixture.address()
        let exit = try await executor.run(
            shell(
                "id -u; id -G; umask; nice; echo '{\"v\":1}' >> $MARTLET_PROGRESS; echo ${MARTLET_CHECKPOINT-none}",
                process: ProcessLimits(cwd: "/", user: "nobody", umask: "0027", nice: 5)), at: address)
        #expect(exit.ending == .exited(code: 0))
        #expect(fixture.log(address) == "65534\n65534\n0027\n5\nnone\n")
        #expect(exit.warnings == ["a task with a user of its own has no MARTLET_CHECKPOINT"])
        let reader = FileLogReader(dataDirectory: fixture.directory)
        #expect(try reader.progressLines(of: address, from: 0).lines == [Array("{\"v\":1}".utf8)])
    }

    @Test func `a working directory that the user may not enter is a failure of the start`() async throws {
        let exit = try await executor.run(
            Command(argv: ["true"], process: ProcessLimits(cwd: "/root", user: "nobody")), at: fixture.address())
        #expect(exit.ending == .spawnFailed(stage: "chdir", errno: EACCES))
    }

    @Test func `limits bind and what does not bind is a warning`() async throws {
        let address = fixture.address()
        let exit = try await executor.run(
            shell(
                "ulimit -n; ulimit -v",
                process: ProcessLimits(memory: 1 << 30, openFiles: 77, processes: 100)), at: address)
        #expect(fixture.log(address) == "77\n1048576\n")
        #expect(exit.warnings == ["the limit of processes does not bind root"])
    }

    @Test func `a fork bomb is over within two seconds after its deadline`() async throws {
        let command = shell(
            "trap '' TERM; bomb() { while :; do bomb & done; }; bomb 2>/dev/null & while :; do :; done",
            timeout: .seconds(1),
            grace: TimeSpan(milliseconds: 100), process: ProcessLimits(user: "nobody", processes: 300))
        // A busy machine may need longer, or ask before the trap is there: the best of ten counts.
        for attempt in 1...10 {
            let address = fixture.address()
            let exit = try await executor.run(command, at: address)
            #expect(exit.timedOut)
            let mark = "MARTLET_RUN=\(address.run)."
            for pid in try FileManager.default.contentsOfDirectory(atPath: "/proc") where Int(pid) != nil {
                let environment = FileManager.default.contents(atPath: "/proc/\(pid)/environ") ?? Data()
                #expect(!String(decoding: environment, as: UTF8.self).contains(mark))
            }
            let span = exit.endedAt.timeIntervalSince(try #require(exit.startedAt))
            if attempt < 10, span >= 3.1 || exit.ending != .signalled(SIGKILL) { continue }
            #expect(exit.ending == .signalled(SIGKILL))
            #expect(span < 3.1)
            return
        }
    }
}
