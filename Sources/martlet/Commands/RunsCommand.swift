import ArgumentParser
import Foundation
import MartletCore

struct RunsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs", abstract: "List runs, newest first.",
        discussion: "Example: martlet runs --state running,pending --label team=db")

    @OptionGroup var options: ClientOptions
    @Option(help: "pending, running, stopping, paused, succeeded, failed, cancelled, lost; several joined by commas.")
    var state: String?
    @Option(help: "Runs of a set.") var group: String?
    @Option(help: "Runs of a driver.") var driver: String?
    @Option(help: "Runs of a job.") var job: String?
    @Option(help: "Runs with a key.") var key: String?
    @Option(help: ArgumentHelp("Runs with a label.", valueName: "name=value")) var label: [String] = []
    @OptionGroup var page: PageOptions

    func run() async throws {
        try await Complaint.asExit {
            let filters = [
                ("state", state), ("group", group), ("driver", driver), ("job", job), ("key", key),
            ]
            let table = Table("ID", "STATE", "WORK", "AGE", "TOOK")
            try await page.print("/api/runs", filters + label.map { ("label", Optional($0)) }, options, table) {
                run, table in
                let state = run["state"].string ?? ""
                table.add(
                    .init(run["id"].string ?? ""), .init(state, Humane.colour(state)),
                    .init(String((run["title"].string ?? "").prefix(50))), .init(Humane.age(run["createdAt"])),
                    .init(Humane.duration(run)))
            }
        }
    }
}

/// Text as part of a URL.
enum URLText {
    private static let kept = CharacterSet(
        charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
    static func encode(_ text: String) -> String { text.addingPercentEncoding(withAllowedCharacters: kept) ?? "" }
}

struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show everything about a run, and what to do next.",
        discussion: "Example: martlet show 019aa5c4-7d21-7000-b5f3-0c6f1d3a9e42 --lang zh")

    @OptionGroup var options: ClientOptions
    @Argument(help: "Id of the run.") var id: String
    @Option(help: "Language of the sentences, en or zh. Default: LANG.") var lang: String?

    func validate() throws {
        if let lang, Language(rawValue: lang) == nil { throw ValidationError("--lang must be en or zh") }
    }

    func run() async throws {
        try await Complaint.asExit {
            let reply = try await options.client().call("GET", "/api/runs/\(URLText.encode(id))")
            if options.json { return Terminal.print(reply.text) }
            let language = lang.flatMap(Language.init(rawValue:)) ?? Languages.current
            RunSheet(run: try reply.json(), language: language.rawValue).print()
        }
    }
}

/// A run in full, one fact a line.
private struct RunSheet {
    let run: JSONValue
    let language: String

    func print() {
        let state = run["state"].string ?? ""
        line("run", run["id"].string)
        line("state", state, Humane.colour(state))
        line("outcome", run["outcome"].string)
        line("why", run["reason"][language].string)
        line("next", run["reason"]["next"][language].string, .yellow)
        line("job", run["job"].string)
        line("work", run["title"].string)
        line("exit code", run["exitCode"].int.map(String.init))
        line("signal", run["signal"].int.map(String.init))
        line("attempt", run["attempt"].int.map(String.init))
        line(
            "task",
            "\(run["task"]["name"].string ?? "") (\(run["task"]["number"].int ?? 0) of \(run["task"]["of"].int ?? 0))")
        line("progress", run["progress"].double.map { "\(Int($0 * 100)) %" })
        line("message", run["message"].string)
        for name in ["createdAt", "dueAt", "startedAt", "finishedAt"] {
            line(String(name.dropLast(2)), run[name].string.map { "\($0)  (\(Humane.age(run[name])) ago)" })
        }
        line("took", run["startedAt"] == .null ? nil : Humane.duration(run))
        line("key", run["key"].string)
        line("groups", run["groups"].items.compactMap { $0["group"].string }.joined(separator: ", "))
        pairs("label", run["labels"])
        pairs("param", run["params"])
        pairs("result", run["results"])
        line("secrets", run["secrets"].items.compactMap(\.string).joined(separator: ", "))
        for warning in run["warnings"].items { line("warning", warning.string, .yellow) }
        line("started by", run["trigger"]["source"].string)
        line("rerun of", run["trigger"]["rerunOf"].string)
        attempts()
    }

    private func attempts() {
        let attempts = run["attempts"].items
        guard attempts.count > 1 else { return }
        Terminal.print("")
        var table = Table("ATTEMPT", "TASK", "OUTCOME", "CODE", "TOOK")
        for task in attempts {
            let outcome = task["outcome"].string ?? ""
            let code = task["exitCode"].int.map(String.init) ?? task["signal"].int.map { "signal \($0)" } ?? "–"
            table.add(
                .init("\(task["attempt"].int ?? 0)"), .init(task["name"].string ?? ""),
                .init(outcome, Humane.colour(outcome)), .init(code), .init(Humane.duration(task)))
        }
        table.print()
    }

    private func pairs(_ name: String, _ value: JSONValue) {
        for (key, value) in (value.object ?? [:]).sorted(by: { $0.key < $1.key }) {
            line(name, "\(key) = \(value.scalarText ?? JSONText.line(value))")
        }
    }

    private func line(_ name: String, _ value: String?, _ colour: Terminal.Colour? = nil) {
        guard let value, !value.isEmpty else { return }
        let title = name.padding(toLength: 11, withPad: " ", startingAt: 0)
        Terminal.print(Terminal.paint(title, .grey) + Terminal.paint(Terminal.safe(value), colour))
    }
}

struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Print a run's log.",
        discussion: """
            With -f it goes on until the run has ended; Ctrl-C ends the viewer only.

            Example: martlet logs -f --tail 20 019aa5c4-7d21-7000-b5f3-0c6f1d3a9e42
            """)

    @OptionGroup var options: ClientOptions
    @Argument(help: "Id of the run.") var id: String
    @Flag(name: .shortAndLong, help: "Go on until the run has ended.") var follow = false
    @Option(help: "Begin with the last so many lines.") var tail: Int?
    @Option(help: "stdout, stderr or all.") var stream: String?
    @Option(help: "One attempt only.") var attempt: Int?
    @Option(help: "One task only, by name or number.") var task: String?

    func run() async throws {
        try await Complaint.asExit {
            let client = try options.client()
            let path = "/api/runs/\(URLText.encode(id))/log"
            if options.json { return try await LogLines(client: client, run: id).print(query, follow: follow) }
            if follow {
                try await RunFollowing(client: client, id: URLText.encode(id)).log(query)
            } else {
                try await client.stream(path + "?" + query.joined(separator: "&")) { bytes in
                    guard Terminal.write(bytes, to: STDOUT_FILENO) else { throw CancellationError() }
                }
            }
        }
    }

    private var query: [String] {
        let items = [
            ("tail", tail.map(String.init)), ("stream", stream), ("attempt", attempt.map(String.init)), ("task", task),
        ]
        return items.compactMap { name, value in value.map { "\(name)=\(URLText.encode($0))" } }
    }
}
