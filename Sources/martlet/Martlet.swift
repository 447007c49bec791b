import ArgumentParser
import Foundation
import Replicator

/// One program, and the names it may be started by.
@main
enum Program {
    static func main() {
        let arguments = CommandLine.arguments
        if arguments.count > 1, let process = processes.first(where: { $0.configuration.commandName == arguments[1] }) {
            Signals.block()
            process.main(Array(arguments.dropFirst(2)))
            exit(0)
        }
        Task {
            await run()
            exit(0)
        }
        dispatchMain()
    }

    /// What works on threads of its own, and takes its signals itself: a thread of Swift's pool would take them away.
    private static let processes: [any ParsableCommand.Type] = [ReplicationWorkerCommand.self, ReplicateCommand.self]

    private static func run() async {
        let name = URL(filePath: CommandLine.arguments.first ?? "").lastPathComponent
        if name == CacheService.name { await CacheService.run(Array(CommandLine.arguments.dropFirst())) }
        if name == CeleryService.name { await CeleryService.run(Array(CommandLine.arguments.dropFirst())) }
        await Martlet.main()
    }
}

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
            Serve.self, AgentCommand.self, RunCommand.self, RunsCommand.self, ShowCommand.self, LogsCommand.self,
            StopCommand.self,
            RerunCommand.self, PauseCommand.self, ResumeCommand.self, JobsCommand.self, JobCommand.self,
            ScriptsCommand.self,
            CacheCommandLine.self, VolumesCommand.self, ClustersCommand.self, PlaybookCommand.self,
            SchedulesCommand.self, TokenCommand.self, LoginCommand.self,
            SecretCommand.self,
            AuditCommand.self,
            NoticesCommand.self,
            OpenAPICommand.self, ConfigCommand.self,
            BackupCommand.self, RestoreCommand.self, DoctorCommand.self, VersionCommand.self, TaskWorker.self,
            VolumeWorkerCommand.self, PlaybookWorkerCommand.self, ReplicationWorkerCommand.self,
            ReplicateCommand.self,
        ])
}
