import ArgumentParser
import MartletCore

extension SchedulesCommand {
    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Store a new schedule.",
            discussion: """
                Examples: martlet schedules add nightly --cron '0 3 * * *' --zone Asia/Shanghai --job backup
                          martlet schedules add report --cron '30 8 * * *' --calendar workdays --script test/report --arg all
                          martlet schedules add probe --every 5m -- curl -fsS http://127.0.0.1:9000/
                          martlet schedules add tape --cron '0 4 * * *' --grace 2h --watch
                """)
        @OptionGroup var options: ClientOptions
        @Argument(help: "Name of the schedule.") var name: String
        @OptionGroup(title: "Times and work") var schedule: ScheduleOptions
        @Flag(help: "Store it paused.") var paused = false

        func validate() throws { try schedule.check(isNew: true) }

        func run() async throws {
            try await Complaint.asExit {
                var members = try schedule.definition().filter { $0.value != .null }
                members["name"] = .string(name)
                if paused { members["paused"] = true }
                let reply = try await options.client().call("POST", "/api/schedules", body: .object(members))
                try SchedulesCommand.tell(reply, options)
            }
        }
    }

    struct Edit: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change what is named; the rest stays, and an empty value removes.",
            discussion: """
                Labels that are not named stay.

                Examples: martlet schedules edit nightly --cron '30 3 * * *' --overlap queue
                          martlet schedules edit nightly --calendar ''
                """)
        @OptionGroup var options: ClientOptions
        @Argument(help: "Name of the schedule.") var name: String
        @OptionGroup(title: "Times and work") var schedule: ScheduleOptions
        @Option(help: "Change only this version of it.") var ifVersion: Int?

        func validate() throws { try schedule.check(isNew: false) }

        func run() async throws {
            try await Complaint.asExit {
                let patch = try schedule.patch()
                if patch == [:] { throw ValidationError("Name what is to be other, such as --cron '30 3 * * *'.") }
                let headers = ifVersion.map { ["If-Match": "\"\($0)\""] } ?? [:]
                let reply = try await options.client().call(
                    "PATCH", SchedulesCommand.path(name), body: patch, headers: headers)
                try SchedulesCommand.tell(reply, options)
            }
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Act on none of its times until it is resumed.",
            discussion: "Example: martlet schedules pause nightly")
        @OptionGroup var options: ClientOptions
        @Argument(help: "Name of the schedule.") var name: String

        func run() async throws { try await SchedulesCommand.turn(name, "/pause", options) }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Act on its times again; what was due meanwhile is skipped.",
            discussion: "Example: martlet schedules resume nightly")
        @OptionGroup var options: ClientOptions
        @Argument(help: "Name of the schedule.") var name: String

        func run() async throws { try await SchedulesCommand.turn(name, "/resume", options) }
    }

    private static func turn(_ name: String, _ verb: String, _ options: ClientOptions) async throws {
        try await Complaint.asExit {
            try tell(try await options.client().call("POST", path(name, verb)), options)
        }
    }

    /// One line about a schedule that was stored; what is amiss with it goes to stderr.
    private static func tell(_ reply: APIClient.Reply, _ options: ClientOptions) throws {
        if options.json { return Terminal.print(reply.text) }
        let schedule = try reply.json()
        let name = Terminal.safe(schedule["name"].string ?? "")
        let next =
            schedule["state"] == "active"
            ? "next \(LocalTime.text(schedule["nextDue"], schedule["zone"].string))" : schedule["state"].string ?? ""
        Terminal.print("\(name) version \(schedule["version"].int ?? 0), \(next)")
        for warning in schedule["warnings"].items {
            Terminal.complain("warning: \(Terminal.safe(warning.string ?? ""))")
        }
    }
}
