import ArgumentParser
import Foundation
import MartletCore

struct NoticesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "notices", abstract: "Show what was told to whom, and test or repeat it.",
        discussion: "Example: martlet notices test ops",
        subcommands: [List.self, Show.self, Channels.self, Test.self, Retry.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List notices, newest first.",
            discussion: "Example: martlet notices list --channel ops --state gaveUp")
        @OptionGroup var options: ClientOptions
        @Option(help: "Only those of this channel.") var channel: String?
        @Option(help: "waiting, sending, sent or gaveUp.") var state: String?
        @Option(help: "Only those about this group.") var group: String?
        @Option(help: "Only those that tell of this run.") var run: String?
        @OptionGroup var page: PageOptions

        func run() async throws {
            try await Complaint.asExit {
                let filters = [("channel", channel), ("state", state), ("group", group), ("run", run)]
                let table = Table("NUMBER", "CREATED", "CHANNEL", "STATE", "TRIES", "TITLE", "ERROR")
                try await page.print("/api/notices", filters, options, table, add: Self.add)
            }
        }

        private static func add(_ notice: JSONValue, to table: inout Table) {
            let state = notice["state"].string ?? ""
            table.add(
                .init("\(notice["number"].int ?? 0)"), .init(notice["createdAt"].string ?? ""),
                .init(notice["channel"].string ?? ""), .init(state, NoticesCommand.colour(state)),
                .init("\(notice["attempts"].int ?? 0)"), .init(notice["title"].string ?? ""),
                .init(notice["error"].string ?? ""))
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a notice's text and what became of it.", discussion: "Example: martlet notices show 12")
        @OptionGroup var options: ClientOptions
        @Argument(help: "Number of the notice.") var number: Int64

        func run() async throws {
            try await Complaint.asExit {
                let reply = try await options.client().call("GET", "/api/notices/\(number)")
                if options.json { return Terminal.print(reply.text) }
                let notice = try reply.json()
                let text = notice["text"].string ?? ""
                for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
                    Terminal.print(Terminal.safe(String(line)))
                }
                Terminal.complain(NoticesCommand.sentence(notice))
            }
        }
    }

    struct Channels: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the channels and how they stand.", discussion: "Example: martlet notices channels")
        @OptionGroup var options: ClientOptions

        func run() async throws {
            try await Complaint.asExit {
                let reply = try await options.client().call("GET", "/api/notices/channels")
                if options.json { return Terminal.print(reply.text) }
                var table = Table("NAME", "KIND", "TARGET", "PER MINUTE", "WAITING", "HELD UNTIL")
                for channel in try reply.json()["items"].items {
                    table.add(
                        .init(channel["name"].string ?? ""), .init(channel["kind"].string ?? ""),
                        .init(channel["target"].string ?? ""),
                        .init(channel["perMinute"].int.map(String.init) ?? "any"),
                        .init("\(channel["waiting"].int ?? 0)"), .init(channel["heldUntil"].string ?? "–"))
                }
                table.print()
            }
        }
    }

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send a test message to a channel, and say what came of it.",
            discussion: "Exits with 1 when it was not taken.\n\nExample: martlet notices test ops")
        @OptionGroup var options: ClientOptions
        @Argument(help: "Name of the channel.") var channel: String
        @Option(help: "Seconds to wait for what came of it.") var wait = 20

        func run() async throws {
            try await Complaint.asExit {
                let client = try options.client()
                let notice = try await client.call(
                    "POST", "/api/notices/test", body: ["channel": .string(channel)]
                ).json()
                try await NoticesCommand.follow(notice, client, options, seconds: wait)
            }
        }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send a notice once more that was given up or waits, and say what came of it.",
            discussion: "Exits with 1 when it was not taken.\n\nExample: martlet notices retry 12")
        @OptionGroup var options: ClientOptions
        @Argument(help: "Number of the notice.") var number: Int64
        @Option(help: "Seconds to wait for what came of it.") var wait = 20

        func run() async throws {
            try await Complaint.asExit {
                let client = try options.client()
                let notice = try await client.call("POST", "/api/notices/\(number)/retry").json()
                try await NoticesCommand.follow(notice, client, options, seconds: wait)
            }
        }
    }
}

extension NoticesCommand {
    /// Asks until the notice was tried, or the time is over.
    private static func follow(
        _ notice: JSONValue, _ client: APIClient, _ options: ClientOptions, seconds: Int
    ) async throws {
        let path = "/api/notices/\(notice["number"].int ?? 0)"
        let end = ContinuousClock.now + .seconds(max(0, seconds))
        var reply = try await client.call("GET", path)
        while try !wasTried(reply.json()), ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(200))
            reply = try await client.call("GET", path)
        }
        let last = try reply.json()
        if options.json { Terminal.print(reply.text) } else { Terminal.print(sentence(last)) }
        if last["state"].string != "sent" { throw ExitCode(1) }
    }

    private static func wasTried(_ notice: JSONValue) -> Bool {
        switch notice["state"].string {
        case "sent", "gaveUp": true
        case "waiting": (notice["attempts"].int ?? 0) > 0
        default: false
        }
    }

    private static func sentence(_ notice: JSONValue) -> String {
        let state = notice["state"].string ?? ""
        let tries = notice["attempts"].int ?? 0
        let error = notice["error"].string.map { ": \(Terminal.safe($0))" } ?? ""
        let start = "notice \(notice["number"].int ?? 0) to \(notice["channel"].string ?? ""): "
        return start + Terminal.paint(state, colour(state)) + ", \(tries) \(tries == 1 ? "try" : "tries")\(error)"
    }

    private static func colour(_ state: String) -> Terminal.Colour? {
        switch state {
        case "sent": .green
        case "gaveUp": .red
        default: .yellow
        }
    }
}
