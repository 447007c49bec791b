import ArgumentParser
import Foundation
import MartletCore

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Check everything the server needs, and say how to repair it.",
        discussion: """
            Works with and without a server, best as the owner of the data directory. Exits with 1 when something is wrong.

            Example: martlet doctor --data-dir ./martlet-data
            """)

    @OptionGroup var options: ClientOptions
    @Option(help: "YAML configuration file of the server. Environment: MARTLET_CONFIG.") var config: String?

    func run() async throws {
        try await Complaint.asExit {
            let directory = options.dataDirectory
            let settings = Result { try serverConfig(directory) }
            let findings = try await Examination(
                directory: directory, client: try options.client(), config: settings
            ).findings()
            options.json ? printJSON(findings) : printTable(findings)
            if findings.contains(where: { $0.state == .wrong }) { throw ExitCode(1) }
        }
    }

    private func serverConfig(_ directory: DataDirectory) throws -> ServerConfig {
        let environment = ProcessInfo.processInfo.environment
        let file = config ?? environment["MARTLET_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
        let sources = try SettingSources(flags: ["dataDir": directory.path], environment: environment, file: file)
        return try ServerConfig(sources, environment: environment)
    }

    private func printTable(_ findings: [Finding]) {
        var table = Table("CHECK", "", "FOUND", "FIX")
        for finding in findings {
            let colour: Terminal.Colour = [.fine: .green, .note: .yellow, .wrong: .red][finding.state] ?? .grey
            table.add(
                .init(finding.name), .init(finding.state.rawValue, colour), .init(finding.text),
                .init(finding.fix ?? ""))
        }
        table.print()
    }

    private func printJSON(_ findings: [Finding]) {
        let checks = findings.map { finding in
            JSONValue.object([
                "check": .string(finding.name), "state": .string(finding.state.rawValue),
                "found": .string(finding.text), "fix": finding.fix.map(JSONValue.string) ?? .null,
            ])
        }
        let isWell = !findings.contains { $0.state == .wrong }
        Terminal.print(JSONText.pretty(["ok": .bool(isWell), "checks": .array(checks)]))
    }
}
