import ArgumentParser
import Foundation
import MartletCore

/// How a command finds its server and its token.
struct ClientOptions: ParsableArguments {
    @Option(help: "Address of the server. Environment: MARTLET_SERVER. Default: the server of the data directory.")
    var server: String?

    @Option(
        help:
            "File with the token. Environment: MARTLET_TOKEN (the token itself). Default: admin.token in the data directory."
    )
    var tokenFile: String?

    @Option(help: "Data directory of the server. Environment: MARTLET_DATA_DIR.")
    var dataDir: String?

    @Option(help: "PEM file with the certificates to trust, for a server with TLS. Environment: MARTLET_CA.")
    var ca: String?

    @Flag(help: "Print JSON instead of text.")
    var json = false

    static let defaultURL = "http://127.0.0.1:8080"

    private var environment: [String: String] { ProcessInfo.processInfo.environment }

    var dataDirectory: DataDirectory {
        DataDirectory(path: dataDir ?? setting("MARTLET_DATA_DIR") ?? defaultDirectory)
    }

    /// The user's own; who has none means the installed service.
    private var defaultDirectory: String {
        let own = ServerConfig.defaultDataDirectory(environment)
        let system = ServerConfig.systemDataDirectory
        let exists = FileManager.default.fileExists(atPath:)
        return !exists(own) && exists(system) ? system : own
    }

    func client() throws -> APIClient {
        let url = try server ?? setting("MARTLET_SERVER") ?? firstLine(dataDirectory.urlFile) ?? Self.defaultURL
        return APIClient(
            base: url.hasSuffix("/") ? String(url.dropLast()) : url, token: try token(),
            authority: ca ?? setting("MARTLET_CA"))
    }

    private func token() throws -> String? {
        if let tokenFile {
            if let token = try firstLine(tokenFile) { return token }
            throw MartletError(.invalid, "the token file \(tokenFile) cannot be read or is empty")
        }
        return try setting("MARTLET_TOKEN") ?? firstLine(dataDirectory.tokenFile)
    }

    private func setting(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }

    private func firstLine(_ path: String) throws -> String? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        let line = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline).first.map(String.init)
        guard line?.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) ?? true else {
            throw MartletError(.invalid, "\(path) holds something else than one word")
        }
        return line
    }
}
