import CacheLoad
import Foundation
import MartletCore
import MartletNotify
import Testing

@testable import martlet

@Suite struct GooseFSConfigTests {
    private let directory = FileManager.default.temporaryDirectory.appending(path: "goosefs-\(UUID())").path

    private func write(_ path: String, _ text: String) throws {
        let url = URL(filePath: directory + "/" + path)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    /// cache-load contract §5 case 55.
    @Test func `the first file that is there counts`() throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let places = [".", directory + "/etc/goosefs-cli2api", "./config"]
        func found() -> String? { GooseFSConfig.lookup(in: places, from: directory) }
        #expect(found() == nil)
        try write("config/config.yaml", "bin: /c")
        #expect(found()?.hasSuffix("/config/config.yaml") == true)
        try write("etc/goosefs-cli2api/config.yaml", "bin: /b")
        #expect(found()?.hasSuffix("/etc/goosefs-cli2api/config.yaml") == true)
        try write("config.yaml", "bin: /a")
        #expect(found() == directory + "/config.yaml")
        #expect(GooseFSConfig.places == [".", "/etc/goosefs-cli2api", "./config"])
    }

    @Test func `each variable wins over the file, and the token is no setting`() throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try write(
            "c.yaml", "bin: /a\noutput_dir: /tmp\ndb_file: /x.db\ndingtalk_alert:\n  token: from-the-file\nmore: 1\n")
        func bin(_ environment: [String: String]) throws -> String? {
            let config = try GooseFSConfig(file: directory + "/c.yaml", environment: environment)
            return config.sources.compactMap { $0.values["cacheLoad.bin"] }.first
        }
        #expect(try bin([:]) == "/a")
        #expect(try bin(["GOOSEFS_BIN": "/b"]) == "/b")
        #expect(try bin(["GOOSEFS_BIN": ""]) == "/a")
        let server = try ServerConfig(
            SettingSources(flags: ["dataDir": directory], environment: [:], file: nil), environment: [:])
        func token(_ environment: [String: String]) throws -> String? {
            let config = try GooseFSConfig(file: directory + "/c.yaml", environment: environment).apply(to: server)
            let channel = try #require(config.notices.channels.first)
            #expect(channel.name == "goosefs-cli2api" && channel.kind == .dingtalk && channel.perMinute == 20)
            #expect(channel.rules == [NoticeRule(drivers: ["cacheLoad"])])
            #expect(throws: MartletError.self, "the name is taken") {
                try GooseFSConfig(file: directory + "/c.yaml", environment: environment).apply(to: config)
            }
            guard case .given(let token) = channel.token else { return nil }
            return token.exposed
        }
        #expect(try token([:]) == "from-the-file")
        #expect(try token(["GOOSEFS_DINGTALK_ALERT_TOKEN": "from-outside"]) == "from-outside")
        #expect(throws: MartletError.self) { try token(["GOOSEFS_DINGTALK_ALERT_TOKEN": "x"]) }
        #expect(try GooseFSConfig.none.apply(to: server).notices.channels.isEmpty)
    }

    @Test func `a file of another form is refused with its field`() throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        for (text, part) in [("bin: [x]", "bin"), ("- a", "expected an object"), ("bin: 'x", "YAML")] {
            try write("c.yaml", text)
            #expect(throws: MartletError.self, "\(part)") {
                _ = try GooseFSConfig(file: directory + "/c.yaml", environment: [:])
            }
        }
        #expect(throws: MartletError.self) { _ = try GooseFSConfig(file: directory + "/none", environment: [:]) }
    }
}
