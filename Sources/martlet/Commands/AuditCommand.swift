import ArgumentParser
import Foundation
import MartletCore

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Show who changed what, and check that the record of it is whole.",
        discussion: "Example: martlet audit list --target 'job nightly'",
        subcommands: [List.self, Verify.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the audit trail, newest first.",
            discussion: "Example: martlet audit list --target 'job nightly' --limit 20")
        @OptionGroup var options: ClientOptions
        @Option(help: "Only what concerns this: 'run ID', 'job NAME', 'token NAME'.") var target: String?
        @OptionGroup var page: PageOptions

        func run() async throws {
            try await Complaint.asExit {
                let table = Table("NUMBER", "AT", "CALLER", "FROM", "ACTION", "TARGET", "OUTCOME")
                try await page.print("/api/audit", [("target", target)], options, table) { record, table in
                    let outcome = record["outcome"].string ?? ""
                    table.add(
                        .init("\(record["number"].int ?? 0)"), .init(record["at"].string ?? ""),
                        .init(record["caller"].string ?? ""), .init(record["address"].string ?? ""),
                        .init(record["action"].string ?? ""), .init(record["target"].string ?? ""),
                        .init(outcome, outcome == "done" ? .green : .yellow))
                }
            }
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check that no record was changed, removed or put in between.",
            discussion: """
                Prints the newest record as NUMBER:HASH. Whoever can write the database could make the whole chain anew: note \
                that line elsewhere, and give it back later with --expect. Exits with 1 when something is wrong.

                Example: martlet audit verify --expect 4711:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
                """)
        @OptionGroup var options: ClientOptions
        @Option(help: ArgumentHelp("A record that an earlier check printed.", valueName: "number:hash"))
        var expect: String?

        func run() async throws {
            try await Complaint.asExit {
                let reply = try await options.client().call("GET", "/api/audit/verify\(try query())", within: 600)
                let verdict = try reply.json()
                if options.json {
                    Terminal.print(reply.text)
                } else if let problem = verdict["problem"].string {
                    Terminal.complain(problem)
                } else if let number = verdict["number"].int {
                    Terminal.complain("\(verdict["records"].int ?? 0) records fit; the newest is")
                    Terminal.print("\(number):\(verdict["hash"].string ?? "")")
                } else {
                    Terminal.complain("the audit trail is empty")
                }
                if verdict["ok"] != true { throw ExitCode(1) }
            }
        }

        private func query() throws -> String {
            guard let expect else { return "" }
            let pair = expect.split(separator: ":").map(String.init)
            guard pair.count == 2, Int64(pair[0]) != nil else {
                throw ValidationError("--expect must be NUMBER:HASH as an earlier check printed it")
            }
            return "?number=\(pair[0])&hash=\(URLText.encode(pair[1]))"
        }
    }
}
