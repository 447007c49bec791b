import ArgumentParser
import Foundation
import MartletCore

/// Options of the replaced cache service that `serve` takes, too.
struct GooseFSOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Configuration file of goosefs-cli2api. With it its environment counts, too (GOOSEFS_BIN, …).",
            valueName: "file"))
    var goosefsConfig: String?

    /// Nothing unless the file is named.
    func configuration() throws -> GooseFSConfig {
        guard let goosefsConfig else { return .none }
        return try GooseFSConfig(file: goosefsConfig, environment: ProcessInfo.processInfo.environment)
    }
}
