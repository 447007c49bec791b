import Foundation
import Logging
import MartletCore
import MartletEngine
import MartletHTTP
import Scripts
import Testing

@testable import martlet

@Suite struct ConfigTests {
    private func file(_ text: String) throws -> String {
        let path = FileManager.default.temporaryDirectory.appending(path: "config-\(UUID().uuidString).yaml").path
        try Data(text.utf8).write(to: URL(filePath: path))
        return path
    }

    private func config(
        flags: [String: String] = [:], environment: [String: String] = [:], file: String? = nil
    ) throws -> ServerConfig {
        let environment = environment.merging(["HOME": "/home/x"]) { given, _ in given }
        return try ServerConfig(
            try SettingSources(flags: flags, environment: environment, file: file), environment: environment)
    }

    @Test func `flags win over environment, file and defaults, in this order`() throws {
        let path = try file("limits: {runs: 2, grace: 2s}\nlog: {level: warning, cap: 8MiB}\nlisten: [\"127.0.0.1:3\"]")
        let environment = ["MARTLET_LIMITS_RUNS": "3", "MARTLET_LISTEN": "127.0.0.1:4,localhost:5"]
        let config = try config(flags: ["listen": "127.0.0.1:6"], environment: environment, file: path)
        #expect(config.listen.map(\.address.port) == [6])
        #expect(config.engine.limits.runs == 3)
        #expect(config.engine.grace == .seconds(2) && config.logLevel == .warning && config.engine.logCap == 8 << 20)
        #expect(config.engine.retention.runsPerJob == 10_000)
    }

    @Test func `every value names its source`() throws {
        let path = try file("limits: {runs: 2}\n")
        let sources = try SettingSources(
            flags: ["dataDir": "/d"], environment: ["MARTLET_LOG_LEVEL": "debug"], file: path)
        let found = Dictionary(uniqueKeysWithValues: sources.all.map { ($0.setting.key, $0.source) })
        #expect(found["dataDir"] == "flag" && found["log.level"] == "environment MARTLET_LOG_LEVEL")
        #expect(found["limits.runs"] == "file \(path)" && found["log.format"] == "default")
    }

    @Test func `unknown keys are named with the nearest known one`() throws {
        let path = try file("limits:\n  rnus: 3\nlog: {levle: info}\nretention: {}\nxyzzyxyzzy: 1\n")
        let error = try #require(throws: MartletError.self) { try config(file: path) }
        let problems = Dictionary(uniqueKeysWithValues: error.problems.map { ($0.field, $0.problem) })
        #expect(problems["limits.rnus"]?.contains("limits.runs") == true)
        #expect(problems["log.levle"]?.contains("log.level") == true)
        #expect(problems["xyzzyxyzzy"] == "unknown key" && problems.count == 3)
    }

    @Test func `every wrong value is named at once`() throws {
        let error = try #require(throws: MartletError.self) {
            try config(flags: [
                "limits.runs": "-1", "limits.grace": "soon", "log.cap": "big", "log.level": "loud",
                "limits.drivers": "x",
                "listen": "0.0.0.0:80",
            ])
        }
        #expect(
            Set(error.problems.map(\.field))
                == ["limits.runs", "limits.grace", "log.cap", "log.level", "limits.drivers", "listen"])
    }

    @Test(arguments: [
        "0.0.0.0:80", "192.168.1.1:80", "[::]:80", "127.0.0.1", "127.0.0.1:99999", "example.org:80", "127.evil:80",
    ])
    func `a bare address is one of this machine alone`(address: String) {
        #expect(throws: MartletError.self) { try config(flags: ["listen": address]) }
    }

    @Test func `listeners are texts or objects, in the file and in the variable`() throws {
        let path = try file(
            """
            listen:
              - 127.0.0.1:6
              - {address: 0.0.0.0:80, facades: [scripts], auth: open, allow: [10.0.0.0/8]}
            """)
        let listeners = try config(file: path).listen
        #expect(listeners.map(\.address.port) == [6, 80])
        #expect(listeners[1].facades == [.scripts] && listeners[1].authentication == .open)
        let json = #"{"address": "0.0.0.0:80", "auth": "token"}"#
        for text in [json, "[\(json)]", "[\(json), \"127.0.0.1:7\"]"] {
            #expect(try config(flags: ["listen": text]).listen.first?.authentication == .token, "\(text)")
        }
        #expect(try config(flags: ["listen": "[::1]:8, 127.0.0.1:9"]).listen.map(\.address.port) == [8, 9])
        #expect(throws: MartletError.self) { try config(flags: ["listen": "[{"]) }
    }

    @Test func `a variable's value comes from a stored secret, in the file and in the variable`() throws {
        let path = try file("scripts: {environment: {REGION: north, PASS: {secret: prod-db}}}")
        let settings = try config(file: path).scripts
        #expect(settings.environment == ["REGION": "north"] && settings.secretNames == ["PASS": "prod-db"])
        let other = try config(flags: ["scripts.environment": "A@prod-db\nB=x@y"]).scripts
        #expect(other.secretNames == ["A": "prod-db"] && other.environment == ["B": "x@y"])
        for wrong in ["A@", "A@my pass word", "MARTLET_X@a"] {
            #expect(throws: MartletError.self, "\(wrong)") { try config(flags: ["scripts.environment": wrong]) }
        }
        let both = try file("scripts: {environment: {PASS: {secret: a, file: b}}}")
        #expect(throws: MartletError.self) { try config(file: both) }
    }

    @Test func `what is told of settings has their form, and no secret`() throws {
        let key = try file("from-a-file\n")
        let path = try file(
            """
            clusters: {password: correct-horse}
            scripts: {environment: {REGION: north, PASS: {file: \(key)}, WORD: {secret: prod-db}}}
            notices: {channels: [{name: ops, kind: dingtalk, token: very-secret-token}]}
            limits: {runs: 7, drivers: {command: 3}}
            hosts: [a.example, b.example]
            """)
        let sources = try SettingSources(
            flags: ["dataDir": "/tmp/x"], environment: ["MARTLET_LOG_LEVEL": "debug"], file: path)
        let view = try ServerConfig(sources, environment: [:]).view
        let items = Dictionary(uniqueKeysWithValues: view.items.map { ($0.name, $0) })
        #expect(Set(items.keys) == Set(Setting.table.map(\.key)) && view.file == path)
        #expect(items["clusters.password"]?.value == .string(Secret.placeholder))
        #expect(items["scripts.environment"]?.value == ["PASS", "REGION", "WORD"])
        let told = view.items.map { "\($0)" }.joined()
        for secret in ["correct-horse", "from-a-file", "very-secret-token", "north"] {
            #expect(!told.contains(secret), "\(secret)")
        }
        let secrets = items.values.filter(\.isSecret).map(\.name).sorted()
        #expect(secrets == ["clusters.password", "notices.channels", "scripts.environment"])
        #expect(items["limits.runs"]?.value == 7 && items["limits.drivers"]?.value == ["command": 3])
        #expect(items["hosts"]?.value == ["a.example", "b.example"] && items["listen"]?.value == ["127.0.0.1:8080"])
        #expect(items["log.console"]?.value == false && items["backups.inventory"]?.value == nil)
        #expect(items["dataDir"]?.origin == .flag && items["hosts"]?.origin == .file)
        #expect(items["log.level"]?.origin == .environment && items["jobsDir"]?.origin == .default)
        #expect(items["log.level"]?.source == "environment MARTLET_LOG_LEVEL")
    }

    @Test func `an idle time of nothing or of years is refused`() throws {
        #expect(try config().consoleIdleTime == .seconds(1800))
        #expect(try config(flags: ["console.idleTime": "2h"]).consoleIdleTime == .seconds(7200))
        for wrong in ["0s", "31d"] {
            #expect(throws: MartletError.self, "\(wrong)") { try config(flags: ["console.idleTime": wrong]) }
        }
    }

    @Test func `the data directory follows the user`() {
        #expect(ServerConfig.defaultDataDirectory(["XDG_STATE_HOME": "/s", "HOME": "/h"]) == "/s/martlet")
        #expect(ServerConfig.defaultDataDirectory(["HOME": "/h"]) == "/h/.local/state/martlet")
        #expect(ServerConfig.defaultDataDirectory([:]) == "/var/lib/martlet")
    }

    @Test(
        arguments: [("0", 0), ("64MiB", 64 << 20), ("10GB", 10_000_000_000), ("1 kib", 1024), ("5b", 5)]
            as [(String, Int64)])
    func `sizes are read as people write them`(text: String, bytes: Int64) {
        #expect(ByteSize.parse(text) == bytes)
        for wrong in ["", "MiB", "1.5GB", "-1", "9999999999TiB", "1XB"] { #expect(ByteSize.parse(wrong) == nil) }
    }

    @Test func `variables of the server stay with the server`() {
        let environment = [
            "PATH": "/bin", "MARTLET_TOKEN": "x", "NOTIFY_SOCKET": "x", "LISTEN_FDS": "1", "CREDENTIALS_DIRECTORY": "x",
        ]
        #expect(Installation.taskEnvironment(environment, hiding: []) == ["PATH": "/bin"])
    }
}
