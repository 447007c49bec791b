import Foundation

/// Runs a script with the binaries of this build, in a directory of its own.
struct Shell {
    struct Result {
        let status: Int32
        /// Both streams.
        let output: String
    }

    /// Where `martlet` was built: beside this test.
    static let binaries: String = {
        let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let beside = URL(filePath: program).deletingLastPathComponent().path
        if FileManager.default.isExecutableFile(atPath: beside + "/martlet") { return beside }
        return Markdown.root.appending(path: ".build/debug").path
    }()

    let directory: URL

    init() throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "martlet-readme-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    func remove() { try? FileManager.default.removeItem(at: directory) }

    /// Ends it after `seconds`, children that it left in its group included.
    func run(_ script: String, in place: URL? = nil, environment: [String: String] = [:], seconds: Int = 600)
        async throws -> Result
    {
        let output = directory.appending(path: "output-\(UUID().uuidString)")
        try Data().write(to: output)
        let file = try FileHandle(forWritingTo: output)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/timeout")
        process.arguments = ["--kill-after=10", "\(seconds)", "/bin/bash", "-c", script]
        process.currentDirectoryURL = place ?? directory
        process.environment = [
            "PATH": "\(Self.binaries):/usr/local/bin:/usr/bin:/bin", "HOME": directory.path, "LANG": "C.UTF-8",
            "SWIFT_BACKTRACE": "enable=no",
        ].merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = file
        process.standardError = file
        let status = try await withCheckedThrowingContinuation { (done: CheckedContinuation<Int32, any Error>) in
            process.terminationHandler = { done.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { done.resume(throwing: error) }
        }
        try file.close()
        return Result(status: status, output: try String(contentsOf: output, encoding: .utf8))
    }
}
