import ArgumentParser
import Foundation
import MartletCore

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Start a run of a job, or of a command.",
        discussion: """
            Prints the run's id. With --wait it exits with the run's own code: 128 + the signal when one ended it,
            124 after a timeout, 125 when it was cancelled, lost or could not be started.

            Examples: martlet run --follow hello name=Ada
                      martlet run --wait --timeout 5m -- make backup
            """)

    @OptionGroup var options: ClientOptions
    @Argument(
        help: ArgumentHelp(
            "Name of a stored job and its parameters as name=value; or, after --, a command with its arguments.",
            valueName: "work"))
    var words: [String] = []

    @Flag(help: "Wait for the end, and exit with the run's own code.") var wait = false
    @Flag(name: .shortAndLong, help: "Print the log while it is written; implies --wait.") var follow = false
    @Option(help: ArgumentHelp("A parameter of the job, as name=value.", valueName: "name=value")) var param: [String] =
        []
    @Option(help: "At most one live run has this key.") var key: String?
    @Option(help: "Name of a set of runs.") var group: String?
    @Option(help: ArgumentHelp("A label.", valueName: "name=value")) var label: [String] = []
    @Option(help: "The run is ended after this time (commands only), such as 30s.") var timeout: String?
    @Option(help: "Between stop signal and KILL (commands only).") var grace: String?
    @Option(help: "Further attempts after a failure (commands only).") var retries: Int?
    @Option(help: ArgumentHelp("An environment variable (commands only).", valueName: "name=value")) var env: [String] =
        []
    @Option(help: "A secret variable; its value is read from the environment variable of that name.") var secret:
        [String] = []
    @Option(help: ArgumentHelp("A secret variable; its value is the content of a file.", valueName: "name=path"))
    var secretFile: [String] = []
    @Option(help: "The same key with the same run starts it once only.") var idempotencyKey: String?

    /// What stands after `--`. The parser joins it with the words before, so it is told apart by its length.
    private var command: [String] {
        let arguments = CommandLine.arguments
        guard let end = arguments.firstIndex(of: "--") else { return [] }
        return Array(words.suffix(arguments.count - end - 1))
    }
    private var job: String? { words.dropLast(command.count).first }
    private var assignments: [String] { Array(words.dropLast(command.count).dropFirst()) }

    func validate() throws {
        if command.isEmpty, job == nil { throw ValidationError("Name a job, or give a command after --.") }
        if !command.isEmpty, job != nil { throw ValidationError("Give either a job or a command after --, not both.") }
        if job != nil, timeout != nil || grace != nil || retries != nil || !env.isEmpty {
            throw ValidationError("--timeout, --grace, --retries and --env belong to a command; a job has its own.")
        }
        if !command.isEmpty, !param.isEmpty { throw ValidationError("--param belongs to a job.") }
    }

    func run() async throws {
        try await Complaint.asExit {
            let client = try options.client()
            let headers = idempotencyKey.map { ["Idempotency-Key": $0] } ?? [:]
            let accepted = try await client.call("POST", "/api/runs", body: try body(), headers: headers)
            guard let id = try accepted.json()["id"].string else {
                throw MartletError(.internal, "the server's answer has no id")
            }
            guard wait || follow else {
                Terminal.print(options.json ? accepted.text : id)
                return
            }
            try await stay(RunFollowing(client: client, id: id), accepted)
        }
    }

    private func stay(_ following: RunFollowing, _ accepted: APIClient.Reply) async throws {
        if follow, !options.json {
            Terminal.complain(Terminal.paint("run \(following.id)", .grey))
            try await following.log([])
        }
        let reply = try await following.end(showsProgress: !options.json && !follow)
        let run = try reply.json()
        if options.json {
            Terminal.print(reply.text)
        } else {
            if !follow { Terminal.print(following.id) }
            summarise(run)
        }
        let code = RunExit.code(run)
        if code != 0 { throw ExitCode(code) }
    }

    /// On stderr: stdout is the run's.
    private func summarise(_ run: JSONValue) {
        let language = Languages.current.rawValue
        let state = run["state"].string ?? ""
        Terminal.complain("\(state): \(Terminal.safe(run["reason"][language].string ?? ""))")
        if let next = run["reason"]["next"][language].string { Terminal.complain("  \(Terminal.safe(next))") }
    }

    private func body() throws -> JSONValue {
        var members: [String: JSONValue] = [:]
        if let job {
            members["job"] = .string(job)
            let params = try Pairs.parse(assignments + param, "parameter")
            if !params.isEmpty { members["params"] = .object(params.mapValues(Pairs.typed)) }
        } else {
            members["command"] = .array(command.map(JSONValue.string))
            members["timeout"] = timeout.map(JSONValue.string)
            members["grace"] = grace.map(JSONValue.string)
            members["retries"] = retries.map { .int(Int64($0)) }
            let environment = try Pairs.parse(env, "--env")
            if !environment.isEmpty { members["environment"] = .object(environment.mapValues(JSONValue.string)) }
        }
        members["key"] = key.map(JSONValue.string)
        members["group"] = group.map(JSONValue.string)
        let labels = try Pairs.parse(label, "--label")
        if !labels.isEmpty { members["labels"] = .object(labels.mapValues(JSONValue.string)) }
        let secrets = try Pairs.secrets(secret, files: secretFile)
        if !secrets.isEmpty { members["secrets"] = .object(secrets.mapValues(JSONValue.string)) }
        return .object(members)
    }
}

/// `name=value` words.
enum Pairs {
    static func parse(_ words: [String], _ what: String) throws -> [String: String] {
        var pairs: [String: String] = [:]
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw ValidationError("\(what) \(word) must be name=value")
            }
            pairs[String(parts[0])] = String(parts[1])
        }
        return pairs
    }

    /// Numbers and booleans as what they look like; the job's declaration has the last word.
    static func typed(_ text: String) -> JSONValue {
        switch text {
        case "true": return .bool(true)
        case "false": return .bool(false)
        default: break
        }
        if let value = Int64(text), String(value) == text { return .int(value) }
        return .string(text)
    }

    /// Values come from the environment or from files: a command line is visible to every user.
    static func secrets(_ names: [String], files: [String]) throws -> [String: String] {
        var secrets: [String: String] = [:]
        for name in names {
            guard !name.contains("=") else {
                throw ValidationError(
                    "--secret takes a name only; its value is read from the environment variable of that name")
            }
            guard let value = ProcessInfo.processInfo.environment[name] else {
                throw MartletError(.invalid, "the environment variable \(name) of --secret is not set")
            }
            secrets[name] = value
        }
        for (name, path) in try parse(files, "--secret-file") {
            guard let data = FileManager.default.contents(atPath: path) else {
                throw MartletError(.invalid, "the secret file \(path) cannot be read")
            }
            let text = String(decoding: data, as: UTF8.self)
            secrets[name] = text.hasSuffix("\n") ? String(text.dropLast()) : text
        }
        return secrets
    }
}
