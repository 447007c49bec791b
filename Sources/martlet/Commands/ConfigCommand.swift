import ArgumentParser
import Foundation
import MartletCore
import MartletHTTP

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
            json ? printJSON(config.shown) : printTable(config.shown, config.listen)
        }
    }

    private func printTable(_ all: [ShownSetting], _ listeners: [Listener]) {
        var table = Table("KEY", "VALUE", "SOURCE", "MEANING")
        for shown in all {
            let (setting, found) = (shown.found.setting, shown.found)
            table.add(
                .init(setting.key), .init(shown.text ?? "–"),
                .init(found.source, found.origin == .default ? .grey : .green), .init(setting.description))
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

    private func printJSON(_ all: [ShownSetting]) {
        let settings = all.map { shown in
            let setting = shown.found.setting
            return JSONValue.object([
                "key": .string(setting.key), "value": shown.text.map(JSONValue.string) ?? .null,
                "source": .string(shown.found.source), "type": .string(setting.kind.word),
                "environment": .string(setting.variable), "description": .string(setting.description),
            ])
        }
        Terminal.print(JSONText.pretty(["settings": .array(settings)]))
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
