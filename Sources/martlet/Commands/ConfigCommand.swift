import ArgumentParser
import Clusters
import Foundation
import MartletCore
import MartletHTTP
import MartletNotify
import Scripts

struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Show every setting, its value and where it came from.",
        discussion: """
            Flags win over environment variables, these over the file, the file over the defaults.

            Example: martlet config --config martlet.yaml
            """)

    @OptionGroup var options: ConfigOptions
    @Option(help: ArgumentHelp("As serve takes it.", valueName: "host:port")) var listen: [String] = []
    @Flag(help: "Print JSON instead of text.") var json = false

    func run() async throws {
        try await Complaint.asExit {
            let flags = listen.isEmpty ? [:] : ["listen": listen.joined(separator: ",")]
            let sources = try options.sources(flags)
            let config = try ServerConfig(sources, environment: ProcessInfo.processInfo.environment)
            // What is worked out from the machine is shown as it is.
            var derived = [
                "dataDir": config.dataDirectory, "jobsDir": config.jobsDirectory,
                "scripts.collectDir": config.scripts.collectDirectory,
                // Values are connection strings and the like: the names tell enough.
                "scripts.environment": Set(config.scripts.environment.keys).union(config.scripts.secrets.keys)
                    .union(config.scripts.secretNames.keys).sorted().joined(separator: ","),
                "notices.channels": config.notices.channels.isEmpty
                    ? "" : JSONText.line(.array(config.notices.channels.map(\.shown))),
                "clusters.archives": config.clusters.archives,
            ]
            derived["clusters.playbooks"] = config.clusters.playbooks
            if let password = config.clusters.password, case .given = password {
                derived["clusters.password"] = Secret.placeholder
            }
            json ? printJSON(sources.all, derived) : printTable(sources.all, derived, config.listen)
        }
    }

    private func printTable(
        _ all: [SettingSources.Found], _ derived: [String: String], _ listeners: [Listener]
    ) {
        var table = Table("KEY", "VALUE", "SOURCE", "MEANING")
        for found in all {
            let key = found.setting.key
            let isDefault = found.source == "default"
            table.add(
                .init(key), .init(derived[key] ?? found.value ?? "–"), .init(found.source, isDefault ? .grey : .green),
                .init(found.setting.description))
        }
        table.print()
        Terminal.print("\nOpen on every listener: /livez, /readyz, /version.")
        for listener in listeners { Terminal.print(Self.sentence(listener)) }
    }

    /// What this version serves on a listener, and what of it is open to those who reach it.
    private static func sentence(_ listener: Listener) -> String {
        let served = Listener.Facade.allCases.filter {
            listener.facades.contains($0)
        }
        func list(_ facades: [Listener.Facade]) -> String {
            facades.isEmpty ? "nothing" : facades.map(\.rawValue).joined(separator: ", ")
        }
        let callers = listener.allow.isEmpty ? "anybody" : listener.allow.map(\.description).joined(separator: ", ")
        return
            "\(listener.scheme)://\(listener.address) lets \(callers) call: \(list(served.filter { !listener.needsToken($0) })) without a token, \(list(served.filter(listener.needsToken))) with one."
    }

    private func printJSON(_ all: [SettingSources.Found], _ derived: [String: String]) {
        let settings = all.map { found in
            JSONValue.object([
                "key": .string(found.setting.key),
                "value": (derived[found.setting.key] ?? found.value).map(JSONValue.string) ?? .null,
                "source": .string(found.source), "type": .string(found.setting.kind.word),
                "environment": .string(found.setting.variable), "description": .string(found.setting.description),
            ])
        }
        Terminal.print(JSONText.pretty(["settings": .array(settings)]))
    }
}

extension ChannelSettings {
    /// Without what is secret: a path of an address may be, too.
    fileprivate var shown: JSONValue {
        var members: [String: JSONValue] = [
            "name": .string(name), "kind": .string(kind.rawValue), "target": .string(target),
        ]
        members["perMinute"] = perMinute.map { .int(Int64($0)) }
        if format != .text { members["format"] = .string(format.rawValue) }
        for (key, credential) in [("token", token), ("secret", secret)] {
            switch credential {
            case nil: continue
            case .given: members[key] = .string(Secret.placeholder)
            case .stored(let name): members[key] = ["secret": .string(name)]
            }
        }
        members["rules"] = .int(Int64(rules.count))
        return .object(members)
    }
}

struct VersionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Print the version.", discussion: "Example: martlet version --json")
    @Flag(help: "Print JSON instead of text.") var json = false

    func run() async throws { Terminal.print(Self.text(json: json)) }

    static func text(json: Bool) -> String {
        let value: JSONValue = ["name": "martlet", "version": .string(Version.current)]
        return json ? JSONText.line(value) : "martlet \(Version.current)"
    }
}
