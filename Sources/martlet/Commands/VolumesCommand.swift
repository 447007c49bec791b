import ArgumentParser
import Foundation
import MartletCore

/// Commands about volumes; each is one call of the API under `/api/volumes`.
struct VolumesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "volumes", abstract: "Back up volumes, look into versions and bring them back.",
        discussion: "Example: martlet volumes backup shop-shop.web.web-1-data --wait",
        subcommands: [
            List.self, Show.self, Backup.self, Versions.self, Files.self, Restore.self, Delete.self, Expire.self,
            Check.self, Drill.self, Download.self, Adopt.self, Import.self, Nodes.self, Records.self,
        ], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the volumes, their newest backup and their last proof.",
            discussion: "Example: martlet volumes list")
        @OptionGroup var options: ClientOptions

        func run() async throws {
            try await VolumeCall(options).list("/api/volumes", VolumeCall.volumes) { view, table in
                let proof = view["proof"]["lastGoodAt"]
                table.add(
                    .init(view["id"].string ?? ""), .init("\(view["versions"].int ?? 0)"),
                    .init(view["latest"]["createdAt"].string ?? "–"),
                    .init(Humane.bytes(view["latest"]["bytes"])),
                    .init(proof.string ?? "–", proof == .null ? .yellow : .green),
                    .init(view["isDeclared"].bool == true ? view["path"].string ?? "" : "not in the inventory"))
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show everything about a volume.",
            discussion: "Example: martlet volumes show shop-shop.web.web-1-data")
        @OptionGroup var options: ClientOptions
        @Argument(help: "Name of the volume, as list shows it.") var volume: String

        func run() async throws {
            try await Complaint.asExit {
                let reply = try await options.client().call("GET", VolumeCall.path(volume))
                Terminal.print(options.json ? reply.text : JSONText.pretty(try reply.json()))
            }
        }
    }

    struct Backup: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Start a backup; prints the id of its run.",
            discussion: "Example: martlet volumes backup shop-shop.web.web-1-data --wait")
        @OptionGroup var options: ClientOptions
        @OptionGroup var waiting: VolumeWaiting
        @Option(help: "full or increment. Default: the volume's first rule.") var mode: String?
        @Argument(help: "Name of the volume.") var volume: String

        func run() async throws {
            var body: [String: JSONValue] = [:]
            body["mode"] = mode.map(JSONValue.string)
            try await VolumeCall(options).start("POST", VolumeCall.path(volume) + "/backup", .object(body), waiting)
        }
    }

    struct Versions: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the versions of a volume, newest first.",
            discussion: "Example: martlet volumes versions shop-shop.web.web-1-data")
        @OptionGroup var options: ClientOptions
        @OptionGroup var page: PageOptions
        @Argument(help: "Name of the volume.") var volume: String

        func run() async throws {
            try await Complaint.asExit {
                let table = Table("NUMBER", "CREATED", "MODE", "FILES", "SIZE", "NEW", "NAME")
                try await page.print(VolumeCall.path(volume) + "/versions", [], options, table) { version, table in
                    VolumeCall.add(version, to: &table)
                }
            }
        }
    }

    struct Files: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "ls", abstract: "List a directory of a version.",
            discussion: "Example: martlet volumes ls shop-shop.web.web-1-data latest /etc")
        @OptionGroup var options: ClientOptions
        @OptionGroup var page: PageOptions
        @Argument(help: "Name of the volume.") var volume: String
        @Argument(help: "Number or name of the version, or latest.") var version = "latest"
        @Argument(help: "Directory, from the volume's root.") var path = "/"

        func run() async throws {
            try await Complaint.asExit {
                let table = Table("MODE", "UID", "GID", "SIZE", "MODIFIED", "NAME")
                try await page.print(
                    VolumeCall.path(volume, version) + "/files", [("path", path)], options, table
                ) { file, table in
                    table.add(
                        .init(file["mode"].string ?? ""), .init("\(file["uid"].int ?? 0)"),
                        .init("\(file["gid"].int ?? 0)"), .init("\(file["size"].int ?? 0)"),
                        .init(file["modifiedAt"].string ?? ""),
                        .init((file["name"].string ?? "") + (file["type"].string == "dir" ? "/" : "")))
                }
            }
        }
    }

    struct Restore: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Start a restore; prints the id of its run.",
            discussion: """
                Everything comes back, and what the version does not have goes; with --path, only those paths come.

                Example: martlet volumes restore shop-shop.web.web-1-data latest --dry-run
                """)
        @OptionGroup var options: ClientOptions
        @OptionGroup var waiting: VolumeWaiting
        @Option(help: "Only this path, from the volume's root; several times.") var path: [String] = []
        @Option(help: "Restore to this instance.") var toInstance: Int64?
        @Option(help: "Restore to this volume.") var toVolume: String?
        @Flag(help: "Write nothing; say what would change.") var dryRun = false
        @Flag(help: "Do not keep the state before as a version.") var forgetState = false
        @Argument(help: "Name of the volume.") var volume: String
        @Argument(help: "Number or name of the version, or latest.") var version: String

        func run() async throws {
            var body: [String: JSONValue] = ["dryRun": .bool(dryRun), "keepState": .bool(!forgetState)]
            if !path.isEmpty { body["paths"] = .array(path.map(JSONValue.string)) }
            var target: [String: JSONValue] = [:]
            target["instance"] = toInstance.map(JSONValue.int)
            target["volume"] = toVolume.map(JSONValue.string)
            if !target.isEmpty { body["to"] = .object(target) }
            var waiting = waiting
            // Nobody asks for a preview without wanting to see it.
            if dryRun { waiting.wait = true }
            try await VolumeCall(options).start(
                "POST", VolumeCall.path(volume, version) + "/restore", .object(body), waiting)
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Start the removal of a version; prints the id of its run.",
            discussion: "Example: martlet volumes delete shop-shop.web.web-1-data 12")
        @OptionGroup var options: ClientOptions
        @OptionGroup var waiting: VolumeWaiting
        @Argument(help: "Name of the volume.") var volume: String
        @Argument(help: "Number or name of the version.") var version: String

        func run() async throws {
            try await VolumeCall(options).start("DELETE", VolumeCall.path(volume, version), nil, waiting)
        }
    }

    struct Expire: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Start the removal of what the rules do not keep, and say why the rest stays.",
            discussion: "Example: martlet volumes expire shop-shop.web.web-1-data --dry-run")
        @OptionGroup var options: ClientOptions
        @Flag(help: "Remove nothing.") var dryRun = false
        @Argument(help: "Name of the volume.") var volume: String

        func run() async throws {
            try await Complaint.asExit {
                let reply = try await options.client().call(
                    "POST", VolumeCall.path(volume) + "/expire", body: ["dryRun": .bool(dryRun)])
                if options.json { return Terminal.print(reply.text) }
                let answer = try reply.json()
                var table = Table("NUMBER", "CREATED", "", "WHY", "NAME")
                for item in answer["items"].items {
                    let isKept = item["isKept"].bool == true
                    table.add(
                        .init("\(item["number"].int ?? 0)"), .init(item["createdAt"].string ?? ""),
                        .init(isKept ? "stays" : "goes", isKept ? .green : .red),
                        .init(item["reasons"].items.compactMap(\.string).joined(separator: ", ")),
                        .init(item["name"].string ?? ""))
                }
                table.print()
                if let run = answer["run"].string { Terminal.complain("run \(run) removes them") }
            }
        }
    }

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "verify", abstract: "Start a check of the repository of the volume's app.",
            discussion: "Example: martlet volumes verify shop-shop.web.web-1-data --depth all --wait")
        @OptionGroup var options: ClientOptions
        @OptionGroup var waiting: VolumeWaiting
        @Option(help: "structure; part: a thirtieth of the data, another one each day; all.") var depth = "part"
        @Argument(help: "Name of the volume.") var volume: String

        func run() async throws {
            try await VolumeCall(options).start(
                "POST", VolumeCall.path(volume) + "/check", ["depth": .string(depth)], waiting)
        }
    }

    struct Drill: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Start a restore drill: the proof that a version can be restored.",
            discussion: "Example: martlet volumes drill shop-shop.web.web-1-data --wait")
        @OptionGroup var options: ClientOptions
        @OptionGroup var waiting: VolumeWaiting
        @Argument(help: "Name of the volume.") var volume: String
        @Argument(help: "Number or name of the version, or latest.") var version = "latest"

        func run() async throws {
            try await VolumeCall(options).start(
                "POST", VolumeCall.path(volume) + "/drill", ["version": .string(version)], waiting)
        }
    }

    struct Download: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a version to a file or to the standard output, as tar.gz.",
            discussion: "Example: martlet volumes download shop-shop.web.web-1-data latest --output data.tar.gz")
        @OptionGroup var options: ClientOptions
        @Option(help: "File to write; it must not exist.") var output: String?
        @Argument(help: "Name of the volume.") var volume: String
        @Argument(help: "Number or name of the version, or latest.") var version = "latest"

        func run() async throws {
            try await Complaint.asExit {
                let target = try output.map(DownloadFile.init)
                let descriptor = target?.descriptor ?? STDOUT_FILENO
                try await options.client().stream(VolumeCall.path(volume, version) + "/archive") { bytes in
                    guard Terminal.write(bytes, to: descriptor) else {
                        throw MartletError(
                            .unavailable, "the archive cannot be written: \(String(cString: strerror(errno)))")
                    }
                }
                try target?.keep()
                if options.json, let output { Terminal.print(JSONText.line(["file": .string(output)])) }
            }
        }
    }
}

extension VolumesCommand {
    struct Adopt: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take versions into the catalogue that only the repository knows.",
            discussion: "Example: martlet volumes adopt shop-shop.web.web-1-data --wait")
        @OptionGroup var options: ClientOptions
        @OptionGroup var waiting: VolumeWaiting
        @Argument(help: "Name of a volume of the app.") var volume: String

        func run() async throws {
            try await VolumeCall(options).start("POST", VolumeCall.path(volume) + "/adopt", nil, waiting)
        }
    }
}

extension VolumesCommand {
    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a version of a tar archive on the server's machine.",
            discussion:
                "Example: martlet volumes import shop-shop.web.web-1-data /old/shop-shop.web.web-1-data-1500000000.tar.gz --wait"
        )
        @OptionGroup var options: ClientOptions
        @OptionGroup var waiting: VolumeWaiting
        @Option(help: "When it was made, as 2026-12-24T18:00:00Z. Default: as the file's name says, or its own time.")
        var created: String?
        @Argument(help: "Name of the volume.") var volume: String
        @Argument(help: "The archive, as the server sees it: an absolute path.") var file: String

        func run() async throws {
            var body: [String: JSONValue] = ["file": .string(file)]
            body["createdAt"] = created.map(JSONValue.string)
            try await VolumeCall(options).start("POST", VolumeCall.path(volume) + "/import", .object(body), waiting)
        }
    }
}

/// Staying with the run that a command started.
struct VolumeWaiting: ParsableArguments {
    @Flag(help: "Wait for the end; exit with 1 when it is no good one.") var wait = false
}
