import ArgumentParser
import Foundation
import MartletCore

/// Options that every command takes which looks at the configuration.
struct ConfigOptions: ParsableArguments {
    @Option(help: "YAML configuration file. Environment: MARTLET_CONFIG.")
    var config: String?

    @Option(help: "Directory that keeps everything. Environment: MARTLET_DATA_DIR.")
    var dataDir: String?

    /// `foreign`: what a replaced service was configured with.
    func sources(
        _ flags: [String: String] = [:], foreign: [SettingSources.Foreign] = []
    ) throws -> SettingSources {
        let environment = ProcessInfo.processInfo.environment
        var flags = flags
        flags["dataDir"] = dataDir
        return try SettingSources(
            flags: flags, environment: environment,
            file: config ?? environment["MARTLET_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }, foreign: foreign)
    }

    func server(
        _ flags: [String: String] = [:], foreign: [SettingSources.Foreign] = []
    ) throws -> ServerConfig {
        try ServerConfig(
            try sources(flags, foreign: foreign), environment: ProcessInfo.processInfo.environment)
    }
}
