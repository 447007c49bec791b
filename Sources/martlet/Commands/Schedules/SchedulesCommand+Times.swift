import ArgumentParser
import Foundation
import MartletCore
import MartletHTTP

extension SchedulesCommand {
    struct Next: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the next times of a schedule.",
            discussion: "Example: martlet schedules next nightly --count 5")
        @OptionGroup var options: ClientOptions
        @Argument(help: "Name of the schedule.") var name: String
        @Option(help: "So many, 1 to 1000.") var count = 10
        @Option(help: "Only later times; without an offset in the schedule's zone.") var after: String?

        func run() async throws {
            try await Complaint.asExit {
                let after = after.map { "&after=\(URLText.encode($0))" } ?? ""
                let reply = try await options.client().call(
                    "GET", SchedulesCommand.path(name, "/next?count=\(count)\(after)"))
                if options.json { return Terminal.print(reply.text) }
                SchedulesCommand.print(times: try reply.json())
            }
        }
    }

    struct Preview: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the next times of a cron text; needs no server.",
            discussion: """
                It knows the built-in calendars only.

                Examples: martlet schedules preview '0 3 * * *' --zone Asia/Shanghai
                          martlet schedules preview '@every 90m' --count 3
                """)
        @Flag(help: "Print JSON instead of text.") var json = false
        @Argument(help: "Five or six cron fields, @daily and so on.") var cron: String
        @Option(help: "IANA name such as Asia/Shanghai; without it this machine's.") var zone: String?
        @Option(help: "So many, 1 to 1000.") var count = 10
        @Option(help: "Only later times; without an offset in the zone.") var after: String?
        @Option(help: "Only on workdays or holidays.") var calendar: String?
        @Option(help: "When the clocks change: once, skip or all.") var dst: ClockPolicy = .once
        @Option(help: "Name that decides what H stands for.") var name = "preview"

        func validate() throws {
            guard (1...1000).contains(count) else { throw ValidationError("--count is from 1 to 1000.") }
        }

        func run() async throws {
            try await Complaint.asExit {
                let name = zone ?? TimeZone.current.identifier
                guard let zone = TimeZone(identifier: name) else {
                    throw MartletError(.invalid, "\(name) is no IANA zone such as Asia/Shanghai or UTC")
                }
                let now = Date(milliseconds: Date().milliseconds)
                let days: DayFilter? = if let calendar { try WorkCalendars.builtIn.filter(calendar) } else { nil }
                let table = try Timetable(.cron(cron), zone: zone, clock: dst, days: days, anchor: now, seed: self.name)
                guard let start = after.map({ Cadence.instant($0, table.zone) }) ?? now else {
                    throw MartletError(.invalid, "--after is no time such as 2030-01-01T03:00")
                }
                let answer = times(table, after: start, zone: table.zone == zone ? name : table.zone.identifier)
                if json { return Terminal.print(JSONText.line(answer)) }
                SchedulesCommand.print(times: answer)
            }
        }

        private func times(_ table: Timetable, after start: Date, zone: String) -> JSONValue {
            var (items, time) = ([JSONValue](), start)
            while items.count < count, let next = table.next(after: time) {
                items.append([
                    "at": .string(Timestamp.text(next)), "local": .string(Timestamp.local(next, in: table.zone)),
                ])
                time = next
            }
            return ["items": .array(items), "zone": .string(zone)]
        }
    }

    private static func print(times: JSONValue) {
        var table = Table("LOCAL TIME (\(Terminal.safe(times["zone"].string ?? "")))", "UTC", "IN")
        for item in times["items"].items {
            let seconds = Humane.date(item["at"]).map { $0.timeIntervalSinceNow } ?? 0
            table.add(
                .init(item["local"].string ?? ""), .init(LocalTime.utc(item["at"])),
                .init(seconds < 0 ? "–" : Humane.span(seconds)))
        }
        table.print()
    }

    struct Fires: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List what became of the times of a schedule, newest first.",
            discussion: "Example: martlet schedules fires nightly --outcome missed")
        @OptionGroup var options: ClientOptions
        @Argument(help: "Name of the schedule; also of one that was deleted.") var name: String
        @Option(help: "Only these, such as succeeded, failed, skipped, missed or waiting.") var outcome: String?
        @OptionGroup var page: PageOptions

        func run() async throws {
            try await Complaint.asExit {
                let table = Table("DUE", "LATE", "OUTCOME", "RUN, OR WHY NOT")
                try await page.print(
                    SchedulesCommand.path(name, "/fires"), [("outcome", outcome)], options, table,
                    add: SchedulesCommand.add(fire:to:))
            }
        }
    }

    private static func add(fire: JSONValue, to table: inout Table) {
        let outcome = fire["outcome"].string ?? ""
        let count = fire["count"].int ?? 1
        let isLate = fire["fired"] != .null
        let words = [
            fire["run"].string ?? fire["why"].string ?? fire["note"].string ?? "",
            fire["overdue"].bool == true ? "(overdue)" : "",
        ]
        table.add(
            .init(LocalTime.utc(fire["due"])), .init(isLate ? Humane.span(fire["late"].double ?? 0) : "–"),
            .init(count > 1 ? "\(outcome) x\(count)" : outcome, Humane.colour(outcome)),
            .init(words.filter { !$0.isEmpty }.joined(separator: " ")))
    }

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Start the work of a schedule now; prints the run's id.",
            discussion: "Example: martlet schedules run nightly")
        @OptionGroup var options: ClientOptions
        @Argument(help: "Name of the schedule.") var name: String

        func run() async throws {
            try await Complaint.asExit {
                let reply = try await options.client().call("POST", SchedulesCommand.path(name, "/run"))
                if options.json { return Terminal.print(reply.text) }
                let fire = try reply.json()
                Terminal.print(fire["run"].string ?? fire["outcome"].string ?? "")
            }
        }
    }

    struct Backfill: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make up for the times of a range in the past that have no run.",
            discussion: """
                Times without an offset are in the schedule's zone. Where runs may not overlap, one starts after the other.

                Example: martlet schedules backfill nightly --from 2026-03-01T00:00 --to 2026-03-08T00:00 --dry-run
                """)
        @OptionGroup var options: ClientOptions
        @Argument(help: "Name of the schedule.") var name: String
        @Option(help: "Beginning of the range; it belongs to it.") var from: String
        @Option(help: "End of the range; it belongs to it.") var to: String
        @Flag(help: "Only tell what would be made up for.") var dryRun = false

        func run() async throws {
            try await Complaint.asExit {
                let reply = try await options.client().call(
                    "POST", SchedulesCommand.path(name, "/backfill"),
                    body: ["from": .string(from), "to": .string(to), "dryRun": .bool(dryRun)])
                if options.json { return Terminal.print(reply.text) }
                let answer = try reply.json()
                if dryRun {
                    for time in answer["times"].items { Terminal.print(LocalTime.utc(time)) }
                } else if !answer["fires"].items.isEmpty {
                    var table = Table("DUE", "LATE", "OUTCOME", "RUN, OR WHY NOT")
                    for fire in answer["fires"].items { SchedulesCommand.add(fire: fire, to: &table) }
                    table.print()
                }
                Terminal.complain(
                    "\(answer["times"].items.count) without a run, \(answer["skipped"].int ?? 0) with one already")
            }
        }
    }
}

extension ClockPolicy: ExpressibleByArgument {}
