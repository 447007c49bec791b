import ArgumentParser
import Foundation
import MartletCore
import Scripts

struct ScriptsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scripts", abstract: "Check a task file, list the tasks being served, reload them.",
        discussion: "Example: martlet scripts check external-tasks.yaml",
        subcommands: [Check.self, List.self, Reload.self], defaultSubcommand: List.self)

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List everything that is wrong with a task file; exit code 1 when anything is.",
            discussion: "Example: martlet scripts check external-tasks.yaml --collect-dir ./collect")

        @Argument(help: "The task file.") var file: String
        @Option(help: "Directory of collected scripts; default: collect beside the file.") var collectDir: String?
        @Flag(help: "Print JSON instead of text.") var json = false

        func run() throws {
            let beside = URL(filePath: file).deletingLastPathComponent().appending(path: "collect").path
            let check = TaskFileCheck(path: file, collectDirectory: collectDir ?? beside)
            json ? printJSON(check) : printText(check)
            if !check.problems.isEmpty { throw ExitCode(1) }
        }

        private func printText(_ check: TaskFileCheck) {
            for problem in check.problems { Terminal.complain("\(file): \(Terminal.safe(problem.description))") }
            for warning in check.warnings {
                Terminal.complain("\(file): warning: \(Terminal.safe(warning.description))")
            }
            guard check.problems.isEmpty else { return }
            for path in check.paths { Terminal.print("/sync/\(Terminal.safe(path))") }
        }

        private func printJSON(_ check: TaskFileCheck) {
            func list(_ problems: [TaskFileProblem]) -> JSONValue {
                .array(
                    problems.map { problem in
                        .object([
                            "line": .int(Int64(problem.line)), "task": problem.task.map(JSONValue.string) ?? .null,
                            "field": .string(problem.field), "problem": .string(problem.problem),
                        ])
                    })
            }
            Terminal.print(
                JSONText.pretty([
                    "valid": .bool(check.problems.isEmpty), "problems": list(check.problems),
                    "warnings": list(check.warnings), "paths": .array(check.paths.map(JSONValue.string)),
                ]))
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the tasks that the server serves.", discussion: "Example: martlet scripts list")
        @OptionGroup var options: ClientOptions

        func run() async throws {
            try await Complaint.asExit { try await ScriptsCommand.show(options, "GET", "/api/scripts") }
        }
    }

    struct Reload: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let the server read the task file again; a bad one changes nothing.",
            discussion: "Example: martlet scripts reload")
        @OptionGroup var options: ClientOptions

        func run() async throws {
            try await Complaint.asExit { try await ScriptsCommand.show(options, "POST", "/api/scripts/reload") }
        }
    }

    private static func show(_ options: ClientOptions, _ method: String, _ path: String) async throws {
        let reply = try await options.client().call(method, path)
        if options.json { return Terminal.print(reply.text) }
        let state = try reply.json()
        var table = Table("PATH", "JOB", "ENABLED", "DESCRIPTION")
        for task in state["items"].items {
            table.add(
                .init("/sync/\(task["path"].string ?? "")"), .init(task["job"].string ?? ""),
                .init(task["enabled"].bool == false ? "no" : "yes"), .init(task["description"].string ?? ""))
        }
        table.print()
        for problem in state["problems"].items {
            Terminal.complain("not loaded: \(Terminal.safe(problem["text"].string ?? ""))")
        }
    }
}
