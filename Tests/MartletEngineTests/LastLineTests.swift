import Foundation
import MartletCore
import MartletEngine
import MartletStore
import MartletTesting
import Testing

/// Logs made of two texts, the same for every task.
private struct TwoTexts: LogReader, ReportReader {
    let stdout: [UInt8]
    let stderr: [UInt8]

    func view(of tasks: [TaskAddress], stream: LogStream) throws -> LogView {
        LogView(
            pieces: tasks.map {
                .bytes(
                    $0, offset: stream == .stderr ? 1 << 40 : 0,
                    length: Int64((stream == .stderr ? stderr : stdout).count))
            })
    }

    func read(_ view: LogView, from offset: Int64, upTo limit: Int) throws -> [UInt8] {
        guard case .bytes(_, let start, _)? = view.pieces.first else { return [] }
        return Array((start > 0 ? stderr : stdout).dropFirst(Int(offset)).prefix(min(limit, 10_000)))
    }

    func records(of task: TaskAddress, from offset: Int64, limit: Int, isOver: Bool) throws -> [LogRecord] { [] }
    func tasks(of run: RunID) throws -> [TaskAddress] { [] }
    func remove(_ run: RunID) throws {}
    func progressLines(of task: TaskAddress, from offset: Int64) throws -> (lines: [[UInt8]], offset: Int64) {
        ([], offset)
    }
    func removeProgress(of task: TaskAddress) {}
}

@Suite struct LastLineTests {
    private func lastLine(_ bytes: [UInt8]) throws -> String {
        let engine = try Engine(
            files: TwoTexts(stdout: bytes, stderr: []), executor: ScriptedExecutor { _, _ in .exit(0) })
        let task = TaskAddress(run: RunID(high: 1, low: 1), attempt: 1, task: 0)
        return try engine.control.lastLines(of: task).stdout
    }

    /// contract §1.12
    @Test(arguments: [
        ("", ""), ("\n", ""), ("one", "one"), ("one\n", "one"), ("one\ntwo", "two"), ("one\r\ntwo\r\n", "two"),
        ("one\n\n", ""), ("one\r\n\r\n", ""), ("a\rb\n", "a\rb"), ("\n\nx", "x"), ("中文\n末行\n", "末行"),
    ])
    func `the last line is what stands before the last line end`(_ text: String, _ line: String) throws {
        #expect(try lastLine(Array(text.utf8)) == line)
    }

    @Test func `bytes that are no UTF-8 are marked one by one`() throws {
        #expect(try lastLine([0xFF, 0xFE, 0x0A]) == "\u{FFFD}\u{FFFD}")
        #expect(try lastLine([0x61, 0x0A, 0xE4, 0xB8]) == "\u{FFFD}\u{FFFD}")
    }

    @Test func `a line longer than the limit is given by its end, from a whole character on`() throws {
        let long = String(repeating: "中", count: 100_000) + "end"
        let line = try lastLine(Array("first\n\(long)\n".utf8))
        #expect(line.utf8.count <= TaskReport.LastLines.longest && line.utf8.count > TaskReport.LastLines.longest - 4)
        #expect(line.hasSuffix("中end") && line.hasPrefix("中"))
    }

    @Test func `a line of exactly the limit is given whole`() throws {
        let line = String(repeating: "x", count: TaskReport.LastLines.longest)
        #expect(try lastLine(Array("a\n\(line)\n".utf8)) == line)
        #expect(try lastLine(Array("a\n\(line)".utf8)) == line)
    }

    private struct Keeping: Driver {
        let name = "keeping"
        let keepsLastLines: Bool
        func plan(_ context: TaskContext) throws(MartletError) -> [String] { ["x"] }
        func verdict(_ exit: TaskExit, of task: TaskSpec, _ report: TaskReport) -> Verdict { Verdict(of: exit) }
    }

    @Test(arguments: [true, false]) func `they are stored with the end for the drivers that ask for them`(
        _ keeps: Bool
    ) async throws {
        let engine = try Engine(
            drivers: [Keeping(keepsLastLines: keeps)],
            files: TwoTexts(stdout: Array("a\nresult\n".utf8), stderr: Array("warned".utf8)),
            executor: ScriptedExecutor { _, _ in .exit(0) })
        let job = Job(tasks: [TaskSpec(name: "one", driver: "keeping", spec: [:])])
        let run = try await engine.ended(try await engine.submit(job))
        #expect(
            run.report.lastLines
                == (keeps ? .init(stdout: "result", stderr: "warned", stdoutBytes: 9, stderrBytes: 6) : nil))
    }
}

@Suite struct WaitingPlaceTests {
    @Test func `only so many callers wait, and a place that is given back is free again`() async throws {
        let feed = RunFeed(mostWaiters: 2)
        let engine = try Engine(feed: feed, executor: ScriptedExecutor { _, _ in .hang })
        var places = [try engine.control.waitingPlace(), try engine.control.waitingPlace()]
        #expect(throws: MartletError.self) { try engine.control.waitingPlace() }
        let id = try await engine.submit(.tasks("one"))
        await #expect(throws: MartletError.self) { try await engine.control.wait(for: id, upTo: .seconds(1)) }
        places.removeLast()
        _ = try await engine.control.wait(for: id, upTo: TimeSpan(milliseconds: 1))
        _ = try engine.control.waitingPlace()
    }

    @Test func `whoever holds a place is told the end, and a cancelled one is not kept`() async throws {
        let engine = try Engine(executor: ScriptedExecutor { _, _ in .hang })
        let id = try await engine.submit(.tasks("one"))
        _ = try await engine.reaches(.running, id)
        let place = try engine.control.waitingPlace()
        async let end = engine.control.end(of: id, at: place)
        let other = Task { try await engine.control.end(of: id, at: try engine.control.waitingPlace()) }
        other.cancel()
        await #expect(throws: CancellationError.self) { try await other.value }
        _ = try await engine.control.stop(id)
        #expect(try await end.state == .cancelled)
    }
}
