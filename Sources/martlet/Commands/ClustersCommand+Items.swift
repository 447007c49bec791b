import ArgumentParser
import MartletCore

extension ClustersCommand {
    struct Hosts: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Hosts that clusters may use.", discussion: "Example: martlet clusters hosts list",
            subcommands: [ListHosts.self, AddHost.self, PrepareHost.self, ForgetHost.self],
            defaultSubcommand: ListHosts.self)
    }

    struct ListHosts: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the hosts.", discussion: "Example: martlet clusters hosts list")
        @OptionGroup var options: ClientOptions

        func run() async throws {
            try await ClusterCall(options).list(
                "/api/cluster-hosts", Table("ID", "NAME", "IP", "PORT", "PASSWORD", "REMARK")
            ) { host, table in
                table.add(
                    .init(host["id"].string ?? ""), .init(host["name"].string ?? ""), .init(host["ip"].string ?? ""),
                    .init("\(host["port"].int ?? 0)"), .init(host["root"].string == "" ? "–" : "stored"),
                    .init(host["remark"].string ?? ""))
            }
        }
    }

    struct AddHost: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "add", abstract: "Prepare a host over SSH as root, and keep it.",
            discussion: """
                The password of root is read from --root-file, a prompt or stdin, never from the command line.

                Example: martlet clusters hosts add --name h1 192.0.2.10
                """)
        @OptionGroup var options: ClientOptions
        @Option(help: "Name of the host.") var name: String
        @Option(help: "Port of sshd.") var port: Int64 = 22
        @Option(help: "File with the password of root.") var rootFile: String?
        @Option(help: "What to remember about it.") var remark = ""
        @Flag(help: "Keep it without preparing it: it has the user and the key already.") var noBootstrap = false
        @Argument(help: "IPv4 address.") var ip: String

        func run() async throws {
            try await Complaint.asExit {
                var body: [String: JSONValue] = [
                    "ip": .string(ip), "name": .string(name), "port": .int(port), "remark": .string(remark),
                    "bootstrap": .bool(!noBootstrap),
                ]
                if !noBootstrap || rootFile != nil {
                    body["root"] = .string(try SecretInput.read(file: rootFile, prompt: "Password of root: "))
                }
                try await ClusterCall(options).send(plain: "POST", "/api/cluster-hosts", .object(body))
            }
        }
    }

    struct PrepareHost: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "prepare", abstract: "Prepare a host once more, one that was installed anew.",
            discussion: """
                With the stored password of root, or another one in --root-file. Clusters forget the SSH key that the host had.

                Example: martlet clusters hosts prepare 3b1f0c7d
                """)
        @OptionGroup var options: ClientOptions
        @Option(help: "File with the password of root; default: the stored one.") var rootFile: String?
        @Argument(help: "Id of the host.") var host: String

        func run() async throws {
            try await Complaint.asExit {
                let path = "/api/cluster-hosts/\(URLText.encode(host))"
                var body = try await options.client().call("GET", path).json().object ?? [:]
                body["bootstrap"] = true
                if let rootFile { body["root"] = .string(try SecretInput.read(file: rootFile, prompt: "")) }
                try await ClusterCall(options).send(plain: "PUT", path, .object(body))
            }
        }
    }

    struct ForgetHost: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "delete", abstract: "Forget a host; nothing is changed on it.",
            discussion: "Example: martlet clusters hosts delete 3b1f0c7d")
        @OptionGroup var options: ClientOptions
        @Argument(help: "Id of the host.") var host: String

        func run() async throws {
            try await ClusterCall(options).send(
                plain: "DELETE", "/api/cluster-hosts/\(URLText.encode(host))", done: "deleted")
        }
    }

    struct Templates: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Templates of roles.", discussion: "Example: martlet clusters templates list",
            subcommands: [ListTemplates.self, CreateTemplate.self, SaveTemplate.self, ForgetTemplate.self],
            defaultSubcommand: ListTemplates.self)
    }

    struct ListTemplates: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the templates.",
            discussion: "Example: martlet clusters templates list")
        @OptionGroup var options: ClientOptions

        func run() async throws {
            try await ClusterCall(options).list(
                "/api/cluster-templates", Table("ID", "ROLE", "NAME", "VALUES", "REMARK")
            ) { template, table in
                table.add(
                    .init(template["id"].string ?? ""), .init(template["role"].string ?? ""),
                    .init(template["name"].string ?? ""), .init(JSONText.line(template["body"])),
                    .init(template["remark"].string ?? ""))
            }
        }
    }

    struct CreateTemplate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "create", abstract: "Make a template of a description, YAML or JSON.",
            discussion: "Example: martlet clusters templates create small.yaml")
        @OptionGroup var options: ClientOptions
        @Argument(help: "File with name, role and body; - for stdin.") var file: String

        func run() async throws {
            try await Complaint.asExit {
                try await ClusterCall(options).send(
                    plain: "POST", "/api/cluster-templates", try ClusterCall.document(file))
            }
        }
    }

    struct SaveTemplate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "save", abstract: "Change a template; clusters keep what they took from it.",
            discussion: "Example: martlet clusters templates save small.json")
        @OptionGroup var options: ClientOptions
        @Argument(help: "File with id, name, role and body; - for stdin.") var file: String

        func run() async throws {
            try await Complaint.asExit {
                let document = try ClusterCall.document(file)
                let id = URLText.encode(try ClusterCall.id(in: document, file))
                try await ClusterCall(options).send(plain: "PUT", "/api/cluster-templates/\(id)", document)
            }
        }
    }

    struct ForgetTemplate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "delete", abstract: "Forget a template.",
            discussion: "Example: martlet clusters templates delete 5c2e9a41")
        @OptionGroup var options: ClientOptions
        @Argument(help: "Id of the template.") var template: String

        func run() async throws {
            try await ClusterCall(options).send(
                plain: "DELETE", "/api/cluster-templates/\(URLText.encode(template))", done: "deleted")
        }
    }
}
