import ArgumentParser
import Foundation
import MartletCore
import MartletHTTP
import Scripts

/// Flags of the replaced script service. They win over their environment variables, which the server reads, too.
struct LegacyFlags: ParsableArguments {
    @Option(help: ArgumentHelp("Script tasks ($CS_EXTERNAL_TASK); the setting scripts.tasks.", valueName: "file"))
    var externalTaskConfig: String?

    @Flag(inversion: .prefixedNo, help: "Write the server's own log to stdout, too ($CS_LOG_CONSOLE).")
    var logConsole: Bool?

    @Option(help: ArgumentHelp("Address to listen on ($CS_ADDRESS); as --listen.", valueName: "host:port"))
    var address: String?

    @OptionGroup var database: DatabaseFlags

    /// The flags as settings.
    func settings(listen: [String]) -> [String: String] {
        var flags: [String: String] = [:]
        flags["scripts.tasks"] = externalTaskConfig
        flags["log.console"] = logConsole.map(String.init)
        let addresses = listen + [address].compactMap { $0 }
        if !addresses.isEmpty { flags["listen"] = addresses.joined(separator: ",") }
        return flags
    }

    func apply(to config: ServerConfig) throws(MartletError) -> ServerConfig { try database.apply(to: config) }
}

/// Where tasks put their results; handed on to them as `CS_DB_*`. The server itself connects to no database.
struct DatabaseFlags: ParsableArguments {
    @Option(help: ArgumentHelp("Result database's address, given to tasks ($CS_DB_ADDRESS).", valueName: "host:port"))
    var dbAddress: String?
    @Option(help: "Result database's user, given to tasks ($CS_DB_USER).") var dbUser: String?
    @Option(help: "Its password ($CS_DB_PASSWORD; other users see flags in ps).") var dbPassword: String?
    @Option(help: "Result database's name, given to tasks ($CS_DB_NAME).") var dbName: String?

    /// The password is masked wherever a task writes it, also when it comes from the environment.
    func apply(
        to config: ServerConfig, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(MartletError) -> ServerConfig {
        var config = config
        if let address = dbAddress ?? environment["CS_DB_ADDRESS"], !address.isEmpty { try Self.check(address) }
        config.scripts.environment["CS_DB_ADDRESS"] = dbAddress
        config.scripts.environment["CS_DB_USER"] = dbUser
        config.scripts.environment["CS_DB_NAME"] = dbName
        guard let password = dbPassword ?? environment["CS_DB_PASSWORD"] else { return config }
        if (Secret.shortest...Secret.longest).contains(password.utf8.count) {
            config.scripts.secrets["CS_DB_PASSWORD"] = Secret(password)
        } else if let dbPassword, !dbPassword.isEmpty {
            throw MartletError(
                .invalid, "the database password cannot be masked",
                problems: [
                    FieldProblem(
                        field: "db-password", problem: "must have \(Secret.shortest) to \(Secret.longest) bytes")
                ])
        }
        return config
    }

    /// A name that does not resolve yet is no reason not to start.
    private static func check(_ address: String) throws(MartletError) {
        let port = address.lastIndex(of: ":").flatMap { Int(address[address.index(after: $0)...]) }
        guard let port, (1...65_535).contains(port), !address.hasPrefix(":") else {
            throw MartletError(
                .invalid, "the database address is not valid",
                problems: [FieldProblem(field: "db-address", problem: "must be HOST:PORT, such as 10.0.0.5:3306")])
        }
    }
}
