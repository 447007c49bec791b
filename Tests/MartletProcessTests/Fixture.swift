import Foundation
import MartletCore
import MartletProcess
import Synchronization
import Testing

/// A data directory of its own with an executor; removed at the end.
final class Fixture: Sendable {
    let directory: String
    private let ids = Mutex(RunIDSequence())

    init() throws {
        var template = Array("/tmp/martlet-test-XXXXXX".utf8CString)
        let made = try #require(mkdtemp(&template))
        directory = String(cString: made)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    static var keeper: String {
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let here = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? tests
        return URL(fileURLWithPath: here).deletingLastPathComponent().appendingPathComponent("martlet-keeper").path
    }

    static func seal(_ address: TaskAddress) -> (mark: String, seal: String) {
        ("mark\(address.attempt)x\(address.task)", "seal-\(address.run)-\(address.attempt)-\(address.task)")
    }

    func executor(
        _ keeperEnvironment: [String: String] = [:], seal: @escaping LocalExecutor.Seal = Fixture.seal
    ) throws -> LocalExecutor {
        try LocalExecutor(
            dataDirectory: directory, keeper: Self.keeper,
            baseEnvironment: ["PATH": "/usr/local/bin:/usr/bin:/bin"], keeperEnvironment: keeperEnvironment, seal: seal)
    }

    func address(attempt: Int = 1, task: Int = 0) -> TaskAddress {
        TaskAddress(
            run: ids.withLock { $0.next(at: Date(), random: .random(in: 0 ... .max)) }, attempt: attempt, task: task)
    }

    /// What a run's files take on disk, holes not counted.
    func diskBytes(of run: RunID) throws -> Int64 {
        let path = RunPaths(dataDirectory: directory).directory(of: run)
        return try FileManager.default.subpathsOfDirectory(atPath: path).reduce(0) { sum, name in
            var info = stat()
            return lstat("\(path)/\(name)", &info) == 0 ? sum + Int64(info.st_blocks) * 512 : sum
        }
    }

    func log(_ address: TaskAddress) -> String {
        let path = RunPaths(dataDirectory: directory).file(.log, of: address)
        return String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }

    func path(_ name: String) -> String { "\(directory)/\(name)" }

    func touch(_ name: String) { #expect(FileManager.default.createFile(atPath: path(name), contents: nil)) }

    func text(_ name: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path(name)) ?? Data(), as: UTF8.self)
    }
}

/// A shell script as a command.
func shell(
    _ script: String, timeout: TimeSpan? = nil, grace: TimeSpan = .seconds(5), secrets: [String: Secret] = [:],
    process: ProcessLimits = ProcessLimits(), logCap: Int64 = 64 << 20
) -> Command {
    Command(
        argv: ["/bin/sh", "-c", script], secrets: secrets, process: process, timeout: timeout, grace: grace,
        logCap: logCap)
}

extension LocalExecutor {
    func run(_ command: Command, at address: TaskAddress) async throws -> TaskExit {
        try await run(command, at: address) { _ in }
    }

    /// Runs and hands out the handle as soon as it is known.
    func begin(_ command: Command, at address: TaskAddress) async throws -> (TaskHandle, Task<TaskExit, any Error>) {
        let (handles, continuation) = AsyncStream<TaskHandle>.makeStream()
        // A test's own task: it ends with the process it waits for.
        let task = Task { try await self.run(command, at: address) { continuation.yield($0) } }
        var iterator = handles.makeAsyncIterator()
        return (try #require(await iterator.next()), task)
    }
}

/// Waits for a condition, at most `seconds`, and longer only when the test itself seldom gets its turn.
func eventually(
    _ what: String, within seconds: Double = 300, sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () throws -> Bool
) async throws {
    let end = ContinuousClock.now + .seconds(seconds)
    var asked = 0
    while try !condition() {
        asked += 1
        guard ContinuousClock.now < end || asked < 500 else {
            Issue.record("not within \(seconds) s: \(what)", sourceLocation: sourceLocation)
            return
        }
        try await Task.sleep(for: .milliseconds(10))
    }
}

/// Whether a process is there and not a zombie.
func isAlive(_ pid: pid_t) -> Bool {
    guard let stat = FileManager.default.contents(atPath: "/proc/\(pid)/stat") else { return false }
    return !String(decoding: stat, as: UTF8.self).contains(") Z ")
}
