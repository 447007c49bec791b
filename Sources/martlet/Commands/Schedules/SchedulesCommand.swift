import ArgumentParser
import Foundation
import MartletCore
import MartletHTTP

struct SchedulesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedules", abstract: "Start work at times, and see what became of them.",
        discussion: """
            Example: martlet schedules add nightly --cron '0 3 * * *' --zone Asia/Shanghai --job backup
                     martlet schedules fires nightly
            """,
        subcommands: [
            List.self, Show.self, Next.self, Fires.self, Add.self, Edit.self, Pause.self, Resume.self, Run.self,
            Delete.self, Backfill.self, Preview.self, Import.self, Calendars.self,
        ], defaultSubcommand: List.self)

    static func path(_ name: String, _ rest: String = "") -> String {
        "/api/schedules/\(URLText.encode(name))\(rest)"
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List schedules by name, with their next times.", discussion: "Example: martlet schedules list")
        @OptionGroup var options: ClientOptions
        @OptionGroup var page: PageOptions

        func run() async throws {
            try await Complaint.asExit {
                let table = Table("NAME", "STATE", "NEXT", "LAST", "TIMES")
                try await page.print("/api/schedules", [], options, table, add: Self.add)
            }
        }

        private static func add(_ schedule: JSONValue, to table: inout Table) {
            let last = schedule["lastFire"]["outcome"].string
            let state = schedule["state"].string ?? ""
            table.add(
                .init(schedule["name"].string ?? ""), .init(state, state == "active" ? nil : .yellow),
                .init(LocalTime.text(schedule["nextDue"], schedule["zone"].string)),
                .init(last ?? "–", Humane.colour(last)), .init(SchedulesCommand.times(schedule["definition"])))
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a schedule as JSON: its definition, how it stands, and what is amiss.",
            discussion: "Example: martlet schedules show nightly")
        @OptionGroup var options: ClientOptions
        @Argument(help: "Name of the schedule.") var name: String

        func run() async throws {
            try await Complaint.asExit {
                let reply = try await options.client().call("GET", SchedulesCommand.path(name))
                Terminal.print(options.json ? reply.text : JSONText.pretty(try reply.json()))
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete a schedule; its runs and its ledger stay.",
            discussion: "Example: martlet schedules delete nightly")
        @OptionGroup var options: ClientOptions
        @Argument(help: "Name of the schedule.") var name: String

        func run() async throws {
            try await Complaint.asExit {
                try await options.client().call("DELETE", SchedulesCommand.path(name))
                if options.json { Terminal.print(JSONText.line(["deleted": .string(name)])) }
            }
        }
    }

    /// What its times are made of, in a few words.
    static func times(_ definition: JSONValue) -> String {
        let cadence =
            definition["cron"].string ?? definition["every"].string.map { "every \($0)" }
            ?? definition["at"].string.map { "at \($0)" } ?? ""
        return definition["calendar"].string.map { "\(cadence) on \($0)" } ?? cadence
    }
}

/// Instants as the clocks of a zone show them.
enum LocalTime {
    /// `2026-03-01 08:00 Asia/Shanghai`; seconds only where there are some.
    static func text(_ instant: JSONValue, _ zone: String?) -> String {
        guard let date = Humane.date(instant), let name = zone, let zone = TimeZone(identifier: name) else {
            return "–"
        }
        let text = Timestamp.local(date, in: zone)
        let length = text.dropFirst(16).hasPrefix(":00") ? 16 : 19
        return text.prefix(length).replacing("T", with: " ") + " \(name)"
    }

    /// `2026-03-01 00:00:00Z`.
    static func utc(_ instant: JSONValue) -> String {
        guard let text = instant.string, text.utf8.count >= 19 else { return "–" }
        return text.prefix(19).replacing("T", with: " ") + "Z"
    }
}
