import ArgumentParser
import MartletCore

// What starts a run.
extension ClustersCommand {
    struct Deploy: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Start a deploy; prints the id of its run.",
            discussion: "Example: martlet clusters deploy orders --wait")
        @OptionGroup var options: ClientOptions
        @OptionGroup var action: ClusterActionOptions

        func run() async throws { try await action.start("deploy", options) }
    }

    struct Start: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Start the services of a cluster; prints the id of its run.",
            discussion: "Example: martlet clusters start orders --wait")
        @OptionGroup var options: ClientOptions
        @OptionGroup var action: ClusterActionOptions

        func run() async throws { try await action.start("start", options) }
    }

    struct Stop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Stop the services of a cluster; prints the id of its run.",
            discussion: "Example: martlet clusters stop orders --wait")
        @OptionGroup var options: ClientOptions
        @OptionGroup var action: ClusterActionOptions

        func run() async throws { try await action.start("stop", options) }
    }

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Try a deploy without changing anything; prints the id of its run.",
            discussion: "Example: martlet clusters check orders --wait")
        @OptionGroup var options: ClientOptions
        @OptionGroup var action: ClusterActionOptions

        func run() async throws { try await action.start("check", options) }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Repeat the last run where a host failed; prints the id of its run.",
            discussion: "Example: martlet clusters retry orders --wait")
        @OptionGroup var options: ClientOptions
        @OptionGroup var waiting: VolumeWaiting
        @Argument(help: "Id or name of the cluster.") var cluster: String

        func run() async throws { try await ClusterCall(options).start(cluster, "retry", nil, waiting) }
    }
}

/// How an action is done.
struct ClusterActionOptions: ParsableArguments {
    @OptionGroup var waiting: VolumeWaiting
    @OptionGroup var insistence: ClusterInsistence
    @Option(help: "Only this host; several times.") var host: [String] = []
    @Argument(help: "Id or name of the cluster.") var cluster: String

    func start(_ verb: String, _ options: ClientOptions) async throws {
        var body = insistence.members
        if !host.isEmpty { body["hosts"] = .array(host.map(JSONValue.string)) }
        try await ClusterCall(options).start(cluster, verb, .object(body), waiting)
    }
}
