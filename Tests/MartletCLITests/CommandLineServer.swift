import Foundation

/// The real program beside this test, with a data directory of its own.
final class CommandLineServer: Sendable {
    static let binaries: URL = {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let beside = URL(filePath: own).deletingLastPathComponent()
        if FileManager.default.isExecutableFile(atPath: beside.appending(path: "martlet").path) { return beside }
        for argument in CommandLine.arguments where argument.contains(".xctest") {
            return URL(filePath: argument).deletingLastPathComponent()
        }
        return URL(filePath: FileManager.default.currentDirectoryPath).appending(path: ".build/debug")
    }()

    struct Result {
        let code: Int32
        let out: String
        let err: String
    }

    let data: String
    private let directory: URL
    private let pid: Int32

    init() async throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "cli-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        data = directory.appending(path: "data").path
        let out = directory.appending(path: "out")
        _ = FileManager.default.createFile(atPath: out.path, contents: nil)
        let process = Process()
        process.executableURL = Self.binaries.appending(path: "martlet")
        process.arguments = ["serve", "--data-dir", data, "--listen", "127.0.0.1:0"]
        process.environment = Self.environment(data)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: out)
        process.standardError = FileHandle.nullDevice
        try process.run()
        pid = process.processIdentifier
        let deadline = ContinuousClock.now + .seconds(120)
        while try !String(contentsOf: out, encoding: .utf8).contains("listening on ") {
            guard ContinuousClock.now < deadline, process.isRunning else { throw CocoaError(.featureUnsupported) }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    deinit {
        kill(pid, SIGKILL)
        try? FileManager.default.removeItem(at: directory)
    }

    static func environment(_ data: String) -> [String: String] {
        [
            "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent", "LANG": "C.UTF-8", "MARTLET_DATA_DIR": data,
            "SWIFT_BACKTRACE": "enable=no",
        ]
    }

    func run(_ arguments: String..., environment: [String: String] = [:], input: String? = nil) async throws -> Result {
        try await Self.run(arguments, Self.environment(data).merging(environment) { $1 }, input: input)
    }

    static func run(
        _ arguments: [String], _ environment: [String: String], input: String? = nil,
        program: URL = binaries.appending(path: "martlet")
    ) async throws -> Result {
        let files = ["out", "err"].map { name in
            FileManager.default.temporaryDirectory.appending(path: "cli-\(name)-\(UUID().uuidString)")
        }
        for file in files { _ = FileManager.default.createFile(atPath: file.path, contents: nil) }
        defer { for file in files { try? FileManager.default.removeItem(at: file) } }
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.environment = environment
        process.standardInput = try input.map(standardInput) ?? FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: files[0])
        process.standardError = try FileHandle(forWritingTo: files[1])
        // Waiting must not hold one of the few threads that all tests share.
        try await withCheckedThrowingContinuation { (ended: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in ended.resume() }
            do { try process.run() } catch { ended.resume(throwing: error) }
        }
        let texts = try files.map { try String(contentsOf: $0, encoding: .utf8) }
        let code = process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
        return Result(code: code, out: texts[0], err: texts[1])
    }

    private static func standardInput(_ text: String) throws -> FileHandle {
        let file = FileManager.default.temporaryDirectory.appending(path: "cli-in-\(UUID().uuidString)")
        try Data(text.utf8).write(to: file)
        defer { unlink(file.path) }
        return try FileHandle(forReadingFrom: file)
    }
}
