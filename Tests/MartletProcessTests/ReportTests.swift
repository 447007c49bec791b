import Foundation
import MartletCore
import MartletProcess
import Testing

@Suite struct ReportTests {
    let fixture: Fixture
    let executor: LocalExecutor
    let reader: FileLogReader

    init() throws {
        fixture = try Fixture()
        executor = try fixture.executor()
        reader = FileLogReader(dataDirectory: fixture.directory)
    }

    @Test func `only complete lines are read and each once`() async throws {
        let address = fixture.address()
        _ = try await executor.run(shell("printf 'a\\nb\\nc' >> $MARTLET_PROGRESS"), at: address)
        let (lines, offset) = try reader.progressLines(of: address, from: 0)
        #expect(lines == [[97], [98]])
        #expect(try reader.progressLines(of: address, from: offset).lines.isEmpty)
    }

    @Test func `a line that is too long counts as one bad line`() async throws {
        let address = fixture.address()
        _ = try await executor.run(
            shell("(echo a; head -c 70000 /dev/zero | tr '\\0' x; echo; echo b) >> $MARTLET_PROGRESS"), at: address)
        #expect(try reader.progressLines(of: address, from: 0).lines == [[97], [], [98]])
    }

    @Test func `a long report is rotated and none of its lines is lost`() async throws {
        let address = fixture.address()
        let script = """
            i=0; while [ $i -lt 5 ]; do
            seq -f %099.0f $((i*12000)) $((i*12000+11999)) >> $MARTLET_PROGRESS
            while [ -e $MARTLET_PROGRESS ]; do sleep 0.01; done
            i=$((i+1)); done
            """
        let task = Task { try await executor.run(shell(script), at: address) }
        var next = 0
        var offset: Int64 = 0
        let end = ContinuousClock.now + .seconds(300)
        while next < 60_000 {
            try #require(ContinuousClock.now < end, "\(next) lines at \(offset)")
            let (lines, after) = try reader.progressLines(of: address, from: offset)
            if lines.isEmpty { try await Task.sleep(for: .milliseconds(1)) }
            offset = after
            for line in lines {
                #expect(Int(String(decoding: line, as: UTF8.self)) == next)
                next += 1
            }
            try #require(lines.count <= 11_000)
        }
        _ = try await task.value
        let names = try FileManager.default.contentsOfDirectory(atPath: executor.paths.directory(of: address.run))
        let reports = names.filter { $0.contains(".progress") }
        #expect(offset >> 40 > 0 && reports.count <= 3, "\(reports)")
    }

    @Test func `the checkpoint of one attempt is found by the next`() async throws {
        let first = fixture.address()
        let write = "echo 17 > $MARTLET_CHECKPOINT.tmp; mv $MARTLET_CHECKPOINT.tmp $MARTLET_CHECKPOINT"
        _ = try await executor.run(shell(write), at: first)
        let second = TaskAddress(run: first.run, attempt: 2, task: 0)
        _ = try await executor.run(shell("cat $MARTLET_CHECKPOINT"), at: second)
        #expect(fixture.log(second) == "17\n")
    }

    @Test func `a data directory has one server at a time`() throws {
        let path = fixture.path("data")
        let lock = try DirectoryLock(dataDirectory: path)
        let error = #expect(throws: MartletError.self) { _ = try DirectoryLock(dataDirectory: path) }
        #expect(error?.code == .conflict && error?.message.contains("process \(getpid())") == true)
        withExtendedLifetime(lock) {}
    }

    @Test func `free space is known`() throws {
        let space = try DiskSpace.free(at: fixture.directory)
        #expect(space.free > 0 && space.free <= space.total)
        #expect(throws: MartletError.self) { try DiskSpace.free(at: "/nope") }
    }

    @Test func `what an ended task told can be removed, and nothing else`() async throws {
        let (address, other) = (fixture.address(), fixture.address())
        for task in [address, other] {
            let script =
                "for file in $MARTLET_PROGRESS $MARTLET_PROGRESS.0 $MARTLET_PROGRESS.1; do echo a > $file; done"
            _ = try await executor.run(shell(script + "; echo x > $MARTLET_CHECKPOINT; echo out"), at: task)
        }
        reader.removeProgress(of: address)
        func left(_ task: TaskAddress) throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: executor.paths.directory(of: task.run)).sorted()
        }
        #expect(try left(address) == ["0.checkpoint", "1.0.idx", "1.0.log", "1.0.run"])
        #expect(try left(other).count { $0.contains("progress") } == 3)
        #expect(try reader.progressLines(of: address, from: 2).lines.isEmpty)
    }
}
