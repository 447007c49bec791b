import ArgumentParser
import Foundation
import MartletCore
import MartletHTTP
import Scripts

/// The command line of the replaced script service, for those who start the server by that name (a link).
struct CeleryService: AsyncParsableCommand {
    static let name = "celery-service"
    private static let standardAddress = "0.0.0.0:80"

    static let configuration = CommandConfiguration(
        commandName: name, abstract: "Serves script tasks over HTTP; this is martlet under its older name.",
        discussion: "Example: celery-service run --external-task-config external-tasks.yaml --address 127.0.0.1:8080",
        subcommands: [Run.self, List.self, PrintVersion.self])

    /// Runs a command line. Whatever is wrong is one line on stderr and exit code 1.
    static func run(_ arguments: [String]) async -> Never {
        do {
            var command = try parseAsRoot(commandFirst(arguments))
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            Foundation.exit(0)
        } catch {
            let code = exitCode(for: error).rawValue
            let message = message(for: error)
            if code == 0 {
                Terminal.print(fullMessage(for: error))
            } else if !message.isEmpty {
                Terminal.complain("\(name): error: \(message.replacing("\n", with: " ")), try --help")
            }
            Foundation.exit(code == 0 ? 0 : 1)
        }
    }

    /// Flags may stand before the command.
    private static func commandFirst(_ arguments: [String]) -> [String] {
        var index = arguments.startIndex
        while index < arguments.endIndex {
            let word = arguments[index]
            if !word.hasPrefix("-") {
                return [word] + arguments[..<index] + arguments[(index + 1)...]
            }
            // A flag with a value takes the next word, unless it is joined with `=`.
            let takesValue = !word.contains("=") && !withoutValue.contains(word)
            index += takesValue ? 2 : 1
        }
        return arguments
    }

    private static let withoutValue: Set<String> = ["--log-console", "--no-log-console", "--json", "--help", "-h"]

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Start the service.",
            discussion: "Example: celery-service run --external-task-config external-tasks.yaml")
        @OptionGroup var options: ConfigOptions
        @OptionGroup var legacy: LegacyFlags

        func run() async throws {
            let (options, legacy) = (options, legacy)
            let load: @Sendable () throws -> ServerConfig = { try CeleryService.config(options, legacy) }
            let config = try load()
            try CeleryService.explainAddress(options, legacy)
            // A reader of stdout that went away is no reason to end.
            signal(SIGPIPE, SIG_IGN)
            try await Server(
                config: config, stopRuns: false, reload: load, environment: ProcessInfo.processInfo.environment
            ).run()
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print every route.", discussion: "Example: celery-service list --json")
        @OptionGroup var options: ConfigOptions
        @OptionGroup var legacy: LegacyFlags
        @Flag(help: "Print JSON instead of text.") var json = false

        func run() throws {
            let settings = try CeleryService.config(options, legacy).scripts
            let check = TaskFileCheck(path: settings.tasksFile ?? "", collectDirectory: settings.collectDirectory)
            guard check.problems.isEmpty else {
                throw MartletError(.invalid, check.problems.map(\.description).joined(separator: "; "))
            }
            for (method, path) in check.routes where !json { Terminal.print("\(method) \(path)") }
            if json {
                Terminal.print(
                    JSONText.pretty(.array(check.routes.map { ["method": .string($0.0), "path": .string($0.1)] })))
            }
        }
    }

    struct PrintVersion: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "version", abstract: "Print the version.", discussion: "Example: celery-service version")
        /// Taken and not looked at, as every command of the replaced service takes them.
        @OptionGroup var legacy: LegacyFlags
        @Flag(help: "Print JSON instead of text.") var json = false

        func run() throws { Terminal.print(VersionCommand.text(json: json)) }
    }

    /// The defaults of the replaced service, where the user says nothing else: the task file in the working directory,
    /// port 80, the service's log beside the tasks' logs.
    private static func config(_ options: ConfigOptions, _ legacy: LegacyFlags) throws -> ServerConfig {
        var flags = legacy.settings(listen: [])
        let set = try options.sources(flags)
        if set.value("scripts.tasks") == nil { flags["scripts.tasks"] = "external-tasks.yaml" }
        if !set.isSet("listen") { flags["listen"] = standardAddress }
        flags["listen"] = try local(flags["listen"] ?? set.value("listen") ?? "")
        if set.value("log.file") == nil {
            flags["log.file"] = try options.server(flags).dataDirectory + "/logs/\(name).log"
        }
        let config = try legacy.apply(to: options.server(flags))
        guard let file = config.scripts.tasksFile,
            FileStatus(URL(filePath: file).resolvingSymlinksInPath().path)?.isRegular == true
        else {
            throw MartletError(.invalid, "path '\(config.scripts.tasksFile ?? "")' does not exist or is no file")
        }
        return config
    }

    /// Nobody is let in from other machines before somebody said how: a bare address becomes this machine's own.
    private static func local(_ setting: String) throws -> String {
        ListenerSetting.text(
            try ListenerSetting.entries(setting).map { entry in
                guard let text = entry.string else { return entry }
                let address = try ListenAddress(text)
                return .string(address.isLoopback ? text : "127.0.0.1:\(address.port)")
            })
    }

    /// Says which setting lets other machines in.
    private static func explainAddress(_ options: ConfigOptions, _ legacy: LegacyFlags) throws {
        let set = try options.sources(legacy.settings(listen: []))
        let wanted = set.isSet("listen") ? set.value("listen") ?? "" : standardAddress
        let local = try local(wanted)
        if local == wanted { return }
        Terminal.complain(
            """
            \(name): \(wanted) would be open to everybody: listening on \(local). To let your callers in, say who they are:
              MARTLET_LISTEN='[{"address": "\(wanted)", "facades": ["scripts"], "auth": "open", "allow": ["10.0.0.0/8"]}]'
            """)
    }
}
