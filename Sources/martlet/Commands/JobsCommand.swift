import ArgumentParser
import Foundation
import MartletCore
import MartletYAML

struct JobsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs", abstract: "List, show, store and delete jobs.",
        discussion: "Example: martlet jobs put nightly nightly.yaml",
        subcommands: [List.self, Show.self, Put.self, Delete.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List jobs by name.", discussion: "Example: martlet jobs list")
        @OptionGroup var options: ClientOptions
        @OptionGroup var page: PageOptions

        func run() async throws {
            try await Complaint.asExit {
                let table = Table("NAME", "VERSION", "SOURCE", "DESCRIPTION")
                try await page.print("/api/jobs", [], options, table) { job, table in
                    table.add(
                        .init(job["name"].string ?? ""), .init("\(job["version"].int ?? 0)"),
                        .init(job["source"].string ?? ""), .init(job["definition"]["description"].string ?? ""))
                }
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a job's definition as JSON, as `put` takes it.",
            discussion: "Example: martlet jobs show hello")
        @OptionGroup var options: ClientOptions
        @Argument(help: "Name of the job.") var name: String

        func run() async throws {
            try await Complaint.asExit {
                let reply = try await options.client().call("GET", "/api/jobs/\(URLText.encode(name))")
                Terminal.print(options.json ? reply.text : JSONText.pretty(try reply.json()["definition"]))
            }
        }
    }

    struct Put: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Store a job from a YAML or JSON file.",
            discussion: "Example: martlet jobs put nightly nightly.yaml")
        @OptionGroup var options: ClientOptions
        @Argument(help: "Name of the job.") var name: String
        @Argument(help: "File with its definition.") var file: String
        @Option(help: "Change only this version of it; 0: only when it is new.") var ifVersion: Int?

        func run() async throws {
            try await Complaint.asExit {
                let headers = ifVersion.map { $0 == 0 ? ["If-None-Match": "*"] : ["If-Match": "\"\($0)\""] } ?? [:]
                let reply = try await options.client().call(
                    "PUT", "/api/jobs/\(URLText.encode(name))", body: try definition(), headers: headers)
                if options.json { return Terminal.print(reply.text) }
                Terminal.print("\(name) version \(try reply.json()["version"].int ?? 0)")
            }
        }

        private func definition() throws -> JSONValue {
            guard let data = FileManager.default.contents(atPath: file), let text = String(data: data, encoding: .utf8)
            else {
                throw MartletError(.invalid, "\(file) cannot be read, or is not UTF-8")
            }
            do {
                return file.hasSuffix(".json") ? try JSONParser.parse(data) : try YAMLDocument.parse(text)
            } catch {
                throw MartletError(.invalid, "\(file): \(error)")
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete a job; its runs stay.", discussion: "Example: martlet jobs delete nightly")
        @OptionGroup var options: ClientOptions
        @Argument(help: "Name of the job.") var name: String

        func run() async throws {
            try await Complaint.asExit {
                try await options.client().call("DELETE", "/api/jobs/\(URLText.encode(name))")
                if options.json { Terminal.print(JSONText.line(["deleted": .string(name)])) }
            }
        }
    }
}
