import ArgumentParser
import Foundation
import MartletCore
import MartletHTTP

/// The command line of the replaced cache service, for those who start the server by that name (a link).
struct CacheService: AsyncParsableCommand {
    static let name = "goosefs-cli2api"

    static let configuration = CommandConfiguration(
        commandName: name, abstract: "Serves the GooseFS command line over HTTP; this is martlet under another name.",
        discussion: "Example: goosefs-cli2api run -p 8080", version: Version.current, subcommands: [Run.self])

    /// As the replaced service took it: it did nothing there, either.
    @Flag(name: .shortAndLong, help: "Taken and without meaning.") var toggle = false

    /// Runs a command line. Whatever is wrong is said on stderr, with exit code 1.
    static func run(_ arguments: [String]) async -> Never {
        do {
            var command = try parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            Foundation.exit(0)
        } catch {
            let code = exitCode(for: error).rawValue
            if code == 0 {
                Terminal.print(fullMessage(for: error))
            } else {
                Terminal.complain("\(name): \(Terminal.safe(message(for: error))), try --help")
            }
            Foundation.exit(code == 0 ? 0 : 1)
        }
    }

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Start the service.", discussion: "Example: goosefs-cli2api run -p 8080")

        @OptionGroup var options: ConfigOptions
        @OptionGroup var goosefs: GooseFSOptions
        @Option(name: .shortAndLong, help: "Port to listen on; default: 8080, or what the setting listen says.")
        var port: UInt16?
        @Flag(name: .shortAndLong, help: "Write every step to the log.") var debug = false

        func run() async throws {
            let (options, port, debug) = (options, port, debug)
            let file =
                goosefs.goosefsConfig
                ?? GooseFSConfig.lookup(from: FileManager.default.currentDirectoryPath)
            let load: @Sendable () throws -> ServerConfig = {
                let environment = ProcessInfo.processInfo.environment
                let original = try GooseFSConfig(file: file, environment: environment)
                return try original.apply(
                    to: options.server(Self.flags(options, port: port, debug), foreign: original.sources))
            }
            let config = try load()
            try Self.refuse(port, beside: config)
            try GooseFSConfig(file: file, environment: ProcessInfo.processInfo.environment).announce()
            if try !options.sources().isSet("listen") { Self.explainAddress(port ?? Self.usualPort) }
            // A reader of stdout that went away is no reason to end.
            signal(SIGPIPE, SIG_IGN)
            try await Server(
                config: config, stopRuns: false, reload: load, environment: ProcessInfo.processInfo.environment
            ).run()
        }

        private static let usualPort: UInt16 = 8080

        /// Who may call on which address is more than a port: neither is taken without a word.
        private static func refuse(_ port: UInt16?, beside config: ServerConfig) throws {
            guard let port, !config.listen.contains(where: { $0.address.port == Int(port) }) else { return }
            throw MartletError(
                .invalid,
                "-p \(port) and the setting listen (\(config.listen.map(\.address.description).joined(separator: ", "))) contradict each other; leave one of them out"
            )
        }

        /// Nobody is let in from other machines before somebody said how.
        private static func flags(_ options: ConfigOptions, port: UInt16?, _ debug: Bool) throws -> [String: String] {
            var flags: [String: String] = [:]
            if try !options.sources().isSet("listen") { flags["listen"] = "127.0.0.1:\(port ?? usualPort)" }
            if debug { flags["log.level"] = "debug" }
            return flags
        }

        private static func explainAddress(_ port: UInt16) {
            Terminal.complain(
                """
                \(CacheService.name): 0.0.0.0:\(port) would be open to everybody: listening on 127.0.0.1:\(port). To let your callers in, say who they are:
                  MARTLET_LISTEN='[{"address": "0.0.0.0:\(port)", "facades": ["cacheLoad"], "auth": "open", "allow": ["10.0.0.0/8"]}]'
                """)
        }
    }
}
