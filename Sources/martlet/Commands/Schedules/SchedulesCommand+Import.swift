import ArgumentParser
import Foundation
import MartletCore
import MartletHTTP

extension SchedulesCommand {
    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make schedules of crontabs and systemd timers.",
            discussion: """
                Shows what is new, changed, the same, and what cannot be taken over and why; with --dry-run it changes
                nothing. It does not touch cron or systemd: end the old entries yourself. A schedule that was paused
                stays paused. Needs a token with the role admin.

                Examples: martlet schedules import --crontab --dry-run
                          martlet schedules import --system-crontab --timers /etc/systemd/system --paused
                """)
        @OptionGroup var options: ClientOptions
        @Argument(help: "Crontabs, and systemd timers whose names end in .timer.") var files: [String] = []
        @Flag(help: "Your own crontab, from crontab -l.") var crontab = false
        @Flag(help: "/etc/crontab and the files in /etc/cron.d.") var systemCrontab = false
        @Option(help: ArgumentHelp("Every .timer file in this directory.", valueName: "dir")) var timers: [String] = []
        @Flag(help: "The files have a column with the user, as /etc/crontab has.") var userColumn = false
        @Option(help: "Zone of what names none; without it this machine's.") var zone: String?
        @Flag(help: "Store what is new as paused.") var paused = false
        @Flag(help: "Only tell what would be done.") var dryRun = false

        func validate() throws {
            if files.isEmpty, !crontab, !systemCrontab, timers.isEmpty {
                throw ValidationError("Name files, or give --crontab, --system-crontab or --timers DIR.")
            }
        }

        func run() async throws {
            try await Complaint.asExit {
                var source = ImportSource(zone: zone ?? TimeZone.current.identifier)
                if crontab { try source.readOwnCrontab() }
                if systemCrontab { try source.readSystemCrontabs() }
                for directory in timers { try source.readTimers(in: directory) }
                for file in files { try source.read(file, userColumn: userColumn) }
                let client = try options.client()
                let plan = try await ImportPlan(source, client, paused: paused)
                if !dryRun { try await plan.carryOut(client) }
                options.json ? Terminal.print(JSONText.line(plan.json(dryRun: dryRun))) : plan.print(dryRun: dryRun)
            }
        }
    }
}
