import Foundation

extension Site {
    struct Ending {
        let code: Int32
        let out: String
        let err: String
    }

    /// Runs the program to its end on a site.
    func end(_ arguments: [String], environment more: [String: String] = [:]) async throws -> Ending {
        let environment = Server.environment.merging(self.environment) { $1 }.merging(more) { $1 }
        let child = try Child(
            [Server.binaries + "/martlet"] + arguments, environment: environment, directory: scratch.url,
            name: "ending-\(UUID().uuidString)")
        defer { child.end() }
        let code = try await child.ended()
        let err = child.output.deletingPathExtension().appendingPathExtension("err")
        return Ending(
            code: code, out: try String(contentsOf: child.output, encoding: .utf8),
            err: try String(contentsOf: err, encoding: .utf8))
    }

    func serve() async throws -> Ending {
        try await end(["serve", "--data-dir", data, "--listen", "127.0.0.1:0"])
    }
}
