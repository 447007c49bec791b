import Foundation

/// The program under the name of the replaced service.
struct CeleryService {
    let site: Site
    private let program: String

    /// A link, as packages make it; the keeper is found beside the real program.
    init() throws {
        site = try Site()
        program = site.path("bin/celery-service")
        try FileManager.default.createSymbolicLink(
            atPath: program, withDestinationPath: Server.binaries + "/martlet")
    }

    /// Only what the replaced service knew, the data directory, and a working directory.
    func child(_ arguments: [String], _ more: [String: String], in directory: String) throws -> Child {
        let environment = Server.environment.merging(["MARTLET_DATA_DIR": site.data]) { $1 }.merging(more) { $1 }
        return try Child(
            ["/usr/bin/env", "-C", directory, program] + arguments, environment: environment,
            directory: site.scratch.url, name: "celery-\(UUID().uuidString)")
    }

    static func err(_ child: Child) -> String {
        let file = child.output.deletingPathExtension().appendingPathExtension("err")
        return (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    }

    static func out(_ child: Child) -> String {
        (try? String(contentsOf: child.output, encoding: .utf8)) ?? ""
    }

    func end(_ arguments: String..., environment: [String: String] = [:], in directory: String = "/")
        async throws
        -> Site.Ending
    {
        let child = try child(arguments, environment, in: directory)
        defer { child.end() }
        return Site.Ending(code: try await child.ended(), out: Self.out(child), err: Self.err(child))
    }

    /// Calls `body` with the address it serves.
    func serving(
        _ arguments: String..., environment: [String: String] = [:], _ body: (Child, String) async throws -> Void
    ) async throws {
        let child = try child(["run"] + arguments, environment, in: "/")
        defer { child.end() }
        let url = try await eventually("it listens") {
            if child.reaped() != nil { throw TimedOut(what: "a start: \(Self.err(child))") }
            let line = Self.out(child).split(separator: "\n").first { $0.hasPrefix("listening on ") }
            return line.map { String($0.dropFirst("listening on ".count)) }
        }
        try await body(child, url)
    }

    /// Posts when there is a body; the answer's text.
    func ask(_ url: String, _ body: String? = nil) async throws -> String {
        try await ScriptServer.send(body == nil ? .GET : .POST, to: url, body.map { Array($0.utf8) }).text
    }

    /// Whether it is the one line that the replaced service writes about a mistake.
    static func isOneLine(_ err: String, about word: String) -> Bool {
        err.wholeMatch(of: /celery-service: error: .*, try --help\n/) != nil && err.contains(word)
    }
}
