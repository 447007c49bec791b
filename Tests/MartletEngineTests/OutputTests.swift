import Foundation
import MartletCore
import MartletEngine
import MartletStore
import MartletTesting
import Testing

/// Counts lines, and keeps those that begin with `bad`.
private struct Counting: Driver {
    let name = "counting"
    let readsOutput = true
    func plan(_ context: TaskContext) throws(MartletError) -> [String] { ["x"] }
    func verdict(_ exit: TaskExit, of task: TaskSpec, _ report: TaskReport) -> Verdict {
        (report.evidence?.failed ?? 0) > 0 ? Verdict(.partial, note: "some are bad") : Verdict(of: exit)
    }
    func read(_ line: [UInt8], of task: TaskSpec, into report: inout TaskReport) {
        let text = String(decoding: line, as: UTF8.self)
        report.evidence = report.evidence ?? Evidence()
        if text.hasPrefix("bad") {
            report.evidence?.fail(text)
        } else {
            report.evidence?.changed += 1
            report.evidence?.memo = text
        }
    }
}

@Suite struct OutputTests {
    private let files = ScriptedLogs()

    private func engine(
        directory: URL? = nil, _ script: @escaping @Sendable (TaskAddress) -> ScriptedExecutor.Step
    ) throws -> Engine {
        try Engine(
            directory: directory, drivers: [Counting()], files: files,
            executor: ScriptedExecutor { address, _ in script(address) })
    }

    private func submit(_ engine: Engine, tasks: Int = 1, retry: RetryPolicy? = nil) async throws -> RunID {
        let tasks = (0..<tasks).map { TaskSpec(name: "t\($0)", driver: "counting", spec: [:]) }
        return try await engine.submit(Job(tasks: tasks, retry: retry))
    }

    @Test func `every line reaches the driver before the verdict, a last one without a line end too`() async throws {
        let files = files
        let engine = try engine { address in
            files.write("one\ntwo\n", to: address)
            files.write("from stderr\n", .stderr, to: address)
            files.write("bad three", to: address)
            return .exit(0)
        }
        let id = try await submit(engine)
        let run = try await engine.ended(id)
        #expect(run.state == .failed && run.outcome == .partial)
        #expect(run.report.evidence?.changed == 3 && run.report.evidence?.failures == ["bad three"])
    }

    @Test func `what is told while the task runs is stored, and comes once`() async throws {
        let files = files
        let engine = try engine { address in
            files.write("one\ntwo\nhal", to: address)
            return .hangObediently
        }
        let id = try await submit(engine)
        var run = try await engine.told(id) { $0.evidence?.changed == 2 }
        #expect(run.report.evidence?.memo == "two")
        files.write("f\n", to: run.address)
        run = try await engine.told(id) { $0.evidence?.changed == 3 }
        #expect(run.report.evidence?.memo == "half")
        _ = try await engine.control.stop(id, .user)
        run = try await engine.ended(id)
        #expect(run.report.evidence?.changed == 3)
    }

    @Test func `a hole in the output is no line, and makes a good end one that needs a look`() async throws {
        let files = files
        let engine = try engine { address in
            files.write("one\ntwo\nbad\nfour\n", to: address)
            files.punch(4..<12, of: address)
            return .exit(0)
        }
        let run = try await engine.ended(try await submit(engine))
        #expect(run.state == .succeeded && run.outcome == .warning)
        #expect(run.report.evidence?.changed == 2 && run.report.evidence?.failed == 0)
        #expect(run.report.warnings.first?.hasPrefix("a part of the output is gone") == true)
    }

    @Test func `evidence is that of the attempt, over all its tasks`() async throws {
        let files = files
        let engine = try engine { address in
            files.write("line\n", to: address)
            if address.attempt == 1, address.task == 1 { files.write("bad\n", to: address) }
            return .exit(0)
        }
        let id = try await submit(engine, tasks: 2, retry: RetryPolicy(limit: 1))
        let run = try await engine.ended(id)
        #expect(run.state == .succeeded && run.attempt == 2)
        #expect(run.report.evidence?.changed == 2 && run.report.evidence?.failed == 0)
    }

    @Test func `the next server goes on where the one before stopped`() async throws {
        let files = files
        let first = try engine { address in
            files.write("one\ntwo\nthr", to: address)
            return .hang
        }
        let id = try await submit(first)
        _ = try await first.told(id) { $0.evidence?.changed == 2 }
        await first.crash()
        let second = try engine(directory: first.directory) { address in
            files.write("ee\nfour\n", to: address)
            return .exit(0)
        }
        let run = try await second.ended(id)
        #expect(run.report.evidence?.changed == 4 && run.report.evidence?.memo == "four")
    }
}
