import Foundation

/// One of the programs in Tests/Conformance, or in another folder, run against a server.
struct Conformance {
    let server: Server
    var folder = "Tests/Conformance"

    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// One of the files beside the programs.
    static func file(_ name: String) -> URL { root.appending(path: "Tests/Conformance/\(name)") }

    struct Result {
        let status: Int32
        let output: String
    }

    /// What it printed, errors included, and its exit code.
    func run(
        _ program: String, _ arguments: [String] = [], environment: [String: String] = [:], within seconds: Double = 900
    ) async throws -> Result {
        let scratch = try Scratch()
        let python = Self.root.appending(path: ".build/python/bin/python").path
        guard FileManager.default.isExecutableFile(atPath: python) else { throw NoTools() }
        let child = try Child(
            [python, Self.root.appending(path: "\(folder)/\(program)").path] + arguments,
            environment: [
                "PATH": "/usr/bin:/bin", "MARTLET_SERVER": server.url, "MARTLET_TOKEN": server.token,
                "PYTHONDONTWRITEBYTECODE": "1", "HOME": scratch.url.path, "TMPDIR": scratch.url.path,
            ].merging(environment) { $1 }, directory: scratch.url, name: "check")
        let status = try await child.ended(within: seconds)
        let texts = ["check.out", "check.err"].map { try? String(contentsOfFile: scratch.path($0), encoding: .utf8) }
        return Result(status: status, output: texts.compactMap { $0 }.joined())
    }

    struct NoTools: Error, CustomStringConvertible {
        let description = "the test tools are missing; install them with scripts/python-tools"
    }
}
