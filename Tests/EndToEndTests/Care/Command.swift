import Foundation
import MartletCore

/// One call of the real program and what became of it.
struct CommandEnding {
    let code: Int32
    let out: String
    let err: String
    var json: JSONValue { (try? JSONParser.parse(Array(out.utf8))) ?? .null }
}

extension Scratch {
    /// A martlet command that is under way; as another user when `user` is given.
    func start(_ arguments: [String], user: UInt32? = nil, environment: [String: String] = [:]) throws -> Child {
        let program = Server.binaries + "/martlet"
        let changed = user.map {
            ["/usr/bin/setpriv", "--reuid=\($0)", "--regid=\($0)", "--clear-groups", program]
        }
        return try Child(
            (changed ?? [program]) + arguments, environment: Server.environment.merging(environment) { $1 },
            directory: url, name: "command-\(UUID().uuidString)")
    }

    func ending(of child: Child) async throws -> CommandEnding {
        defer { child.end() }
        let code = try await child.ended()
        func text(_ file: URL) -> String { (try? String(contentsOf: file, encoding: .utf8)) ?? "" }
        let errors = child.output.deletingPathExtension().appendingPathExtension("err")
        return CommandEnding(code: code, out: text(child.output), err: text(errors))
    }

    func martlet(_ arguments: String..., user: UInt32? = nil, environment: [String: String] = [:]) async throws
        -> CommandEnding
    {
        try await ending(of: start(arguments, user: user, environment: environment))
    }

    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }
    var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? [] }
}

extension Server {
    /// Ends it as an operator does; its runs go on.
    func stop() async throws {
        child.signal(SIGTERM)
        _ = try await child.ended()
    }
}
