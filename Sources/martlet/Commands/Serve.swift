import ArgumentParser
import CMartlet
import Foundation

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the server.",
        discussion: """
            Prints one line per address when it accepts connections. SIGTERM ends the server and leaves the runs
            going; the next server on the same data directory takes them over. SIGHUP reads the configuration and
            the job files again.

            Example: martlet serve --data-dir ./martlet-data --listen 127.0.0.1:8080
            """)

    @OptionGroup var options: ConfigOptions

    @Option(
        help: ArgumentHelp(
            "Address to listen on; may be given several times. Port 0 takes any free one.", valueName: "host:port"))
    var listen: [String] = []

    @OptionGroup(title: "Flags of celery-service") var legacy: LegacyFlags

    @OptionGroup(title: "Options of goosefs-cli2api") var goosefs: GooseFSOptions

    @Flag(help: "End the live runs with the server, too.")
    var stopRuns = false

    func run() async throws {
        let flags = legacy.settings(listen: listen)
        let (options, legacy, goosefs) = (options, legacy, goosefs)
        try await Complaint.asExit {
            // Each thread would get memory of its own, and give none of it back: 20 MB after a thousand jobs.
            mt_share_memory_pools(2)
            // A reader of stdout that went away is no reason to end.
            signal(SIGPIPE, SIG_IGN)
            let load: @Sendable () throws -> ServerConfig = {
                let original = try goosefs.configuration()
                return try original.apply(to: legacy.apply(to: options.server(flags, foreign: original.sources)))
            }
            try goosefs.configuration().announce()
            try await Server(
                config: try load(), stopRuns: stopRuns, reload: load,
                environment: ProcessInfo.processInfo.environment
            ).run()
        }
    }
}
