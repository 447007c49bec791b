import ArgumentParser
import Foundation
import MartletCore

struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Make a data directory of a backup; the server must not run on it.",
        discussion: """
            Everything is checked before anything is put in place. The directory must be empty or absent; with --force
            an existing one is moved aside.

            Example: martlet restore --data-dir ./martlet-data /var/backups/martlet.tar.gz
            """)

    @Argument(help: "What martlet backup wrote.") var file: String
    @OptionGroup var options: ConfigOptions
    @Flag(help: "Move an existing data directory to DIR.before-restore-TIME.") var force = false
    @Flag(help: "Print JSON instead of text.") var json = false

    func run() async throws {
        try await Complaint.asExit {
            let directory = DataDirectory(path: try options.server().dataDirectory)
            let progress = Progress()
            defer { progress.clear() }
            let result = try Restore(file: file, directory: directory, replaces: force, progress: progress)
                .run(at: Date())
            progress.clear()
            json ? printJSON(result, directory) : printText(result, directory)
        }
    }

    private func printText(_ result: Restore.Result, _ directory: DataDirectory) {
        let manifest = result.manifest
        Terminal.print("\(directory.path): restored as of \(manifest.createdAt.formatted(.iso8601))")
        if let aside = result.aside { Terminal.print("The directory of before is kept: \(aside)") }
        if manifest.live > 0 {
            Terminal.print(
                "\(manifest.live) runs were live when the backup was made; the next start will mark them lost.")
        }
        if manifest.pending > 0 {
            Terminal.print(
                """
                \(manifest.pending) runs waited; the next start begins them, again if they ran after the backup. \
                MARTLET_LIMITS_RUNS=0 martlet serve holds them, so that you can stop what must not run.
                """)
        }
    }

    private func printJSON(_ result: Restore.Result, _ directory: DataDirectory) {
        let manifest = result.manifest
        Terminal.print(
            JSONText.pretty([
                "dataDir": .string(directory.path), "createdAt": .string(manifest.createdAt.formatted(.iso8601)),
                "members": .int(Int64(manifest.members.count)), "size": .int(manifest.size),
                "live": .int(Int64(manifest.live)), "pending": .int(Int64(manifest.pending)),
                "aside": result.aside.map(JSONValue.string) ?? .null,
            ]))
    }
}
