import Foundation
import MartletCore
import MartletProcess
import Testing

@Suite struct LogTests {
    let fixture: Fixture
    let executor: LocalExecutor
    let reader: FileLogReader

    init() throws {
        fixture = try Fixture()
        executor = try fixture.executor()
        reader = FileLogReader(dataDirectory: fixture.directory)
    }

    private func read(_ address: TaskAddress, _ stream: LogStream = .all) throws -> [UInt8] {
        let view = try reader.view(of: [address], stream: stream)
        var bytes: [UInt8] = []
        while true {
            let more = try reader.read(view, from: Int64(bytes.count), upTo: .max)
            if more.isEmpty { break }
            bytes += more
        }
        #expect(Int64(bytes.count) == view.length)
        return bytes
    }

    private func text(_ address: TaskAddress, _ stream: LogStream = .all) throws -> String {
        String(decoding: try read(address, stream), as: UTF8.self)
    }

    @Test func `either stream can be read alone`() async throws {
        let address = fixture.address()
        // Each word only when the one before is in the log: nobody knows an order between two pipes.
        let script = """
            said() { until grep -qs "$1" \(executor.paths.file(.log, of: address)); do sleep 0.01; done; }
            for i in 1 2 3; do echo out $i; said "out $i"; echo err $i >&2; said "err $i"; done
            """
        _ = try await executor.run(shell(script, timeout: .seconds(300)), at: address)
        #expect(try text(address, .stdout) == "out 1\nout 2\nout 3\n")
        #expect(try text(address, .stderr) == "err 1\nerr 2\nerr 3\n")
        #expect(try text(address) == "out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\n")
    }

    @Test func `bytes that are no text and have no last newline are kept`() async throws {
        let address = fixture.address()
        _ = try await executor.run(shell("printf 'a\\000\\377\\376b'"), at: address)
        #expect(try read(address) == [97, 0, 255, 254, 98])
        #expect(try read(address, .stdout) == [97, 0, 255, 254, 98])
    }

    @Test func `secrets are masked on both streams`() async throws {
        let address = fixture.address()
        let script = """
            echo "token=$TOKEN"; printf %s "$TOKEN" | base64; echo "$TOKEN" >&2
            printf 'split-'; sleep 0.05; printf 'can'; sleep 0.05; printf 'ary-xyz!\\n'; printf 'split-can'
            """
        _ = try await executor.run(shell(script, secrets: ["TOKEN": Secret("split-canary-xyz")]), at: address)
        #expect(try text(address, .stdout) == "token=•••\n•••\n•••!\nsplit-can")
        #expect(try text(address, .stderr) == "•••\n")
    }

    @Test(arguments: [true, false])
    func `a flood keeps its head and its newest tail at true offsets`(_ hasHoles: Bool) async throws {
        let executor = try fixture.executor(hasHoles ? [:] : ["MARTLET_KEEPER_NO_HOLES": "1"])
        let address = fixture.address()
        let cap: Int64 = 8 << 20
        let exit = try await executor.run(shell("seq 1000000000 1018181817", logCap: cap), at: address)
        #expect(exit.ending == .exited(code: 0) && exit.logBytes == 11 * 18_181_818 && exit.droppedBytes == 0)
        #expect(try fixture.diskBytes(of: address.run) <= cap + (64 << 10))
        for stream in [LogStream.all, .stdout] {
            let view = try reader.view(of: [address], stream: stream)
            try #require(view.pieces.count == 3)
            guard case .bytes(_, 0, let head) = view.pieces[0], case .marker(let marker) = view.pieces[1],
                case .bytes(_, let tail, let length) = view.pieces[2]
            else {
                Issue.record("\(view.pieces)")
                return
            }
            #expect(head >= 1 << 20 && length > cap / 4 && tail + length == exit.logBytes)
            let line = "[... \(tail - head) bytes dropped here, the log passed its limit of 8192 KiB ...]\n"
            #expect(marker == line || marker == "\n\(line)")
            for offset in [0, head - 11, tail, tail + length / 2, exit.logBytes - 22] {
                let start = (offset + 10) / 11 * 11
                let inView = start < head ? start : start - tail + head + Int64(marker.utf8.count)
                let line = try reader.read(view, from: inView, upTo: 11)
                if start + 11 <= head || start >= tail {
                    #expect(String(decoding: line, as: UTF8.self) == "\(1_000_000_000 + start / 11)\n")
                }
            }
        }
        #expect(!(try read(address).contains(0)))
    }

    @Test func `a view made before a hole shows no zeros afterwards`() async throws {
        let address = fixture.address()
        let command = shell(
            "seq 1 400000; while [ ! -e \(fixture.path("go")) ]; do sleep 0.02; done; seq 1 2000000", logCap: 4 << 20)
        let (_, task) = try await executor.begin(command, at: address)
        try await eventually("the first part") { try reader.view(of: [address], stream: .all).length == 2_688_895 }
        let view = try reader.view(of: [address], stream: .all)
        fixture.touch("go")
        _ = try await task.value
        var bytes: [UInt8] = []
        while Int64(bytes.count) < view.length { bytes += try reader.read(view, from: Int64(bytes.count), upTo: .max) }
        #expect(bytes.count == 2_688_895 && !bytes.contains(0) && bytes.contains(UInt8(ascii: ".")))
    }

    @Test func `entries of an index count towards the limit`() async throws {
        let address = fixture.address()
        let script = "i=0; while [ $i -lt 20000 ]; do echo; echo >&2; i=$((i+1)); done"
        let exit = try await executor.run(shell(script, logCap: 64 << 10), at: address)
        #expect(exit.logBytes == 40_000)
        #expect(try fixture.diskBytes(of: address.run) <= 96 << 10)
        #expect(!(try read(address).contains(0)))
    }

    @Test func `lines without end do not fill the memory`() async throws {
        let address = fixture.address()
        let exit = try await executor.run(shell("head -c 50000000 /dev/zero", logCap: 2 << 20), at: address)
        #expect(exit.logBytes == 50_000_000)
    }

    @Test func `several tasks are shown in order and a missing one is nothing`() async throws {
        let first = fixture.address()
        let second = TaskAddress(run: first.run, attempt: 2, task: 0)
        let missing = TaskAddress(run: first.run, attempt: 1, task: 1)
        _ = try await executor.run(shell("echo one"), at: first)
        _ = try await executor.run(shell("echo two"), at: second)
        #expect(try reader.tasks(of: first.run) == [first, second])
        let view = try reader.view(of: [first, missing, second], stream: .all)
        #expect(view.length == 8)
        #expect(try reader.read(view, from: 4, upTo: 100) == Array("two\n".utf8))
        #expect(try reader.read(view, from: 8, upTo: 100).isEmpty)
        #expect(try fixture.diskBytes(of: first.run) > 0)
        try reader.remove(first.run)
        try reader.remove(first.run)
        #expect(try reader.tasks(of: first.run).isEmpty)
        #expect(try reader.view(of: [first], stream: .all).pieces.isEmpty)
    }

    @Test func `a link or a pipe in place of a log is not followed`() async throws {
        let address = fixture.address()
        _ = try await executor.run(Command(argv: ["true"]), at: address)
        let log = executor.paths.file(.log, of: address)
        symlink("/etc/passwd", log)
        #expect(try reader.view(of: [address], stream: .all).pieces.isEmpty)
        unlink(log)
        mkfifo(log, 0o600)
        #expect(try reader.view(of: [address], stream: .all).pieces.isEmpty)
    }

    @Test func `a full disk costs log bytes and never the end of the task`() async throws {
        try #require(geteuid() == 0)
        let directory = fixture.path("small")
        mkdir(directory, 0o700)
        try #require(mount("tmpfs", directory, "tmpfs", 0, "size=3m") == 0)
        defer { umount2(directory, 2) }
        let executor = try LocalExecutor(
            dataDirectory: directory, keeper: Fixture.keeper, baseEnvironment: ["PATH": "/usr/bin:/bin"],
            seal: Fixture.seal)
        let exit = try await executor.run(shell("head -c 10000000 /dev/zero; exit 5"), at: fixture.address())
        #expect(exit.ending == .exited(code: 5))
        #expect(exit.droppedBytes > 6_000_000 && exit.droppedBytes + exit.logBytes == 10_000_000)
        #expect(exit.warnings.contains { $0.contains("could not be stored") })
    }
}
