import ArgumentParser
import Foundation
import MartletCore

/// Commands about clusters; each is a call of the API under `/api/clusters`.
struct ClustersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clusters", abstract: "Deploy, start and stop clusters of DolphinScheduler.",
        discussion: "Example: martlet clusters deploy orders --wait",
        subcommands: [
            List.self, Show.self, Create.self, Save.self, Delete.self, Deploy.self, Start.self, Stop.self, Check.self,
            Retry.self, Cancel.self, Versions.self, Diff.self, Restore.self, Passwords.self, Hosts.self,
            Templates.self,
        ], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the clusters, and what each allows.", discussion: "Example: martlet clusters list")
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let table = Table("ID", "NAME", "STATUS", "VERSION", "DEPLOYED", "HOSTS", "ALLOWED")
            try await ClusterCall(options).list("/api/clusters", table) { cluster, table in
                let status = cluster["status"].string ?? ""
                table.add(
                    .init(cluster["id"].string ?? ""), .init(cluster["name"].string ?? ""),
                    .init(
                        status,
                        status.hasSuffix("failure") ? .red : cluster["workStatus"].bool == true ? .green : nil),
                    .init("\(cluster["version"].int ?? 0)"),
                    .init(cluster["deployedVersion"].int.map { "\($0)" } ?? "–"),
                    .init("\(cluster["hosts"].items.count)"),
                    .init(cluster["operations"].items.compactMap(\.string).joined(separator: ", ")))
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a cluster; passwords are masked.", discussion: "Example: martlet clusters show orders")
        @OptionGroup var options: ClientOptions
        @Argument(help: "Id or name of the cluster.") var cluster: String

        func run() async throws { try await ClusterCall(options).send("GET", cluster) }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a cluster of a description, YAML or JSON.",
            discussion: "Example: martlet clusters create orders.yaml")
        @OptionGroup var options: ClientOptions
        @Argument(help: "File with the description; - for stdin.") var file: String

        func run() async throws {
            try await Complaint.asExit {
                let body = try ClusterCall.document(file)
                let reply = try await options.client().call("POST", "/api/clusters", body: body)
                Terminal.print(options.json ? reply.text : try reply.json()["id"].string ?? "")
            }
        }
    }

    struct Save: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Save a version of a cluster; masks keep the stored passwords.",
            discussion: """
                The file is what show --json prints, changed. A newer version than that of the file is not overwritten.

                Example: martlet clusters save orders.json
                """)
        @OptionGroup var options: ClientOptions
        @OptionGroup var insistence: ClusterInsistence
        @Option(help: "Id or name of the cluster. Default: the id in the file.") var cluster: String?
        @Argument(help: "File with the description; - for stdin.") var file: String

        func run() async throws {
            try await Complaint.asExit {
                let document = try ClusterCall.document(file)
                let body = (document.object ?? [:]).merging(insistence.members) { $1 }
                let word = try cluster ?? ClusterCall.id(in: document, file)
                try await ClusterCall(options).send("PUT", word, "", .object(body))
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forget a cluster; its hosts stay as they are.",
            discussion: "Example: martlet clusters delete orders")
        @OptionGroup var options: ClientOptions
        @OptionGroup var insistence: ClusterInsistence
        @Argument(help: "Id or name of the cluster.") var cluster: String

        func run() async throws {
            try await ClusterCall(options).send("DELETE", cluster, "", .object(insistence.members), done: "deleted")
        }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Unlock a deployed cluster for editing.", discussion: "Example: martlet clusters cancel orders")
        @OptionGroup var options: ClientOptions
        @Argument(help: "Id or name of the cluster.") var cluster: String

        func run() async throws { try await ClusterCall(options).send("POST", cluster, "/cancel") }
    }

    struct Versions: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List what was saved, newest first.", discussion: "Example: martlet clusters versions orders")
        @OptionGroup var options: ClientOptions
        @OptionGroup var page: PageOptions
        @Argument(help: "Id or name of the cluster.") var cluster: String

        func run() async throws {
            try await Complaint.asExit {
                let path = try await ClusterCall(options).path(cluster, try options.client())
                try await page.print(
                    path + "/versions", [], options, Table("VERSION", "SAVED", "BY", "WHY")
                ) { version, table in
                    table.add(
                        .init("\(version["number"].int ?? 0)"), .init(version["savedAt"].string ?? ""),
                        .init(version["savedBy"].string ?? ""), .init(version["note"].string ?? ""))
                }
            }
        }
    }

    struct Diff: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what changed since the last deploy, or between two versions.",
            discussion: "Example: martlet clusters diff orders")
        @OptionGroup var options: ClientOptions
        @Option(help: "A version. Default: the one deployed last.") var from: Int?
        @Option(help: "A version. Default: the one saved last.") var to: Int?
        @Argument(help: "Id or name of the cluster.") var cluster: String

        func run() async throws {
            try await Complaint.asExit {
                let client = try options.client()
                let query = [("from", from), ("to", to)].compactMap { name, value in value.map { "\(name)=\($0)" } }
                let path = try await ClusterCall(options).path(cluster, client)
                let reply = try await client.call("GET", path + "/diff?" + query.joined(separator: "&"))
                if options.json { return Terminal.print(reply.text) }
                var table = Table("ROLE", "KEY", "BEFORE", "AFTER")
                for change in try reply.json()["changes"].items {
                    table.add(
                        .init(change["role"].string ?? "–"), .init(change["key"].string ?? ""),
                        .init(Self.text(change["before"]), .red), .init(Self.text(change["after"]), .green))
                }
                table.print()
            }
        }

        private static func text(_ value: JSONValue) -> String {
            value == .null ? "–" : value.scalarText ?? JSONText.line(value)
        }
    }

    struct Restore: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Save a version once more, with its passwords.",
            discussion: "Example: martlet clusters restore orders 3")
        @OptionGroup var options: ClientOptions
        @OptionGroup var insistence: ClusterInsistence
        @Argument(help: "Id or name of the cluster.") var cluster: String
        @Argument(help: "Number of the version.") var version: Int

        func run() async throws {
            try await ClusterCall(options).send(
                "POST", cluster, "/versions/\(version)/restore", .object(insistence.members))
        }
    }

    struct Passwords: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the passwords, with a token that may read secrets.",
            discussion: "Example: martlet clusters passwords orders")
        @OptionGroup var options: ClientOptions
        @Argument(help: "Id or name of the cluster.") var cluster: String

        func run() async throws { try await ClusterCall(options).send("GET", cluster, "/passwords") }
    }
}
