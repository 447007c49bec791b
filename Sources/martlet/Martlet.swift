import ArgumentParser

@main
struct Martlet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "martlet",
        abstract: "Runs jobs, keeps their logs, and tells the truth about how they ended.",
        discussion: """
            Example: martlet serve --data-dir ./martlet-data
                     martlet run --follow -- sh -c 'echo hello'
            """,
        version: Version.current,
        subcommands: [
            Serve.self, RunCommand.self, RunsCommand.self, ShowCommand.self, LogsCommand.self, StopCommand.self,
            RerunCommand.self, PauseCommand.self, ResumeCommand.self, JobsCommand.self, ConfigCommand.self,
            DoctorCommand.self, VersionCommand.self,
        ])
}
