import ArgumentParser
import Foundation
import MartletCore

/// Commands about the cache; each is one call of the API under `/api/v1`.
struct CacheCommandLine: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cache", abstract: "Load data into the GooseFS cache and look after it.",
        discussion: "Example: martlet cache load --name nightly /ns1/db/t1 /ns1/db/t2",
        subcommands: [
            Load.self, Status.self, Output.self, Retry.self, Stop.self, List.self, Free.self, Report.self,
        ])

    struct Load: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Load paths; prints the id of each task.",
            discussion: "Example: martlet cache load --force --name nightly /ns1/db/t1")
        @OptionGroup var options: ClientOptions
        @Option(help: "Name of the batch.") var name: String?
        @Flag(help: "Read the metadata anew before, and load only when that went well.") var force = false
        @Flag(help: "Read the metadata anew and load nothing.") var metadata = false
        @Flag(help: "With --force: load also when the metadata could not be read.") var keepGoing = false
        @Flag(help: "Paths may hold the wildcard *.") var wildcards = false
        @Argument(help: "Absolute paths in the cache.") var paths: [String]

        func validate() throws {
            if force, metadata { throw ValidationError("--force and --metadata exclude each other") }
        }

        func run() async throws {
            var body: [String: JSONValue] = [
                "action": force ? "GooseFSForceLoad" : metadata ? "GooseFSLoadMetadata" : "GooseFSDistributeLoad",
                "path": .array(paths.map(JSONValue.string)),
            ]
            if wildcards { body["allow_wildcard"] = true }
            body["task_name"] = name.map(JSONValue.string)
            if keepGoing { body["continue_on_metadata_error"] = true }
            try await CacheCall(options).submitted("/api/v1/gfs?format=object", .object(body))
        }
    }

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show tasks: of one id, of a name's latest batch, or all.",
            discussion: "Example: martlet cache status --name nightly")
        @OptionGroup var options: ClientOptions
        @OptionGroup var filter: CacheFilter
        @Option(help: "GooseFSDistributeLoad, GooseFSForceLoad, GooseFSLoadMetadata, ….") var action: String?
        @Option(help: "success, failed, notallsuccess or running.") var status: String?

        func run() async throws {
            let query = filter.query + [("action", action), ("status", status)]
            try await CacheCall(options).status(CacheCall.path("/api/v1/status", query))
        }
    }

    struct Output: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print what the program wrote.", discussion: "Example: martlet cache output --name nightly")
        @OptionGroup var options: ClientOptions
        @OptionGroup var filter: CacheFilter
        @Option(help: "Only so many lines of each task, the last ones.") var tail: Int?

        func run() async throws {
            let query = try filter.needed() + [("tail", tail.map(String.init))]
            try await CacheCall(options).output(CacheCall.path("/api/v1/output", query))
        }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Load the files that failed once more; prints the id of each task.",
            discussion: "Example: martlet cache retry --name nightly")
        @OptionGroup var options: ClientOptions
        @OptionGroup var filter: CacheOne

        func run() async throws {
            let body = try filter.needed().compactMap { key, value in value.map { (key, JSONValue.string($0)) } }
            try await CacheCall(options).submitted(
                "/api/v1/gfs/retry?format=object", .object(Dictionary(body) { _, last in last }))
        }
    }

    struct Stop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a task, or the unfinished ones of a name's latest batch.",
            discussion: "Example: martlet cache stop --name nightly")
        @OptionGroup var options: ClientOptions
        @OptionGroup var filter: CacheOne

        func run() async throws {
            try await CacheCall(options).stopped(CacheCall.path("/api/v1/gfs", try filter.needed()))
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List a path of the cache.", discussion: "Example: martlet cache list /ns1/db")
        @OptionGroup var options: ClientOptions
        @Option(help: "Give up after so many seconds.") var timeout: Int?
        @Argument(help: "Absolute path in the cache.") var path: String

        func run() async throws {
            var body: [String: JSONValue] = ["action": "GooseFSList", "path": [.string(path)]]
            body["timeout"] = timeout.map { .int(Int64($0)) }
            try await CacheCall(options).text(
                "POST", "/api/v1/gfs", .object(body), within: Int64(timeout ?? 86_400) + 60)
        }
    }

    struct Free: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Drop paths from the cache; their data stays where it came from.",
            discussion: "Example: martlet cache free /ns1/db/t1")
        @OptionGroup var options: ClientOptions
        @Flag(help: "Yes, also everything.") var confirm = false
        @Flag(help: "Paths may hold the wildcard *.") var wildcards = false
        @Argument(help: "Absolute paths in the cache.") var paths: [String]

        func run() async throws {
            var body: [String: JSONValue] = [
                "action": "GooseFSFree", "path": .array(paths.map(JSONValue.string)), "confirm": .bool(confirm),
            ]
            if wildcards { body["allow_wildcard"] = true }
            try await CacheCall(options).text("POST", "/api/v1/gfs", .object(body), within: 7 * 86_400)
        }
    }

    struct Report: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the summary of the cluster.", discussion: "Example: martlet cache report")
        @OptionGroup var options: ClientOptions

        func run() async throws {
            try await CacheCall(options).text("GET", "/api/v1/gfs/report", nil, within: 86_400)
        }
    }
}

/// One task or one name.
struct CacheOne: ParsableArguments {
    @Option(help: "Id of a task.") var id: String?
    @Option(help: "Name of a batch; its latest one counts.") var name: String?

    func needed() throws -> [(String, String?)] {
        if id == nil, name == nil { throw ValidationError("say which: --id ID or --name NAME") }
        return [("task_id", id), ("task_name", name)]
    }
}

/// The same, and every batch of the name.
struct CacheFilter: ParsableArguments {
    @OptionGroup var one: CacheOne
    @Flag(help: "Every batch of the name, not the latest alone.") var all = false

    private var history: [(String, String?)] { [("run", all ? "all" : nil)] }

    var query: [(String, String?)] { [("task_id", one.id), ("task_name", one.name)] + history }

    func needed() throws -> [(String, String?)] { try one.needed() + history }
}
