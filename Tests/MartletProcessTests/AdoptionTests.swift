import Foundation
import MartletCore
import MartletProcess
import Testing

@Suite struct AdoptionTests {
    let fixture: Fixture
    init() throws { fixture = try Fixture() }

    private func waitScript(_ code: Int) -> String {
        """
        echo begin >> \(fixture.path("ledger")); echo first
        while [ ! -e \(fixture.path("go")) ]; do sleep 0.02; done
        echo last; exit \(code)
        """
    }
    private func go() { fixture.touch("go") }
    private func parent(_ pid: pid_t) throws -> pid_t {
        let bytes = try #require(FileManager.default.contents(atPath: "/proc/\(pid)/stat"))
        let stat = String(decoding: bytes, as: UTF8.self)
        return try #require(pid_t(stat.split(separator: ")").last?.split(separator: " ").dropFirst().first ?? ""))
    }

    /// Starts a task, then loses the executor and its zygote as a killed server does.
    private func beginAndForget(_ address: TaskAddress, _ script: String) async throws -> TaskHandle {
        let executor = try fixture.executor()
        let (handle, task) = try await executor.begin(shell(script), at: address)
        task.cancel()
        _ = try? await task.value
        return handle
    }

    @Test(arguments: [true, false])
    func `a new server adopts a running task and gets its true exit`(_ knowsHandle: Bool) async throws {
        let address = fixture.address()
        let handle = try await beginAndForget(address, waitScript(42))
        try await eventually("the zygote is gone") { try parent(handle.keeperPID) == 1 }
        let executor = try fixture.executor()
        let adopted = Task {
            try await executor.adopt(address, handle: knowsHandle ? handle : nil, claimedOn: executor.bootID) {
                #expect(!knowsHandle && $0 == handle)
                try Data("told".utf8).write(to: URL(fileURLWithPath: fixture.path("told")))
            }
        }
        if !knowsHandle { try await eventually("the handle is told") { fixture.text("told") == "told" } }
        go()
        #expect(try await adopted.value.ending == .exited(code: 42))
        #expect(fixture.log(address) == "first\nlast\n")
        #expect(fixture.text("ledger") == "begin\n")
    }

    @Test func `a task that ended meanwhile is read from its record`() async throws {
        let address = fixture.address()
        go()
        let handle = try await beginAndForget(address, waitScript(3))
        let executor = try fixture.executor()
        try await eventually("the keeper is gone") { !isAlive(handle.keeperPID) }
        #expect(try await executor.adopt(address, handle: handle, claimedOn: nil) { _ in }.ending == .exited(code: 3))
    }

    @Test func `a new server can stop an adopted task`() async throws {
        let address = fixture.address()
        let handle = try await beginAndForget(address, "sleep 600")
        let executor = try fixture.executor()
        try await executor.stop(handle, at: address, grace: nil)
        let exit = try await executor.adopt(address, handle: handle, claimedOn: nil) { _ in }
        #expect(exit.ending == .signalled(SIGTERM) && exit.stopped)
    }

    @Test func `an abandoned task never runs however late its keeper comes`() async throws {
        let executor = try fixture.executor()
        let address = fixture.address()
        for _ in 0..<2 {
            await #expect(throws: TaskAbandoned.self) {
                try await executor.adopt(address, handle: nil, claimedOn: executor.bootID) { _ in }
            }
        }
        await #expect(throws: TaskAbandoned.self) {
            try await executor.run(shell("echo ran > \(fixture.path("ledger"))"), at: address)
        }
        #expect(fixture.text("ledger") == "")
    }

    /// The one that finds the fence taken may look before the other has locked it, and then neither starts: the
    /// engine makes another attempt of an abandoned one.
    @Test func `two launches of one address start the task once and agree on its end`() async throws {
        let executor = try fixture.executor()
        var started = 0
        for _ in 0..<200 where started < 20 {
            let address = fixture.address()
            let ledger = "ledger-\(address.run)"
            let command = shell("echo ran >> \(fixture.path(ledger)); exit 6")
            async let first = ending(of: command, at: address, by: executor)
            async let second = ending(of: command, at: address, by: executor)
            let endings = try await [first, second]
            #expect(endings == [.exited(code: 6), .exited(code: 6)] || endings == [nil, nil])
            #expect(fixture.text(ledger) == (endings.contains(nil) ? "" : "ran\n"))
            started += endings.contains(nil) ? 0 : 1
        }
        #expect(started == 20)
    }

    /// Nil when the task was abandoned.
    private func ending(
        of command: Command, at address: TaskAddress, by executor: LocalExecutor
    ) async throws -> TaskExit.Ending? {
        do { return try await executor.run(command, at: address).ending } catch is TaskAbandoned { return nil }
    }

    @Test func `racing an adoption against a launch runs the task at most once`() async throws {
        let executor = try fixture.executor()
        for _ in 0..<50 {
            let address = fixture.address()
            let ledger = "ledger-\(address.run)"
            let command = shell("echo ran >> \(fixture.path(ledger))")
            let launch = Task { try await executor.run(command, at: address) }
            let adoption = Task { try await executor.adopt(address, handle: nil, claimedOn: nil) { _ in } }
            let ran = (try? await launch.value) != nil
            #expect(((try? await adoption.value) != nil) == ran)
            #expect(fixture.text(ledger) == (ran ? "ran\n" : ""))
        }
    }

    @Test func `a task of another boot is lost whatever its files say`() async throws {
        let executor = try fixture.executor()
        let handle = TaskHandle(bootID: "other", keeperPID: 1, keeperStart: 1, protocolVersion: 1)
        let error = await #expect(throws: TaskLost.self) {
            try await executor.adopt(fixture.address(), handle: handle, claimedOn: nil) { _ in }
        }
        #expect(error?.reason == .machineRestarted)
    }

    @Test func `when the keeper is killed its tree is swept and the survivors are named`() async throws {
        let executor = try fixture.executor()
        let address = fixture.address()
        let script = """
            env -i setsid sh -c 'trap "" TERM; (while :; do sleep 0.05; done) & echo $! > \(fixture.path("bare")); wait' &
            setsid sh -c 'echo $$ > \(fixture.path("marked")); exec sleep 600' &
            sh -c 'echo $$ > \(fixture.path("plain")); exec sleep 600' &
            wait
            """
        let (handle, task) = try await executor.begin(shell(script), at: address)
        let names = ["marked", "plain"]
        try await eventually("the tree stands") {
            (names + ["bare"]).allSatisfy { fixture.text($0).hasSuffix("\n") }
        }
        let pids = names.compactMap { pid_t(fixture.text($0).trimmingCharacters(in: .newlines)) }
        kill(handle.keeperPID, SIGKILL)
        let error = await #expect(throws: TaskLost.self) { try await task.value }
        guard case .keeperVanished(let killed) = error?.reason else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(Set(pids).isSubset(of: killed))
        for pid in pids { #expect(!isAlive(pid)) }
        // What gave up both session and environment cannot be found without a cgroup; do not leave it behind.
        if let bare = pid_t(fixture.text("bare").trimmingCharacters(in: .newlines)) { kill(bare, SIGKILL) }
    }

    @Test func `an exit record without the right seal is not believed`() async throws {
        let address = fixture.address()
        _ = try await fixture.executor().run(shell("exit 0"), at: address)
        let other = try fixture.executor(seal: { _ in ("mark1x0", "another") })
        await #expect(throws: TaskLost.self) { try await other.adopt(address, handle: nil, claimedOn: nil) { _ in } }
    }

    @Test func `the zygote may die while its keepers work`() async throws {
        let executor = try fixture.executor()
        let address = fixture.address()
        let (handle, task) = try await executor.begin(shell(waitScript(8)), at: address)
        let zygote = try parent(handle.keeperPID)
        kill(zygote, SIGKILL)
        try await eventually("the zygote is gone") { try parent(handle.keeperPID) != zygote }
        var later = TaskExit(ending: .signalled(0), endedAt: Date())
        // The launch that meets the dead zygote may be abandoned, and then is tried again as the engine does.
        for attempt in 1...50 {
            do {
                later = try await executor.run(shell("exit 9"), at: fixture.address(attempt: attempt))
                break
            } catch is TaskAbandoned {}
        }
        #expect(later.ending == .exited(code: 9))
        go()
        #expect(try await task.value.ending == .exited(code: 8))
    }

    enum Fate: Sendable { case abandoned, lost, ended }

    @Test(arguments: [
        ("fence.created", Fate.abandoned), ("keeper.written", .lost), ("leader.forked", .lost),
        ("leader.execed", .lost),
        ("leader.ended", .lost), ("before.ended", .lost), ("after.ended", .ended),
    ])
    func `a keeper killed anywhere leaves a true story`(_ failpoint: String, _ fate: Fate) async throws {
        let executor = try fixture.executor(["MARTLET_KEEPER_FAILPOINT": failpoint])
        let address = fixture.address()
        let ledger = fixture.path("ledger")
        var seen = Fate.ended
        do {
            let exit = try await executor.run(shell("echo ran >> \(ledger); exit 2"), at: address)
            #expect(exit.ending == .exited(code: 2))
        } catch is TaskAbandoned { seen = .abandoned } catch is TaskLost { seen = .lost }
        #expect(seen == fate)
        if fate == .abandoned || failpoint == "keeper.written" || failpoint == "leader.forked" {
            #expect(fixture.text("ledger") == "")
        }
    }

    @Test func `neither environment nor secrets are in any command line`() async throws {
        let executor = try fixture.executor()
        let address = fixture.address()
        var command = shell("echo ready; exec sleep 600", secrets: ["TOKEN": Secret("cmdline-canary-1")])
        command.environment["PLAIN"] = "cmdline-canary-2"
        let (handle, task) = try await executor.begin(command, at: address)
        try await eventually("ready") { fixture.log(address).contains("ready") }
        for pid in try FileManager.default.contentsOfDirectory(atPath: "/proc") where Int(pid) != nil {
            let line = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
            #expect(!String(decoding: line, as: UTF8.self).contains("cmdline-canary"))
        }
        try await executor.stop(handle, at: address, grace: nil)
        _ = try await task.value
    }

    @Test func `a keeper that cannot be started is the server's error`() async throws {
        let executor = try LocalExecutor(
            dataDirectory: fixture.directory, keeper: "/nope", baseEnvironment: [:], seal: Fixture.seal)
        await #expect(throws: MartletError.self) {
            try await executor.run(Command(argv: ["true"]), at: fixture.address())
        }
    }
}
