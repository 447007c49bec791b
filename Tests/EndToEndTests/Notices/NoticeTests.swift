import Foundation
import MartletCore
import MartletTesting
import Testing

/// The real server and robots on loopback.
@Suite struct NoticeTests {
    private static func channels(_ robot: FakeRobot, rules: String = "[{\"on\":[\"failed\"]}]", extra: String = "")
        -> [String: String]
    {
        [
            "MARTLET_NOTICES_CHANNELS":
                #"[{"name":"ops","kind":"dingtalk","token":"tok0123456789","url":"\#(robot.url)","rules":\#(rules)\#(extra)}]"#
        ]
    }

    private static let failing: JSONValue = ["command": ["sh", "-c", "exit 3"]]

    /// Contents of the texts that a robot got.
    private static func texts(_ robot: FakeRobot) -> [String] {
        robot.requests.compactMap { try? JSONParser.parse($0.body)["text"]["content"].string }
    }

    @Test func `a failed run is told to the robot, and the ledger knows`() async throws {
        let robot = try FakeRobot()
        let server = try await Server(Scratch(), environment: Self.channels(robot))
        _ = try await server.ended(try await server.submit(["command": ["true"]]))
        let id = try await server.submit(Self.failing)
        _ = try await server.ended(id)
        let notice = try await eventually("the notice is settled") {
            let items = try await server.call(.GET, "/api/notices?run=\(id)").json["items"]
            return items[0]["state"].string == "sent" ? items[0] : nil
        }
        #expect(notice["events"] == ["failed"] && notice["attempts"] == 1)
        let texts = Self.texts(robot)
        #expect(texts.count == 1)
        #expect(texts.first?.hasPrefix("告警:main failed\n") == true && texts.first?.contains(id) == true)
        let page = try await server.call(.GET, "/metrics").text
        #expect(page.contains(#"martlet_notice_deliveries_total{channel="ops",result="sent"} 1"#))
        for path in ["/api/notices", "/api/notices/channels", "/api/notices/1"] {
            #expect(try await !server.call(.GET, path).text.contains("tok0123456789"), "\(path)")
        }
    }

    @Test func `kill -9 while a message is on its way: it is sent once more, and marked`() async throws {
        let scratch = try Scratch()
        let robot = try FakeRobot { number, _ in number == 0 ? .hang : .ok }
        let environment = Self.channels(robot)
        let first = try await Server(scratch, environment: environment)
        let id = try await first.submit(Self.failing)
        try await eventually("the robot has the message") { robot.requests.isEmpty ? nil : true }
        first.child.end()
        let second = try await Server(scratch, data: first.data, environment: environment)
        try await eventually("the message is repeated") { robot.requests.count > 1 ? true : nil }
        let notice = try await eventually("the notice is settled") {
            let item = try await second.call(.GET, "/api/notices?run=\(id)").json["items"][0]
            return item["state"].string == "sent" ? item : nil
        }
        #expect(notice["mayBeRepeated"] == true && notice["attempts"] == 2)
        let texts = Self.texts(robot)
        #expect(texts.count == 2)
        #expect(texts[0].hasPrefix("告警:main failed\n") && texts[1].hasPrefix("告警:main failed (可能重复)\n"))
    }

    @Test func `kill -9 at any moment loses no notice`() async throws {
        let scratch = try Scratch()
        let robot = try FakeRobot { _, _ in .reply(200, #"{"errcode":0}"#, after: 0.02) }
        let environment = Self.channels(robot, extra: #","perMinute":10000"#)
        var data: String?
        var ids: [String] = []
        for round in 0..<6 {
            let server = try await Server(scratch, data: data, environment: environment)
            data = server.data
            for _ in 0..<8 { ids.append(try await server.submit(Self.failing)) }
            try await Task.sleep(for: .milliseconds(40 * round))
            server.child.end()
        }
        let server = try await Server(scratch, data: data, environment: environment)
        for id in ids { _ = try await server.ended(id) }
        try await eventually("every notice is sent") {
            // At one look: between two of them one that is sent may wait again.
            let all = try await server.call(.GET, "/api/notices?limit=1000").json["items"].array ?? []
            return all.contains { ["waiting", "sending"].contains($0["state"]) } ? nil : true
        }
        let texts = Self.texts(robot)
        for id in ids {
            let about = texts.filter { $0.contains(id) }
            #expect(!about.isEmpty, "\(id) was never told")
            #expect(about.filter { !$0.contains("(可能重复)") }.count <= 1, "\(id) was repeated without a mark")
        }
        #expect(try await server.call(.GET, "/api/notices?limit=1000").json["items"].array?.count == ids.count)
    }

    @Test func `channels change without a restart`() async throws {
        let scratch = try Scratch()
        let robot = try FakeRobot()
        let file = scratch.path("martlet.yaml")
        try "notices: {channels: []}\n".write(toFile: file, atomically: true, encoding: .utf8)
        let server = try await Server(scratch, arguments: ["--config", file])
        #expect(try await server.call(.POST, "/api/notices/test", body: ["channel": "ops"]).status == 400)
        try """
        notices:
          channels:
            - {name: ops, kind: dingtalk, token: tok0123456789, url: "\(robot.url)"}

        """.write(toFile: file, atomically: true, encoding: .utf8)
        server.child.signal(SIGHUP)
        try await eventually("the channel is known") {
            try await server.call(.GET, "/api/notices/channels").json["items"].array?.isEmpty == false ? true : nil
        }
        #expect(try await server.call(.POST, "/api/notices/test", body: ["channel": "ops"]).status == 202)
        try await eventually("the robot has the test") { robot.requests.isEmpty ? nil : true }
    }
}
