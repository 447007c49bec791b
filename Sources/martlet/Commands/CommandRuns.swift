import ArgumentParser
import Foundation
import MartletCore

/// Commands that tell a run what to do.
private func command(
    _ word: String, _ id: String, _ options: ClientOptions, body: JSONValue? = nil
) async throws {
    try await Complaint.asExit {
        let reply = try await options.client().call("POST", "/api/runs/\(URLText.encode(id))/\(word)", body: body)
        if options.json { return Terminal.print(reply.text) }
        let run = try reply.json()
        let text = word == "rerun" ? run["id"].string : run["state"].string
        Terminal.print(Terminal.safe(text ?? ""))
    }
}

struct StopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "End a run with its whole process tree.",
        discussion: "Example: martlet stop --grace 2s 019aa5c4-7d21-7000-b5f3-0c6f1d3a9e42")

    @OptionGroup var options: ClientOptions
    @Argument(help: "Id of the run.") var id: String
    @Option(help: "Between the stop signal and KILL.") var grace: String?
    @Flag(help: "Wait until it has ended.") var wait = false

    func run() async throws {
        try await command("stop", id, options, body: grace.map { ["grace": .string($0)] })
        guard wait else { return }
        try await Complaint.asExit {
            _ = try await RunFollowing(client: try options.client(), id: URLText.encode(id)).end(showsProgress: false)
        }
    }
}

struct RerunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rerun", abstract: "Start a new run of the same work; prints its id.",
        discussion: "Example: martlet rerun 019aa5c4-7d21-7000-b5f3-0c6f1d3a9e42")

    @OptionGroup var options: ClientOptions
    @Argument(help: "Id of the run.") var id: String
    func run() async throws { try await command("rerun", id, options) }
}

struct PauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "End a run so that it can be resumed.",
        discussion: "Example: martlet pause 019aa5c4-7d21-7000-b5f3-0c6f1d3a9e42")

    @OptionGroup var options: ClientOptions
    @Argument(help: "Id of the run.") var id: String
    func run() async throws { try await command("pause", id, options) }
}

struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Go on with a paused run, from its first unfinished task.",
        discussion: "Example: martlet resume 019aa5c4-7d21-7000-b5f3-0c6f1d3a9e42")

    @OptionGroup var options: ClientOptions
    @Argument(help: "Id of the run.") var id: String
    func run() async throws { try await command("resume", id, options) }
}
