import ArgumentParser
import Foundation
import MartletCore

/// Jobs of the job API; those of the engine are `martlet jobs`.
struct JobCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "job", abstract: "Register jobs as Nomad has them, and see how they do.",
        discussion: """
            Example: martlet job run web.hcl
                     martlet job status web
            """,
        subcommands: [
            Run.self, Status.self, Stop.self, Pause.self, Resume.self, Logs.self, Verify.self, Passwords.self,
        ],
        defaultSubcommand: Status.self)

    /// Ids may have slashes.
    static func path(_ id: String, _ rest: String = "") -> String { "/api/nomad-jobs/\(URLText.encode(id))\(rest)" }

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Register a job, and follow it until its tasks are up or at their end.",
            discussion: """
                Ends with 0 when a service is up or a batch has ended well, 1 when it failed, 2 when nothing of it has a place;
                Ctrl-C ends the following only.

                Example: martlet job run web.hcl
                         martlet job run --detach web.json
                """)
        @OptionGroup var options: ClientOptions
        @Argument(help: "The job, in HCL or JSON; -: from stdin.") var file: String
        @Flag(help: "Do not follow it.") var detach = false

        func run() async throws {
            try await Complaint.asExit {
                let client = try options.client()
                let reply = try await client.call("POST", "/api/nomad-jobs", body: try JobFileText.body(file))
                let registered = try reply.json()
                Terminal.complain(registered["warnings"].string ?? "")
                let id = registered["id"].string ?? ""
                if detach || registered["evaluation"] == .null {
                    return Terminal.print(options.json ? reply.text : id)
                }
                let following = NomadJobFollowing(
                    client: client, id: id, version: registered["version"].int ?? 0,
                    evaluation: registered["evaluation"].string ?? "", isQuiet: options.json)
                let (job, verdict) = try await following.end()
                Terminal.print(options.json ? JSONText.line(job) : id)
                if !options.json { Terminal.complain(verdict.sentence) }
                if verdict.code != 0 { throw ExitCode(verdict.code) }
            }
        }
    }

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the jobs, or show one with its allocations and tasks.",
            discussion: "Example: martlet job status web")
        @OptionGroup var options: ClientOptions
        @Argument(help: "Id of the job; without it all are listed.") var id: String?

        func run() async throws {
            try await Complaint.asExit {
                let path = id.map { JobCommand.path($0) } ?? "/api/nomad-jobs"
                let reply = try await options.client().call("GET", path)
                if options.json { return Terminal.print(reply.text) }
                if id == nil {
                    NomadJobSheet.list(try reply.json())
                } else {
                    NomadJobSheet(job: try reply.json()).print()
                }
            }
        }
    }

    struct Stop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Stop a job: its tasks end.", discussion: "Example: martlet job stop --purge web")
        @OptionGroup var options: ClientOptions
        @Argument(help: "Id of the job.") var id: String
        @Flag(help: "Forget the job, too.") var purge = false

        func run() async throws {
            try await Complaint.asExit {
                let body: JSONValue = ["purge": .bool(purge)]
                let reply = try await options.client().call("POST", JobCommand.path(id, "/stop"), body: body)
                Terminal.print(options.json ? reply.text : "stopping \(id)")
            }
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Have a job's tasks end so that they can go on later; it keeps its places.",
            discussion: "Example: martlet job pause sync")
        @OptionGroup var options: ClientOptions
        @Argument(help: "Id of the job.") var id: String

        func run() async throws { try await JobCommand.order("pause", id, options, "paused \(id)") }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Have the tasks of a paused job go on.", discussion: "Example: martlet job resume sync")
        @OptionGroup var options: ClientOptions
        @Argument(help: "Id of the job.") var id: String

        func run() async throws { try await JobCommand.order("resume", id, options, "resumed \(id)") }
    }

    private static func order(_ verb: String, _ id: String, _ options: ClientOptions, _ done: String) async throws {
        try await Complaint.asExit {
            let reply = try await options.client().call("POST", path(id, "/\(verb)"))
            Terminal.print(options.json ? reply.text : done)
        }
    }

    struct Logs: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print what a job's task wrote, in its newest allocation.",
            discussion: "Example: martlet job logs --follow --task server web")
        @OptionGroup var options: ClientOptions
        @Argument(help: "Id of the job.") var id: String
        @Option(help: "The task; needed where there are several.") var task: String?
        @Option(help: "Another allocation than the newest, by the beginning of its id.") var alloc: String?
        @Flag(help: "What it wrote to stderr.") var stderr = false
        @Flag(name: .shortAndLong, help: "Go on until the task has ended.") var follow = false

        func run() async throws {
            try await Complaint.asExit {
                let client = try options.client()
                let job = try await client.call("GET", JobCommand.path(id)).json()
                let run = try NomadJobSheet(job: job).run(task: task, allocation: alloc)
                let query = ["stream=\(stderr ? "stderr" : "stdout")"]
                if options.json { return try await LogLines(client: client, run: run).print(query, follow: follow) }
                if follow { return try await RunFollowing(client: client, id: run).log(query) }
                try await client.stream("/api/runs/\(run)/log?" + query[0]) { bytes in
                    guard Terminal.write(bytes, to: STDOUT_FILENO) else { throw CancellationError() }
                }
            }
        }
    }
}

/// A job file as the API takes it.
enum JobFileText {
    private static let longest = 1 << 20

    /// `{"job": …}` of JSON, with or without Nomad's `{"Job": …}` around it; `{"hcl": …}` of anything else.
    static func body(_ file: String) throws -> JSONValue {
        let data =
            file == "-"
            ? try FileHandle.standardInput.readToEnd() ?? Data() : FileManager.default.contents(atPath: file)
        guard let data, data.count <= longest, let text = String(data: data, encoding: .utf8) else {
            throw MartletError(.invalid, "the job file \(file) cannot be read, is no text or has more than 1 MiB")
        }
        guard text.drop(while: \.isWhitespace).first == "{" else { return ["hcl": .string(text)] }
        do {
            let value = try JSONParser.parse(Array(data))
            return ["job": value["Job"] == .null ? value : value["Job"]]
        } catch {
            throw MartletError(.invalid, "the job file \(file) is no JSON: \(error)")
        }
    }
}
