import ArgumentParser
import Foundation
import MartletCore

struct SecretCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secret", abstract: "Store, list, read and delete secrets that jobs and scripts name.",
        discussion: "Example: martlet secret set prod-db --file /root/prod-db.password",
        subcommands: [Set.self, List.self, Show.self, Value.self, Delete.self], defaultSubcommand: List.self)

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Store a secret; its value comes from stdin, a prompt or a file, never from an argument.",
            discussion: """
                The line end of a single line is removed; several lines stay as they are.
                Jobs get the new value with their next run.

                Examples: martlet secret set prod-db
                          pwgen 32 1 | martlet secret set prod-db --description orders
                          martlet secret set deploy-key --file /root/.ssh/deploy
                """)
        @OptionGroup var options: ClientOptions
        @Argument(help: "Name of the secret.") var name: String
        @Option(help: ArgumentHelp("Read the value from this file.", valueName: "path")) var file: String?
        @Option(help: "For people; without it the present one stays.") var description: String?
        @Flag(help: "Change the description only.") var keepValue = false
        @Option(help: "Change only this version of it; 0: only when it is new.") var ifVersion: Int?

        func validate() throws {
            if keepValue, file != nil { throw ValidationError("Give either --file or --keep-value.") }
            if keepValue, description == nil { throw ValidationError("--keep-value needs --description.") }
        }

        func run() async throws {
            try await Complaint.asExit {
                let headers = ifVersion.map { $0 == 0 ? ["If-None-Match": "*"] : ["If-Match": "\"\($0)\""] } ?? [:]
                var body: [String: JSONValue] = ["value": .string(try value())]
                body["description"] = description.map(JSONValue.string)
                let reply = try await options.client().call(
                    "PUT", SecretCommand.path(name), body: .object(body), headers: headers)
                if options.json { return Terminal.print(reply.text) }
                Terminal.print("\(name) version \(try reply.json()["version"].int ?? 0)")
            }
        }

        private func value() throws -> String {
            if keepValue { return Secret.placeholder }
            let text = try SecretInput.read(file: file, prompt: "value of \(name): ")
            if text == Secret.placeholder {
                throw MartletError(.invalid, "these dots stand for a stored value; with --keep-value it stays")
            }
            return text
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the stored secrets, without their values.", discussion: "Example: martlet secret list")
        @OptionGroup var options: ClientOptions
        @OptionGroup var page: PageOptions

        func run() async throws {
            try await Complaint.asExit {
                let table = Table("NAME", "VERSION", "UPDATED", "BY", "DESCRIPTION")
                try await page.print("/api/secrets", [], options, table) { secret, table in
                    table.add(
                        .init(secret["name"].string ?? ""), .init("\(secret["version"].int ?? 0)"),
                        .init(secret["updatedAt"].string ?? ""), .init(secret["updatedBy"].string ?? ""),
                        .init(secret["description"].string ?? ""))
                }
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what may be told about a secret, as JSON.",
            discussion: "Example: martlet secret show prod-db")
        @OptionGroup var options: ClientOptions
        @Argument(help: "Name of the secret.") var name: String

        func run() async throws {
            try await Complaint.asExit {
                let reply = try await options.client().call("GET", SecretCommand.path(name))
                Terminal.print(options.json ? reply.text : JSONText.pretty(try reply.json()))
            }
        }
    }

    struct Value: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the value; needs a token that may read secrets.",
            discussion: "Example: martlet secret value prod-db > prod-db.password")
        @OptionGroup var options: ClientOptions
        @Argument(help: "Name of the secret.") var name: String

        func run() async throws {
            try await Complaint.asExit {
                let reply = try await options.client().call("GET", SecretCommand.path(name) + "/value")
                if options.json { return Terminal.print(reply.text) }
                let value = try reply.json()["value"].string ?? ""
                // Several lines are as they were stored.
                Terminal.write(value.utf8.contains(10) ? value : value + "\n", to: STDOUT_FILENO)
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete a secret; jobs that name it start no more.",
            discussion: "Example: martlet secret delete prod-db")
        @OptionGroup var options: ClientOptions
        @Argument(help: "Name of the secret.") var name: String

        func run() async throws {
            try await Complaint.asExit {
                try await options.client().call("DELETE", SecretCommand.path(name))
                if options.json { Terminal.print(JSONText.line(["deleted": .string(name)])) }
            }
        }
    }

    private static func path(_ name: String) -> String { "/api/secrets/\(URLText.encode(name))" }
}
