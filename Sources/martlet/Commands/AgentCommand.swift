import ArgumentParser
import Backups
import Foundation
import MartletCore
import MartletHTTP

struct AgentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent", abstract: "Run the agent of a node: backs its volumes up and brings them back.",
        discussion: """
            A server of its own for the volumes of one machine. Its controller gives it a plan; the agent follows it, also
            while the controller is away, and tells later what became of its runs.

            Example: martlet agent --listen 10.0.0.1:9002 --data-dir /var/lib/martlet-agent --node node-1 \\
                     --volumes /data/lain/volumes --repository /mnt/backups --token-file /etc/martlet/agent.token
            """)

    @Option(help: "YAML configuration file, as of serve. Environment: MARTLET_CONFIG.")
    var config: String?

    @Option(help: ArgumentHelp("Address to listen on, for the controller.", valueName: "host:port"))
    var listen: String

    @Option(help: "Directory that keeps everything of this agent.")
    var dataDir: String

    @Option(help: "Name of this machine in the controller's inventory.")
    var node: String

    @Option(help: ArgumentHelp("Directory that every volume is below.", valueName: "root"))
    var volumes: String

    @Option(help: ArgumentHelp("Directory of the repositories, the same as the controller's.", valueName: "path"))
    var repository: String

    @Option(help: ArgumentHelp("The controller; it is told at once when there is something new.", valueName: "url"))
    var controller: String?

    @Option(help: "File with the token that the controller shows. Default: the agent's own admin.token.")
    var tokenFile: String?

    @Option(help: "PEM file with the chain of this agent's certificate; with --tls-key.")
    var tlsCert: String?

    @Option(help: "PEM file with its private key.")
    var tlsKey: String?

    @Option(
        help: ArgumentHelp(
            "One more address, where a controller of the replaced system drives this node without a token.",
            valueName: "host:port"))
    var legacyListen: String?

    @Option(help: ArgumentHelp("Who may call it there; needed for any address but loopback.", valueName: "cidr"))
    var legacyFrom: [String] = []

    func run() async throws {
        try await Complaint.asExit {
            signal(SIGPIPE, SIG_IGN)
            let role = try role()
            let flags = try flags()
            let options = try ConfigOptions.parse(
                ["--data-dir", dataDir] + (config.map { ["--config", $0] } ?? []))
            let load: @Sendable () throws -> ServerConfig = { try options.server(flags) }
            try await Server(
                config: try load(), stopRuns: false, reload: load,
                environment: ProcessInfo.processInfo.environment, agent: role
            ).run()
        }
    }

    private func role() throws(MartletError) -> AgentRole {
        let problems = Fields.Problems()
        if !Token.isValid(node) { problems.add("--node", Token.rule) }
        let root = URL(filePath: volumes).standardizedFileURL.path
        if !volumes.hasPrefix("/") { problems.add("--volumes", "must be an absolute path") }
        if !repository.hasPrefix("/") { problems.add("--repository", "must be an absolute path") }
        if (tlsCert == nil) != (tlsKey == nil) { problems.add("--tls-cert", "goes with --tls-key") }
        if legacyListen == nil, !legacyFrom.isEmpty { problems.add("--legacy-from", "goes with --legacy-listen") }
        let address = controller.flatMap(ControllerAddress.init)
        if controller != nil, address == nil { problems.add("--controller", ControllerAddress.rule) }
        try problems.check("the agent's command line")
        return AgentRole(
            settings: AgentSettings(
                node: node, root: root.count > 1 && root.hasSuffix("/") ? String(root.dropLast()) : root,
                dataDirectory: URL(filePath: dataDir).standardizedFileURL.path,
                controller: address?.text),
            tokenFile: tokenFile)
    }

    private func flags() throws -> [String: String] {
        var listener: [String: JSONValue] = ["address": .string(listen), "facades": ["native", "backups"]]
        let isOpen = try ListenAddress(listen).isLoopback && tokenFile == nil
        if !isOpen { listener["auth"] = "token" }
        if let tlsCert, let tlsKey { listener["tls"] = ["certificate": .string(tlsCert), "key": .string(tlsKey)] }
        let path = repository.contains("{app}") ? repository : repository + "/{app}"
        var listeners: [JSONValue] = [.object(listener)]
        if let legacyListen {
            var legacy: [String: JSONValue] = [
                "address": .string(legacyListen), "facades": ["backups"], "auth": "open",
            ]
            if !legacyFrom.isEmpty { legacy["allow"] = .array(legacyFrom.map { .string($0) }) }
            listeners.append(.object(legacy))
        }
        return [
            "listen": JSONText.line(.array(listeners)), "backups.node": node, "backups.repository": path,
        ]
    }
}
