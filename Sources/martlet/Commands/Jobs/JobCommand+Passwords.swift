import ArgumentParser
import MartletCore

extension JobCommand {
    struct Passwords: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the passwords of a job's configuration, with a token that may read secrets.",
            discussion: "Example: martlet job passwords orders")
        @OptionGroup var options: ClientOptions
        @Argument(help: "Id of the job.") var id: String

        func run() async throws {
            try await Complaint.asExit {
                let reply = try await options.client().call("GET", JobCommand.path(id, "/passwords"))
                if options.json { return Terminal.print(reply.text) }
                var table = Table("WHERE", "PASSWORD")
                for (place, value) in try reply.json().object?.sorted(by: { $0.key < $1.key }) ?? [] {
                    table.add(.init(place), .init(value.string ?? ""))
                }
                table.print()
            }
        }
    }
}
