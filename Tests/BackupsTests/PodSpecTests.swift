import MartletCore
import Testing

@testable import Backups

@Suite struct PodSpecTests {
    /// One pod of a group, its annotation made of entries.
    private func pods(
        _ entries: [JSONValue], of group: String = "hello.web.web", instance: Int64 = 1, containers: [JSONValue]? = nil
    ) -> JSONValue {
        let node: JSONValue = ["Id": "c1", "Ip": "172.20.0.2", "NodeIp": "10.0.0.1", "NodeName": "a"]
        let annotation = SpecCoding.text(JSONValue.object(["mountpoint": [], "backup": .array(entries)]))
        return [
            group: [
                [
                    "Annotation": .string(annotation), "InstanceNo": .int(instance),
                    "Containers": .array(containers ?? [node]),
                ]
            ]
        ]
    }

    private func entry(_ more: [String: JSONValue] = [:]) -> JSONValue {
        let plain: [String: JSONValue] = [
            "procname": "hello.web.web", "volume": "/data", "schedule": "0 3 * * *", "expire": "30d", "mode": "full",
            "preRun": "pre.sh a b", "postRun": "/abs/post.sh",
        ]
        return .object(plain.merging(more) { $1 })
    }

    private func inventory(_ document: JSONValue) throws -> Inventory {
        try PodSpecs.inventory(Array(SpecCoding.text(document).utf8), root: "/data/lain/volumes")
    }

    // backup contract §1.2, §1.3
    @Test func `an entry becomes a rule of a volume on its node`() throws {
        let found = try inventory(
            pods([entry(), entry(["mode": "increment", "volume": "inc", "expire": "10h", "preRun": ""])]))
        #expect(found.refused.isEmpty && found.nodes == ["10.0.0.1": "10.0.0.1"])
        #expect(found.volumes.map(\.name.archive) == ["hello-hello.web.web-1-data", "hello-hello.web.web-1-inc"])
        let data = try #require(found.volumes.first)
        #expect(data.path == "/data/lain/volumes/hello/hello.web.web/1/data" && data.node == "10.0.0.1")
        let rule = try #require(data.rules.first)
        #expect(rule.mode == .full && rule.schedule == "0 3 * * *" && rule.retention.expire == .seconds(30 * 86_400))
        #expect(rule.before?.command == ["pre.sh", "a", "b"] && rule.before?.runner == .container)
        #expect(rule.after?.command == ["/abs/post.sh"])
        #expect(found.volumes.last?.rules.first?.before == nil)
    }

    // backup contract §7.1 A14
    @Test func `containers of one pod share a volume`() throws {
        let containers: [JSONValue] = ["c1", "c2"].map { ["Id": .string($0), "NodeIp": "10.0.0.1"] }
        let elsewhere: JSONValue = ["Id": "c3", "NodeIp": "10.0.0.2"]
        let found = try inventory(pods([entry()], containers: containers + [elsewhere]))
        #expect(found.volumes.map(\.containers) == [["c1", "c2"]])
    }

    // backup contract §7.1 A11
    @Test func `an app's name may have dots`() throws {
        let group = "resource.mysql.hello.worker.db"
        let found = try inventory(pods([entry(["procname": .string(group)])], of: group))
        #expect(found.volumes.map(\.name.app) == ["resource.mysql.hello"])
        #expect(found.volumes.map(\.name.proc) == [group])
    }

    // backup contract §7.1 A10, §2 F28, F49
    @Test(
        arguments: [
            (["volume": "/../../other/other.web.web/1/data"], "volume"), (["procname": "other.web.web"], "procname"),
            (["expire": ""], "expire"), (["expire": "30"], "expire"), (["expire": "-1d"], "expire"),
            (["expire": "3w"], "expire"), (["expire": "9999d"], "ten years"),
            (["preRun": .string(String(repeating: "a ", count: 300))], "preRun"),
            (["schedule": "0 3 * * *\u{0}"], "schedule"), (["schedule": ""], "schedule"), (["mode": "mirror"], "mode"),
            (["mode": "safety"], "mode"), (["volume": ""], "volume"), (["volume": "/a\u{0}b"], "volume"),
        ] as [([String: JSONValue], String)])
    func `a wrong entry is refused alone`(change: [String: JSONValue], word: String) throws {
        let found = try inventory(pods([entry(change), entry(["volume": "/good"])]))
        #expect(found.volumes.map(\.name.volume) == ["/good"])
        #expect(found.refused.count == 1 && found.refused.first?.problem.contains(word) == true, "\(found.refused)")
    }

    // A container may put a link where the inner one lies.
    @Test func `a volume in a volume is refused`() throws {
        let found = try inventory(pods([entry(), entry(["volume": "/data/x/cron.d"]), entry(["volume": "/data2"])]))
        #expect(found.volumes.map(\.name.volume) == ["/data", "/data2"])
        #expect(found.refused.map(\.problem) == ["it lies in the volume /data"])
    }

    @Test func `what would be one thing twice is refused`() throws {
        let found = try inventory(
            pods([entry(), entry(), entry(["volume": "data"]), entry(["volume": "/a/b"]), entry(["volume": "/a-b"])]))
        #expect(found.volumes.map(\.name.volume) == ["/a/b", "/data"])
        #expect(found.refused.count == 3)
    }

    @Test func `a pod without a node, a number or a whole name is refused`() throws {
        for document: JSONValue in [
            pods([entry()], containers: [["Id": "c1", "NodeIp": "node-a"]]), pods([entry()], instance: 0),
            pods([entry()], of: "hello.web"), pods([entry()], of: "../x.web.web"),
            [
                "hello.web.web": [
                    ["Annotation": "{", "InstanceNo": 1, "Containers": [["Id": "c", "NodeIp": "10.0.0.1"]]]
                ]
            ],
        ] {
            let found = try inventory(document)
            #expect(found.volumes.isEmpty && found.refused.count == 1, "\(document)")
        }
        // Pods that want no backup are nobody's trouble.
        let plain: JSONValue = ["a.b.c": [["Annotation": "", "InstanceNo": 1, "Containers": []]]]
        #expect(try inventory(plain).refused.isEmpty)
        #expect(throws: (any Error).self) { try PodSpecs.inventory(Array("[]".utf8), root: "/") }
    }

    @Test func `events are read whatever their pieces`() throws {
        let text =
            "id: 1\nevent: init\ndata: {\"a\": 1}\n\nid: 0\r\nevent: heartbeat\r\n\r\n\nevent:update\ndata:{}\n\nid: 9"
        for size in [1, 2, 7, 1000] {
            var reader = EventStreamReader()
            var events: [EventStreamReader.Event] = []
            let bytes = Array(text.utf8)
            for start in stride(from: 0, to: bytes.count, by: size) {
                events += try reader.take(bytes[start..<min(bytes.count, start + size)])
            }
            #expect(events.map(\.kind) == ["init", "heartbeat", "update"])
            #expect(events.map { String(decoding: $0.data, as: UTF8.self) } == ["{\"a\": 1}", "", "{}"])
        }
        var reader = EventStreamReader()
        #expect(throws: EventStreamReader.TooLong.self) {
            for _ in 0...64 { _ = try reader.take([UInt8](repeating: 0x61, count: 1 << 20)) }
        }
    }
}
