import ArgumentParser
import Foundation
import MartletCore
import MartletEngine

struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Write the data directory to one file, also while the server runs.",
        discussion: """
            The file holds the database, the key that seals its secrets and the admin token: keep it as safe as the
            data directory. Run it as the owner of the data directory.

            Example: martlet backup --data-dir ./martlet-data /var/backups/martlet.tar.gz
            """)

    @Argument(help: "The file to write; packed when its name ends in .gz.") var file: String
    @OptionGroup var options: ConfigOptions
    @Flag(help: "With the logs of ended runs and of script tasks.") var logs = false
    @Flag(help: "Replace the file when it exists.") var force = false
    @Flag(help: "Print JSON instead of text.") var json = false

    func run() async throws {
        try await Complaint.asExit {
            // A gzip that ended is an error to tell, no reason to vanish.
            signal(SIGPIPE, SIG_IGN)
            let config = try options.server()
            let progress = Progress()
            let backup = Backup(
                directory: DataDirectory(path: config.dataDirectory), file: file, withLogs: logs, replaces: force,
                minFree: config.engine.minFree, progress: progress)
            defer { progress.clear() }
            let manifest = try backup.make()
            progress.clear()
            json ? printJSON(manifest) : printText(manifest)
        }
    }

    private func printText(_ manifest: BackupManifest) {
        Terminal.print("\(file): \(manifest.members.count) files, \(ByteSize.rough(manifest.size)), checked")
        if manifest.live > 0 {
            Terminal.print(
                "\(manifest.live) runs were live; after a restore they are lost, unless they have ended by then.")
        }
    }

    private func printJSON(_ manifest: BackupManifest) {
        Terminal.print(
            JSONText.pretty([
                "file": .string(file), "createdAt": .string(manifest.createdAt.formatted(.iso8601)),
                "members": .int(Int64(manifest.members.count)), "size": .int(manifest.size),
                "schema": .int(Int64(manifest.schema)), "live": .int(Int64(manifest.live)),
                "pending": .int(Int64(manifest.pending)),
            ]))
    }
}
