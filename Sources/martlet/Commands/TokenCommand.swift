import ArgumentParser
import Foundation
import MartletCore

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Make, list and revoke tokens.",
        discussion: "Example: martlet token create ci --role run --job 'deploy-*' --expires 30d",
        subcommands: [Create.self, List.self, Revoke.self], defaultSubcommand: List.self)

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a token and print its secret, which is not kept.",
            discussion: """
                read sees, run starts stored jobs and stops runs, admin does everything.

                Example: martlet token create ci --role run --job 'deploy-*' --label team=web --expires 30d
                """)
        @OptionGroup var options: ClientOptions
        @Argument(help: "Name of the token: who or what will use it.") var name: String
        @Option(help: "read, run or admin.") var role = "read"
        @Option(
            help: ArgumentHelp("Only for jobs with this name; * stands for anything.", valueName: "pattern"))
        var job: [String] = []
        @Option(help: ArgumentHelp("Only for jobs and runs with this label.", valueName: "name=pattern"))
        var label: [String] = []
        @Flag(help: "May read the values of stored secrets.") var secretsRead = false
        @Option(help: ArgumentHelp("12h, 90d, or never.", valueName: "span")) var expires = "90d"

        func run() async throws {
            try await Complaint.asExit {
                let reply = try await options.client().call("POST", "/api/tokens", body: try body())
                if options.json { return Terminal.print(reply.text) }
                Terminal.print(try reply.json()["token"].string ?? "")
                Terminal.complain("shown once; send it as: Authorization: Bearer TOKEN, or set MARTLET_TOKEN")
            }
        }

        private func body() throws -> JSONValue {
            var labels: [String: JSONValue] = [:]
            for text in label {
                let pair = text.split(separator: "=", maxSplits: 1).map(String.init)
                guard pair.count == 2 else { throw ValidationError("--label must be name=pattern, not \(text)") }
                labels[pair[0]] = .string(pair[1])
            }
            return [
                "name": .string(name), "role": .string(role), "jobs": .array(job.map(JSONValue.string)),
                "labels": .object(labels), "secretsRead": .bool(secretsRead), "expiresIn": .string(expires),
            ]
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the tokens: what each may do, and when it was last used.",
            discussion: "Example: martlet token list")
        @OptionGroup var options: ClientOptions

        func run() async throws {
            try await Complaint.asExit {
                let reply = try await options.client().call("GET", "/api/tokens")
                if options.json { return Terminal.print(reply.text) }
                var table = Table("ID", "NAME", "STATE", "ROLE", "FOR", "LAST USED", "EXPIRES")
                for token in try reply.json()["items"].items {
                    let state = token["state"].string ?? ""
                    table.add(
                        .init(token["id"].string ?? ""), .init(token["name"].string ?? ""),
                        .init(state, state == "active" ? .green : .grey), .init(token["role"].string ?? ""),
                        .init(Self.reach(token)), .init(token["lastUsedAt"].string ?? "never"),
                        .init(token["expiresAt"].string ?? "never"))
                }
                table.print()
            }
        }

        private static func reach(_ token: JSONValue) -> String {
            let jobs = token["jobs"].items.compactMap(\.string)
            let labels = (token["labels"].object ?? [:]).sorted { $0.key < $1.key }.map {
                "\($0.key)=\($0.value.string ?? "")"
            }
            var words = jobs + labels
            if words.isEmpty { words.append("all") }
            if token["secretsRead"] == true { words.append("secrets") }
            return words.joined(separator: " ")
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revoke a token: it counts no more from that moment.",
            discussion: "Example: martlet token revoke ci")
        @OptionGroup var options: ClientOptions
        @Argument(help: "Id or name of the token.") var token: String

        func run() async throws {
            try await Complaint.asExit {
                let reply = try await options.client().call("DELETE", "/api/tokens/\(URLText.encode(token))")
                Terminal.print(options.json ? reply.text : "revoked \(try reply.json()["name"].string ?? token)")
            }
        }
    }
}
