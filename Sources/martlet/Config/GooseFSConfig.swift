import CacheLoad
import Foundation
import MartletCore
import MartletHTTP
import MartletNotify
import MartletYAML

/// What the replaced cache service was configured with: its own file, and its own environment, which wins.
struct GooseFSConfig: Sendable {
    /// Where its file may be, the first that is there counts.
    static let places = [".", "/etc/goosefs-cli2api", "./config"]
    private static let fileNames = ["config.yaml", "config.yml"]

    /// Nil: there is none.
    let file: String?
    /// By the service's own keys.
    let values: [String: String]
    private let environment: [String: String]

    /// Nothing of it is used.
    static let none = GooseFSConfig()

    private init() { (file, values, environment) = (nil, [:], [:]) }

    /// Reads `file`, or nothing when it is nil. Throws `invalid` naming every wrong key.
    init(file: String?, environment: [String: String]) throws(MartletError) {
        self.file = file
        values = try file.map(Self.read) ?? [:]
        self.environment = environment.filter { !$0.value.isEmpty }
    }

    /// The first file that is there. `directory`: what relative places are relative to.
    static func lookup(in places: [String] = places, from directory: String) -> String? {
        let base = URL(filePath: directory, directoryHint: .isDirectory)
        let files = places.flatMap { place in
            fileNames.map {
                URL(filePath: place, directoryHint: .isDirectory, relativeTo: base).appending(path: $0).path
            }
        }
        return files.first { FileStatus(URL(filePath: $0).resolvingSymlinksInPath().path)?.isRegular == true }
    }

    private static func read(_ path: String) throws(MartletError) -> [String: String] {
        guard let data = FileManager.default.contents(atPath: path), data.count <= 1 << 20,
            let text = String(data: data, encoding: .utf8)
        else { throw MartletError(.invalid, "the configuration file \(path) cannot be read") }
        let problems = Fields.Problems()
        var values: [String: String] = [:]
        do {
            let document = try YAMLDocument.parse(text)
            var fields = Fields(document == .null ? [:] : document, problems: problems)
            for key in ["bin", "output_dir", "db_file"] { values[key] = fields.string(key) }
            if var robot = fields.object("dingtalk_alert") { values["token"] = robot.string("token") }
        } catch {
            throw MartletError(.invalid, "the configuration file \(path) is not valid YAML: \(error)")
        }
        try problems.check("the configuration file \(path)")
        return values.filter { !$0.value.isEmpty }
    }

    private static let channel = "goosefs-cli2api"

    private var bin: String? { environment["GOOSEFS_BIN"] ?? values["bin"] }
    private var outputDirectory: String? { environment["GOOSEFS_OUTPUT_DIR"] ?? values["output_dir"] }
    private var token: String? { environment["GOOSEFS_DINGTALK_ALERT_TOKEN"] ?? values["token"] }

    /// As settings, the stronger source first.
    var sources: [SettingSources.Foreign] {
        func settings(_ bin: String?) -> [String: String] { bin.map { ["cacheLoad.bin": $0] } ?? [:] }
        return [
            SettingSources.Foreign(
                origin: .environment, name: "environment of goosefs-cli2api",
                values: settings(environment["GOOSEFS_BIN"])),
            SettingSources.Foreign(
                origin: .file, name: file.map { "file \($0) of goosefs-cli2api" } ?? "file of goosefs-cli2api",
                values: settings(values["bin"])),
        ]
    }

    /// The robot is a channel for notices about loads. Its token is no setting: it is in no list of settings, and masked
    /// wherever it would be written.
    func apply(to config: ServerConfig) throws(MartletError) -> ServerConfig {
        guard let token else { return config }
        guard (Secret.shortest...Secret.longest).contains(token.utf8.count) else {
            throw MartletError(
                .invalid, "the configuration of goosefs-cli2api is not valid",
                problems: [
                    FieldProblem(
                        field: "dingtalk_alert.token",
                        problem: "must have \(Secret.shortest) to \(Secret.longest) bytes")
                ])
        }
        guard !config.notices.channels.contains(where: { $0.name == Self.channel }) else {
            throw MartletError(
                .invalid, "the configuration is not valid",
                problems: [
                    FieldProblem(
                        field: "notices.channels",
                        problem:
                            "\(Self.channel) is the channel of dingtalk_alert.token: take another name, or no token there"
                    )
                ])
        }
        let channel = ChannelSettings.dingtalk(
            Self.channel, token: Secret(token), rules: [NoticeRule(drivers: [CacheDriver.Family.load.rawValue])])
        if let twin = config.notices.channels.first(where: { $0.isSameRobot(as: channel) }) {
            throw MartletError(
                .invalid, "the configuration of goosefs-cli2api is not valid",
                problems: [FieldProblem(field: "dingtalk_alert.token", problem: ChannelSettings.sharing(twin))])
        }
        var config = config
        config.notices.channels.append(channel)
        return config
    }

    /// Says which file is used, and what of it means nothing here.
    func announce() {
        if let file { Terminal.print("configuration of goosefs-cli2api: \(Terminal.safe(file))") }
        let unused = [outputDirectory.map { _ in "output_dir" }, values["db_file"].map { _ in "db_file" }]
            .compactMap(\.self)
        if unused.isEmpty { return }
        Terminal.complain(
            "\(unused.joined(separator: " and ")) \(unused.count == 1 ? "is" : "are") not used: outputs and records are kept in the data directory (--data-dir)"
        )
    }
}
